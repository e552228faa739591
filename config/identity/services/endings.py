"""Ending sign-ins: from then on none of their tokens holds."""

from __future__ import annotations

from django.db.models.functions import Now

from config.identity.models import SignIn, User
from config.identity.services.announcing import announce_rights_changed
from config.identity.signals import Subject


def end_sign_in(*, sign_in_id: str) -> bool:
    """End one sign-in; whether it was still lasting.

    *Locks* its row. *Refuses* nothing: one that has ended, or that there never was, stays as it is.
    *Announces* ``rights_changed`` of the sign-in, if it ended now.
    """
    ended = SignIn.objects.living().filter(pk=sign_in_id).update(ended_at=Now())
    if ended:
        announce_rights_changed(Subject("sign_in", sign_in_id))
    return bool(ended)


def end_all_sign_ins(*, user: User, but: str = "") -> int:
    """Sign ``user`` out everywhere, save where ``but`` names a sign-in; how many ended.

    Tokens that were issued without signing in (``manage.py issue_token``) end by themselves, or with the
    user's role.
    *Locks* the rows of their sign-ins. *Refuses* nothing. *Announces* ``rights_changed`` of the user, if
    any ended.
    """
    ended = SignIn.objects.living().filter(user=user).exclude(pk=but).update(ended_at=Now())
    if ended:
        announce_rights_changed(Subject("user", user.pk))
    return ended
