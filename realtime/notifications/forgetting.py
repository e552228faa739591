"""Notifications that have been read, and are old."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models.functions import Now

from config.kernel.forgetting import forget
from realtime.models import Notification


def forget_read_notifications() -> int:
    """Delete those that were read more than ``STOCKWIRE_KEEP_NOTIFICATIONS`` days ago; how many there were.
    What nobody has read stays.

    Locks: the rows that it deletes, a thousand at a time, skipping those that are in use. Refuses: nothing.
    Announces: nothing.
    """
    keep = dt.timedelta(days=settings.STOCKWIRE_KEEP_NOTIFICATIONS)
    return forget(Notification.objects.filter(read_at__lt=Now() - keep).order_by("read_at"))
