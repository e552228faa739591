"""Events without a place in the log: how one is made, and sent to every live process, this one included.

At most once, and nothing is recorded. Whoever is not there does not hear it.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from config.kernel.clock import iso, now
from config.kernel.events import DomainEvent
from config.kernel.ids import new_id
from realtime import layer
from realtime.courier import courier
from realtime.records import Record

#: Events that travel in one message. Many users may go at once, and the courier keeps few notes.
IN_ONE_MESSAGE = 500


def whisper_of(event: DomainEvent, *, timestamp: str = "") -> Record:
    """``event`` as a record; without a ``timestamp`` it is of now."""
    return Record(
        seq=0,
        id=new_id("evt"),
        type=event.name,
        subject=event.subject,
        version=event.version_number,
        data=orjson.dumps(event.data()).decode(),
        extra=orjson.dumps(extra).decode() if (extra := event.extra()) else "",
        timestamp=timestamp or iso(now()),
        epoch="",
    )


def send(records: Sequence[Record]) -> None:
    """Have every live process whisper ``records``, in their order. From any thread; returns at once."""
    for start in range(0, len(records), IN_ONE_MESSAGE):
        message = layer.ephemeral_message(*records[start : start + IN_ONE_MESSAGE])
        courier.send(layer.EPHEMERAL_GROUP, message)
