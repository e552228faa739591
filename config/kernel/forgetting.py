"""Rows that are of no use any more, deleted a thousand at a time.

Belongs here: how. Does not belong here: which rows, and after how long; each app says that of its own.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

AT_ONCE = 1_000


def forget(old: QuerySet[Any]) -> int:
    """Delete all of these, a thousand in a transaction, in the queryset's order; how many there were.

    Locks: the rows that it deletes, skipping those that are in use. Refuses: nothing. Announces: nothing.
    """
    forgotten = 0
    while True:
        with transaction.atomic():
            some = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:AT_ONCE])
            old.model._default_manager.filter(pk__in=some).delete()
        forgotten += len(some)
        if len(some) < AT_ONCE:
            return forgotten
