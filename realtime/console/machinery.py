"""How the fan-out is: where the log stands, how far the relay is behind, who listens where."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from realtime import connections
from realtime.connections import LiveProcess
from realtime.health import OK, readiness
from realtime.runtime import local_hub
from realtime.selectors import head

#: A relay that is so far behind is not merely busy.
LATE = dt.timedelta(seconds=5)
_MOST_WAITING = 1_000

# The index of what has no number yet is empty nearly always, and small where it is not.
_WAITING = """
SELECT count(*), statement_timestamp() - min(recorded_at)
FROM (SELECT recorded_at FROM realtime_event WHERE seq IS NULL ORDER BY id LIMIT %s) AS waiting
"""


@dataclass(frozen=True, slots=True)
class Machinery:
    """The log's end and its oldest place; what waits for the relay, and since when; the live processes."""

    epoch: str
    top: int
    floor: int
    waiting: int
    lag: dt.timedelta
    processes: list[LiveProcess]
    needs: dict[str, str]

    @property
    def is_late(self) -> bool:
        return self.lag > LATE

    @property
    def waiting_text(self) -> str:
        return str(self.waiting) if self.waiting < _MOST_WAITING else f"{_MOST_WAITING}+"

    @property
    def lag_seconds(self) -> str:
        return f"{self.lag.total_seconds():.1f}"

    @property
    def connections(self) -> int:
        return sum(process.connections for process in self.processes)

    @property
    def parts(self) -> list[tuple[str, str, bool]]:
        """What the shop needs: its name, how it is, and whether that is well."""
        return [(name, text, text.startswith(OK)) for name, text in self.needs.items()]


def machinery() -> Machinery:
    """As it is now: three questions to the database, one to Redis, and the probes of `/api/ready`."""
    end, here = head(), local_hub()
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [_MOST_WAITING])
        waiting, lag = cursor.fetchone()
    return Machinery(
        epoch=end.epoch,
        top=end.top,
        floor=end.floor,
        waiting=waiting,
        lag=lag or dt.timedelta(),
        processes=connections.processes(here),
        needs=readiness(),
    )
