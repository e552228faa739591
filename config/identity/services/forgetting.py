"""Forgetting what is of no use any more, so that no table grows for ever."""

from __future__ import annotations

import datetime as dt

from django.db.models.functions import Now
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from config.identity.models import AttemptCount, SignIn

#: So long after its last token has expired a sign-in still tells that its address is one of its user's.
REMEMBERED = dt.timedelta(days=90)


def forget_what_is_over() -> None:
    """Delete old sign-ins, notes about refresh tokens that have expired, and counts that are over.

    *Locks* the rows that it deletes. *Refuses* nothing. *Announces* nothing.
    """
    SignIn.objects.filter(expires_at__lt=Now() - REMEMBERED).delete()
    OutstandingToken.objects.filter(expires_at__lt=Now()).delete()
    AttemptCount.objects.filter(until__lt=Now()).delete()
