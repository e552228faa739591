"""Reads of the event log for synchronous code: REST, the admin, the middleware."""

from __future__ import annotations

from typing import Any

from django.db import connection

from realtime import registry, rows
from realtime.cursor import parse_cursor, to_cursor
from realtime.errors import CursorExpired, CursorMalformed, EpochChanged
from realtime.models import ConnectionRooms
from realtime.records import Head, KeptRooms, Record


def head() -> Head:
    """Where the log ends now."""
    with connection.cursor() as cursor:
        cursor.execute(rows.HEAD)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(rows.MAKE_HEAD)
            cursor.execute(rows.HEAD)
            row = cursor.fetchone()
    return Head(*row)


def current_cursor() -> str:
    """The place in the log from which to go on hearing, for what is read after it."""
    end = head()
    return to_cursor(end.epoch, end.top)


def events_after(*, cursor: str | None, limit: int) -> tuple[list[Record], str, int]:
    """At most ``limit`` events after ``cursor``, in order; then the epoch and ``seq`` to go on from. What
    happened, each once: those that only tell others of one are left out.

    Without a cursor: from the oldest event that is kept. Refuses: a cursor that we never made
    (``malformed``), one of another log (``epoch_changed``), one from before what is kept (``expired``).
    """
    end = head()
    after = end.floor
    if cursor is not None:
        position = parse_cursor(cursor)
        if position is None:
            raise CursorMalformed
        if position.epoch != end.epoch or position.seq > end.top:
            raise EpochChanged
        if position.seq < end.floor:
            raise CursorExpired
        after = position.seq
    with connection.cursor() as reader:
        wanted: dict[str, Any] = {
            "after": after,
            "upto": end.top,
            "limit": limit,
            "repeating": sorted(registry.REPEATING),
        }
        reader.execute(rows.READ_ONCE, wanted)
        records = [rows.to_record(row, end.epoch) for row in reader.fetchall()]
    # Where that was not all that was asked for, all is read.
    return records, end.epoch, records[-1].seq if len(records) == limit else end.top


def kept_rooms(*, pid: str) -> KeptRooms | None:
    """What is remembered of a connection that comes back."""
    row = ConnectionRooms.objects.filter(pk=pid).values_list("holder", "rooms").first()
    return KeptRooms(*row) if row is not None else None
