"""The shop dialect: what Socket.IO clients read. camelCase, and one event of the log under several names.

A payload is the text of a whole packet, Engine.IO's mark included: ``42["STOCK_REDUCED",{…},"<cursor>"]``.
That last argument is what clients keep as the offset of their recovery; ephemeral messages have none, and
end in their object.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import orjson

from realtime import registry
from realtime.cursor import to_cursor
from realtime.hub.source import Interest
from realtime.hub.wire import Message
from realtime.records import Record

#: Engine.IO's mark of a message, and Socket.IO's of an event in the main namespace.
_EVENT = b"42"


class ShopDialect:
    """Implements the hub's `Dialect`."""

    name = registry.SHOP

    def messages(self, record: Record) -> Sequence[Message]:
        """As many as the table says. Each but the last bears its place in its cursor."""
        reading = registry.Reading(record)
        emissions = [
            emission
            for emission in registry.emissions_of(record.type, self.name)
            if emission.applies(reading)
        ]
        last = len(emissions) - 1
        return [
            Message(
                emission.rooms_of(reading),
                record,
                _builder(emission, None if place == last else place),
                admits=emission.admits(reading),
            )
            for place, emission in enumerate(emissions)
        ]

    def interest(self, rooms: Collection[str]) -> Interest:
        """Which events can go to `rooms`."""
        return registry.interest_in(rooms, self.name)


def encode(name: str, payload: Mapping[str, object], cursor: str | None) -> bytes:
    """One message as a packet."""
    return _EVENT + orjson.dumps([name, payload] if cursor is None else [name, payload, cursor])


def _builder(emission: registry.Emission, place: int | None) -> Callable[[Record], bytes]:
    build = emission.build
    assert build is not None  # noqa: S101  `shop_emission` asks for one

    # It must hold on to nothing but these: messages are kept for as long as the ring keeps their event.
    def message(record: Record) -> bytes:
        cursor = to_cursor(record.epoch, record.seq, place) if record.seq else None
        return encode(emission.type_of(record), build(record.parsed()), cursor)

    return message


SHOP = ShopDialect()
