"""How long the log is kept: a partition for each day, made two weeks ahead, dropped whole after seven.

What was dropped can't be resumed from: the head's `floor` says up to where, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from config.kernel.clock import now

log = structlog.get_logger(__name__)

KEEP_DAYS = 7
AHEAD_DAYS = 14

#: Any number that no other advisory lock of ours has.
LOCK = 7_153_003
_TABLE = "realtime_event"
_NAME = re.compile(rf"{_TABLE}_(\d{{8}})")
_LOCK_NOT_AVAILABLE = "55P03"


Work = Callable[[CursorWrapper, dt.date], bool]


@dataclass(slots=True)
class Tidied:
    """What was done."""

    made: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def maintain(*, keep_days: int = KEEP_DAYS, ahead_days: int = AHEAD_DAYS) -> Tidied:
    """Make the coming days' partitions, drop those past the retention.

    Locks: the log's table for a moment for each partition dropped, and not at all when somebody holds
    it: then it is done next time. Refuses: nothing. Announces: nothing; the head's `floor` moves.
    """
    done = Tidied()
    today = now().date()
    days = _days()
    for ahead in range(ahead_days + 1):
        day = today + dt.timedelta(days=ahead)
        if day not in days and _attempt(_make, day):
            done.made.append(_name(day))
    for day in sorted(days):
        if day < today - dt.timedelta(days=keep_days) and _attempt(_drop, day):
            done.dropped.append(_name(day))
    _attempt(_empty_default, today - dt.timedelta(days=keep_days))
    return done


def _days() -> set[dt.date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::text FROM pg_partition_tree(%s::regclass) WHERE isleaf", [_TABLE])
        names = [row[0] for row in cursor.fetchall()]
    matches = (_NAME.fullmatch(name) for name in names)
    return {
        dt.datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=dt.UTC).date() for match in matches if match
    }


def _name(day: dt.date) -> str:
    return f"{_TABLE}_{day:%Y%m%d}"


def _attempt(work: Work, day: dt.date) -> bool:
    """`work(cursor, day)` in a transaction that waits for nobody; whether it was done."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return work(cursor, day)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        log.info("the event log is busy; a partition waits for the next time", day=day.isoformat())
        return False


def _make(cursor: CursorWrapper, day: dt.date) -> bool:
    """Made apart and attached: `CREATE … PARTITION OF` would lock out whoever records just now."""
    name, begin, end = _name(day), f"{day} 00:00:00+00", f"{day + dt.timedelta(days=1)} 00:00:00+00"
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone() != (None,):
        return False  # another process was first
    cursor.execute(
        f"SELECT 1 FROM {_TABLE}_default WHERE recorded_at >= %s AND recorded_at < %s LIMIT 1",  # noqa: S608
        [begin, end],
    )
    if cursor.fetchone() is not None:
        log.warning("the default partition has events of a day that has none of its own", day=day.isoformat())
        return False
    cursor.execute(
        f"CREATE TABLE {name} (LIKE {_TABLE} INCLUDING ALL)"
        # Each event is updated once, when it gets its number; what that leaves should not pile up.
        " WITH (autovacuum_vacuum_scale_factor = 0.05)"
    )
    cursor.execute(f"ALTER TABLE {_TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')")
    return True


def _drop(cursor: CursorWrapper, day: dt.date) -> bool:
    name = _name(day)
    # The table first and then the head, which is the order of the relay.
    cursor.execute(f"LOCK TABLE {_TABLE} IN ACCESS EXCLUSIVE MODE")
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone() == (None,):
        return False
    if not _raise_floor(cursor, name, "true", []):
        log.error("a day past the retention has events that no relay has numbered", day=day.isoformat())
        return False
    cursor.execute(f"DROP TABLE {name}")
    return True


def _empty_default(cursor: CursorWrapper, day: dt.date) -> bool:
    old, bounds = "recorded_at < %s", [f"{day} 00:00:00+00"]
    cursor.execute(f"SELECT 1 FROM {_TABLE}_default WHERE {old} LIMIT 1", bounds)  # noqa: S608
    if cursor.fetchone() is None or not _raise_floor(cursor, f"{_TABLE}_default", old, bounds):
        return False
    cursor.execute(f"DELETE FROM {_TABLE}_default WHERE {old}", bounds)  # noqa: S608
    return True


def _raise_floor(cursor: CursorWrapper, table: str, which: str, bounds: list[str]) -> bool:
    """Say that events of `table` are gone; False where one of them was never announced, and must stay."""
    cursor.execute(
        f"SELECT count(*) FILTER (WHERE seq IS NULL), max(seq) FROM {table} WHERE {which}",  # noqa: S608
        bounds,
    )
    unnumbered, newest = cursor.fetchone()
    if unnumbered:
        return False
    cursor.execute("UPDATE realtime_eventhead SET floor = greatest(floor, %s) WHERE id = 1", [newest or 0])
    return True
