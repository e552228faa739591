"""Whose rights still hold, asked for many listeners at once.

Belongs here: reading users, sign-ins and keys for those who keep connections open. Does not belong here:
a single credential that somebody has just brought (``tokens``, ``keys``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import FilteredRelation, Q

from config.identity.models import ApiKey, User


class UserRight(NamedTuple):
    """What a token gave: to be this user, in this role, for as long as the sign-in lasts (empty: of none)."""

    user_id: str
    role: str
    sign_in: str = ""


class KeyRight(NamedTuple):
    """What an API key gave."""

    key_id: str
    scopes: frozenset[str]


def user_rights_that_hold(rights: Collection[UserRight]) -> set[UserRight]:
    """Those of active users who are still in the role, and whose sign-in has not ended. One query."""
    if not rights:
        return set()
    asked_for = {right.sign_in for right in rights}
    condition = Q(sign_ins__pk__in=asked_for, sign_ins__ended_at__isnull=True)
    users = User.objects.filter(pk__in={right.user_id for right in rights}, is_active=True)
    # A row for each sign-in that was asked for and lasts; one for a user without any.
    rows = users.annotate(lasting=FilteredRelation("sign_ins", condition=condition)).values_list(
        "pk", "role", "lasting__pk"
    )
    held: set[UserRight] = set()
    for user_id, role, sign_in in rows:
        held |= {UserRight(user_id, role), UserRight(user_id, role, sign_in or "")}
    return held.intersection(rights)


def key_rights_that_hold(rights: Collection[KeyRight]) -> set[KeyRight]:
    """Those of keys that were not revoked and have exactly these scopes. One query."""
    if not rights:
        return set()
    keys = ApiKey.objects.filter(pk__in={right.key_id for right in rights}, revoked_at=None)
    held = {KeyRight(pk, frozenset(scopes)) for pk, scopes in keys.values_list("pk", "scopes")}
    return held.intersection(rights)
