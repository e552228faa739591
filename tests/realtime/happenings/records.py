"""Events as the log has them: when they were, and how far it has got."""

from __future__ import annotations

import orjson

from config.kernel.events import DomainEvent
from realtime.records import Record

EPOCH = "abcd1234"
MOMENT = "2026-11-21T10:00:00.000Z"


def record_of(event: DomainEvent, *, seq: int = 7) -> Record:
    """The event as whoever reads the log gets it; with `seq` 0, as one that is not in it."""
    extra = event.extra()
    return Record(
        seq=seq,
        id="evt_1",
        type=event.name,
        subject=event.subject,
        version=event.version_number,
        data=orjson.dumps(event.data()).decode(),
        extra=orjson.dumps(extra).decode() if extra else "",
        timestamp=MOMENT,
        epoch=EPOCH if seq else "",
    )
