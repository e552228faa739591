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
        return [
            _message(emission, record, emission.type_of(record))
            for emission in registry.emissions_of(record.type, self.name)
        ]

    def interest(self, rooms: Collection[str]) -> Interest:
        """Which events can go to `rooms`."""
        types: set[str] = set()
        subjects: set[tuple[str, str]] = set()
        for entry in registry.TYPES:
            if not entry.durable:
                continue
            for emission in entry.emissions.get(self.name, ()):
                for template in emission.rooms:
                    if not template.field:
                        if template.text in rooms:
                            types.add(entry.name)
                        continue
                    ids = [
                        room.removeprefix(template.prefix)
                        for room in rooms
                        if room.startswith(template.prefix)
                    ]
                    if template.field == "subject":
                        subjects.update((entry.name, identity) for identity in ids)
                    elif ids:
                        types.add(entry.name)
        return Interest(frozenset(types), frozenset(pair for pair in subjects if pair[0] not in types))


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


def _message(emission: registry.Emission, record: Record, name: str) -> Message:
    return Message(emission.rooms_of(record), record, partial(encode, name=name), name)


CATALOG = CatalogDialect()
