"""Notifications that have been read, and are old."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from realtime.models import Notification

_AT_ONCE = 1000


def forget_read_notifications() -> int:
    """Delete those that were read more than ``STOCKWIRE_KEEP_NOTIFICATIONS`` days ago; how many there were.
    What nobody has read stays.

    Locks: the rows that it deletes, a thousand at a time, skipping those that are in use. Refuses: nothing.
    Announces: nothing.
    """
    keep = dt.timedelta(days=settings.STOCKWIRE_KEEP_NOTIFICATIONS)
    old = Notification.objects.filter(read_at__lt=Now() - keep).order_by("read_at")
    forgotten = 0
    while True:
        with transaction.atomic():
            some = list(old.select_for_update(skip_locked=True).values_list("id", flat=True)[:_AT_ONCE])
            Notification.objects.filter(id__in=some).delete()
        forgotten += len(some)
        if len(some) < _AT_ONCE:
            return forgotten
