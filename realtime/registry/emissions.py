"""What the table of events is written in: room templates, emissions, event types. No event is named here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.kernel.events import DomainEvent
from realtime.hub.wire import Admits, Told
from realtime.records import Record

CATALOG = "catalog"
SHOP = "shop"

#: The room of the product that an event is about.
PRODUCT = "product:{subject}"

#: An event's fields, all of them, under their names in its dataclass; and ``timestamp``, the record's.
Fields = Mapping[str, Any]
#: Makes what Socket.IO clients get. Its return type is a ``TypedDict``: the documentation is made from that.
Build = Callable[[Fields], Mapping[str, object]]
#: Says whom of those in its rooms an event is for. The answer is kept as long as the event: it holds on to
#: little.
ForWhom = Callable[[Fields], Admits]


class Reading:
    """A record, and its fields: parsed when first asked for, once."""

    __slots__ = ("_fields", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._fields: Fields | None = None

    @property
    def fields(self) -> Fields:
        """The event's fields."""
        if self._fields is None:
            self._fields = self.record.parsed()
        return self._fields


class RoomTemplate:
    """``storefront``, ``product:{subject}``, ``user:{customer_id}``."""

    __slots__ = ("field", "prefix", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.prefix, _, rest = text.partition("{")
        self.field = rest.removesuffix("}")

    def rooms(self, reading: Reading) -> tuple[str, ...]:
        """The rooms that it means for this record."""
        if not self.field:
            return (self.text,)
        if self.field == "subject":
            return (self.prefix + reading.record.subject,)
        value = reading.fields.get(self.field)
        values = value if isinstance(value, list) else [value]
        return tuple(f"{self.prefix}{item}" for item in values if item)

    def ids_in(self, rooms: Collection[str]) -> list[str]:
        """The ids with which it could mean one of ``rooms``."""
        return [room.removeprefix(self.prefix) for room in rooms if room.startswith(self.prefix)]


def _as_recorded(record: Record) -> str:
    return record.type


@dataclass(frozen=True, slots=True)
class Emission:
    """One message that an event becomes.

    ``type_of`` gives its name on the wire; ``names`` are all it can give. ``when``: only events for which it
    is true become this message. ``for_whom``: only whom it admits, of those in the rooms. ``repeats``: the
    event that it tells of again, which some of those in the rooms have heard. ``build`` makes the payload;
    without one it is the event's data as recorded.
    """

    rooms: tuple[RoomTemplate, ...]
    names: tuple[str, ...]
    type_of: Callable[[Record], str] = _as_recorded
    when: Callable[[Fields], bool] | None = None
    for_whom: ForWhom | None = None
    repeats: Callable[[Reading], Told] | None = None
    build: Build | None = None

    def rooms_of(self, reading: Reading) -> tuple[str, ...]:
        """The rooms that hear it."""
        rooms: list[str] = []
        for template in self.rooms:
            rooms.extend(template.rooms(reading))
        return tuple(rooms)

    def applies(self, reading: Reading) -> bool:
        """Whether the event becomes this message at all."""
        return self.when is None or self.when(reading.fields)

    def admits(self, reading: Reading) -> Admits | None:
        """Whom of those in the rooms it is for; ``None``: all of them."""
        return None if self.for_whom is None else self.for_whom(reading.fields)


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type. What is not ``durable`` has no place in the log: at most once, never replayed."""

    event: type[DomainEvent]
    emissions: Mapping[str, tuple[Emission, ...]] = field(default_factory=dict)
    durable: bool = True

    @property
    def name(self) -> str:
        return self.event.name


def catalog_emission(
    name: str,
    *rooms: str,
    for_whom: ForWhom | None = None,
    repeats: Callable[[Reading], Told] | None = None,
) -> Emission:
    """On ``/ws`` and ``/events``: the event's data as it was recorded, as ``name``."""
    return Emission(
        _templates(rooms), (name,), type_of=lambda _record: name, for_whom=for_whom, repeats=repeats
    )


def shop_emission(
    name: str,
    build: Build,
    *rooms: str,
    when: Callable[[Fields], bool] | None = None,
    for_whom: ForWhom | None = None,
) -> Emission:
    """On Socket.IO: what ``build`` makes of the event, as ``name``."""
    return Emission(
        _templates(rooms), (name,), type_of=lambda _record: name, when=when, for_whom=for_whom, build=build
    )


def _templates(rooms: tuple[str, ...]) -> tuple[RoomTemplate, ...]:
    return tuple(RoomTemplate(room) for room in rooms)
