"""The log as webhooks read it, and what the admin asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from realtime import rows, selectors
from realtime.records import Head, Record

_READ_TYPES = f"""
SELECT {rows.COLUMNS} FROM realtime_event
WHERE seq > %(after)s AND seq <= %(upto)s AND type = ANY(%(types)s) ORDER BY seq LIMIT %(limit)s
"""  # noqa: S608  no value is formatted in
_READ_ONE = f"SELECT {rows.COLUMNS} FROM realtime_event WHERE seq = %s AND public_id = %s"  # noqa: S608  as above


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the log: what is wanted of everything up to ``upto``. ``end`` is where the log ended after
    it."""

    records: Sequence[Record]
    upto: int
    end: Head


def read_log(*, after: int, upto: int, types: Sequence[str] | None, limit: int) -> Piece:
    """At most ``limit`` events after ``after``, of these types (``None``: of any).

    Where the log is cut is asked last: so whatever was cut away before it was read is known to be missing.
    """
    statement = rows.READ if types is None else _READ_TYPES
    with connection.cursor() as cursor:
        cursor.execute(statement, {"after": after, "upto": upto, "types": list(types or ()), "limit": limit})
        found = cursor.fetchall()
    end = selectors.head()
    records = [rows.to_record(row, end.epoch) for row in found]
    return Piece(records, records[-1].seq if len(records) == limit else upto, end)


def event_in_log(*, seq: int, event_id: str) -> Record | None:
    """One event, as long as the log has it."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_ONE, [seq, event_id])
        row = cursor.fetchone()
    return rows.to_record(row, selectors.head().epoch) if row is not None else None


def is_in_log(*, seq: int, event_id: str) -> bool:
    """Whether the log still has an event."""
    return event_in_log(seq=seq, event_id=event_id) is not None
