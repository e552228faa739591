"""Reading the trail, and forgetting what is old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.db.models.functions import Now

from config.audit.models import AuditEntry
from config.kernel.forgetting import forget

_USER = "user:"


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it was and what it is."""

    field: str
    before: Any
    after: Any


def subject_of(label: str, pk: object) -> str:
    """The name under which a record's entries stand: ``catalog.product:prod_1``."""
    return f"{label}:{pk}"


def entries_of(label: str, pk: object) -> QuerySet[AuditEntry]:
    """What became of a record and of what belongs to it, newest first."""
    return AuditEntry.objects.filter(subject=subject_of(label, pk)).order_by("-id")


def changes_in(entry: AuditEntry) -> list[Change]:
    """Field by field, in the order of their names."""
    names = sorted({*entry.before, *entry.after})
    return [Change(name, entry.before.get(name), entry.after.get(name)) for name in names]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """How to call these doers: of users the address. One query."""
    ids = {actor: actor.removeprefix(_USER) for actor in actors if actor.startswith(_USER)}
    emails = dict(get_user_model().objects.filter(pk__in=ids.values()).values_list("pk", "email"))
    return {actor: emails[pk] for actor, pk in ids.items() if pk in emails}


def forget_old_entries() -> int:
    """Delete entries that are older than ``STOCKWIRE_KEEP_AUDIT`` days, a thousand at a time; how many.

    Locks: the rows that it deletes, skipping those that are in use. Refuses: nothing. Announces: nothing.
    """
    old = AuditEntry.objects.filter(at__lt=Now() - dt.timedelta(days=settings.STOCKWIRE_KEEP_AUDIT))
    return forget(old.order_by("at"))
