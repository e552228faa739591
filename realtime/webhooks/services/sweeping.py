"""Deliveries that nobody asks about any more."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

_AT_ONCE = 5_000

_FORGET = """
DELETE FROM realtime_webhookdelivery WHERE id IN (
    SELECT id FROM realtime_webhookdelivery
    WHERE recorded_at < now() - make_interval(days => %(keep)s) AND status <> 'waiting'
    ORDER BY recorded_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
"""


def forget_old_deliveries() -> int:
    """Delete deliveries that ended, once they are older than ``STOCKWIRE_KEEP_DELIVERIES`` days; how many.

    Locks: the rows that go, some thousand at a time, passing over those that are in use. Refuses: nothing.
    Announces: nothing.
    """
    forgotten: int = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, {"keep": settings.STOCKWIRE_KEEP_DELIVERIES, "limit": _AT_ONCE})
            forgotten += cursor.rowcount
            if cursor.rowcount < _AT_ONCE:
                return forgotten
