"""What the log is made of once it is read: plain records and places, shared by the relay, the hub and the
doors.

No database, no network, no JSON building here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log: after the event ``seq`` of ``epoch``. ``seq`` 0 is the beginning."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends. Events up to ``floor`` may be gone: they are past the retention."""

    epoch: str
    top: int
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One event. ``data`` and ``extra`` are JSON text, as they were recorded; nobody parses what is only
    passed on.

    ``seq`` is 0 for what is ephemeral: it has no place in the log.
    """

    seq: int
    id: str
    type: str
    subject: str
    version: int | None
    data: str
    extra: str
    timestamp: str
    epoch: str

    def parsed(self) -> dict[str, Any]:
        """The event's data, extra and timestamp as one mapping, for builders that need single values."""
        whole: dict[str, Any] = orjson.loads(self.data)
        if self.extra:
            whole.update(orjson.loads(self.extra))
        whole["timestamp"] = self.timestamp
        return whole


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that follow one another without a gap, as the relay numbered them."""

    epoch: str
    records: tuple[Record, ...]

    @property
    def head(self) -> Head:
        """The log's end as far as this batch tells."""
        return Head(self.epoch, self.records[-1].seq)


@dataclass(frozen=True, slots=True)
class KeptRooms:
    """The rooms of a connection that may come back, each with the ``seq`` after which its events are wanted;
    and whose connection it was."""

    holder: str
    rooms: Mapping[str, int]
