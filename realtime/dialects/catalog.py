"""The catalog dialect: the JSON of `/ws`, `/events` and `GET /api/events`.

`data` is passed on as it was recorded, unparsed; only what is around it is made here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import orjson

from realtime import registry
from realtime.cursor import to_cursor
from realtime.hub.source import Interest
from realtime.hub.wire import Message
from realtime.records import Record


class CatalogDialect:
    """Implements the hub's `Dialect`."""

    name = registry.CATALOG

    def messages(self, record: Record) -> Sequence[Message]:
        """One message for an event, as a rule."""
        reading = registry.Reading(record)
        return [_message(emission, reading) for emission in registry.emissions_of(record.type, self.name)]

    def interest(self, rooms: Collection[str]) -> Interest:
        """Which events can go to `rooms`."""
        return registry.interest_in(rooms, self.name)


def envelope(record: Record, *, name: str) -> dict[str, Any]:
    """An event as clients read it. Ephemeral ones bear no cursor: nothing can be resumed from them."""
    shown: dict[str, Any] = {
        "id": record.id,
        "type": name,
        "data": orjson.Fragment(record.data),
        "timestamp": record.timestamp,
    }
    if record.seq:
        shown["cursor"] = to_cursor(record.epoch, record.seq)
    shown["version"] = record.version
    return shown


def encode(record: Record, *, name: str) -> bytes:
    """The event as JSON."""
    return orjson.dumps(envelope(record, name=name))


def log_entry(record: Record) -> dict[str, Any]:
    """An event as the log shows it to staff and services: under the name that listeners hear."""
    emissions = registry.emissions_of(record.type, registry.CATALOG)
    return envelope(record, name=emissions[0].type_of(record) if emissions else record.type)


def _message(emission: registry.Emission, reading: registry.Reading) -> Message:
    name = emission.type_of(reading.record)
    return Message(
        emission.rooms_of(reading),
        reading.record,
        partial(encode, name=name),
        name,
        admits=emission.admits(reading),
        repeats=emission.repeats(reading) if emission.repeats is not None else None,
    )


CATALOG = CatalogDialect()
