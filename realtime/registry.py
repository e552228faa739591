"""Every event type: where it goes, and what it becomes in each dialect. Documentation is made from this.

An event becomes any number of *emissions* in a dialect; each names its rooms by templates. `{subject}` in a
template is the record's subject, any other name a field of the event (a list of ids makes a room of each).

**Adding a dialect** (Socket.IO): give entries emissions under its name, and write a dialect in
`realtime.dialects` that wraps them; `EventType.emissions` is keyed by the dialect's name for that. Several
emissions of one event are sent in their order, each to its own rooms; a session in several of an emission's
rooms hears it once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.events import ProductCreated, ProductDeleted, ProductUpdated
from config.kernel.events import DomainEvent
from inventory.events import (
    StockBack,
    StockLow,
    StockReduced,
    StockReleased,
    StockReserved,
    StockUpdated,
    StockValidated,
)
from realtime.events import StockAnnounced
from realtime.records import Record

CATALOG = "catalog"


class RoomTemplate:
    """`products`, `product:{subject}`, `user:{customer_id}`."""

    __slots__ = ("field", "prefix", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.prefix, _, rest = text.partition("{")
        self.field = rest.removesuffix("}")

    def rooms(self, record: Record, parsed: Callable[[], Mapping[str, Any]]) -> Iterable[str]:
        """The rooms that it means for `record`."""
        if not self.field:
            return (self.text,)
        if self.field == "subject":
            return (self.prefix + record.subject,)
        value = parsed().get(self.field)
        values = value if isinstance(value, list) else [value]
        return tuple(f"{self.prefix}{item}" for item in values if item)


def _as_recorded(record: Record) -> str:
    return record.type


@dataclass(frozen=True, slots=True)
class Emission:
    """One message that an event becomes. `type_of` gives its name on the wire; `names` are all it can
    give."""

    rooms: tuple[RoomTemplate, ...]
    names: tuple[str, ...]
    type_of: Callable[[Record], str] = _as_recorded

    def rooms_of(self, record: Record) -> tuple[str, ...]:
        """The rooms that hear it."""
        rooms: list[str] = []
        for template in self.rooms:
            rooms.extend(template.rooms(record, record.parsed))
        return tuple(rooms)


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type. What is not `durable` has no place in the log: at most once, never replayed."""

    event: type[DomainEvent]
    emissions: Mapping[str, tuple[Emission, ...]] = field(default_factory=dict)
    durable: bool = True

    @property
    def name(self) -> str:
        return self.event.name


def _catalog(event: type[DomainEvent], *rooms: str, durable: bool = True) -> EventType:
    """An event that goes out in the catalog dialect under its own name."""
    emission = Emission(rooms=tuple(RoomTemplate(room) for room in rooms), names=(event.name,))
    return EventType(event, {CATALOG: (emission,)}, durable)


_ANNOUNCED_AS = {
    "STOCK_UPDATED": StockUpdated.name,
    "STOCK_REDUCED": StockReduced.name,
    "STOCK_VALIDATED": StockValidated.name,
}


def _announced_type(record: Record) -> str:
    return _ANNOUNCED_AS[json.loads(record.extra)["event"]]


_PRODUCT = "product:{subject}"

TYPES: tuple[EventType, ...] = (
    _catalog(ProductCreated, "products", _PRODUCT),
    _catalog(ProductUpdated, "products", _PRODUCT),
    _catalog(ProductDeleted, "products", _PRODUCT),
    _catalog(StockReduced, "stock", _PRODUCT),
    _catalog(StockUpdated, "stock", _PRODUCT),
    _catalog(StockReserved, "stock", _PRODUCT),
    _catalog(StockReleased, "stock", _PRODUCT),
    # Staff only: a low shelf is the shop's own business.
    _catalog(StockLow, "admin"),
    # And to those who wished for it, once there are wishlists.
    _catalog(StockBack, _PRODUCT),
    _catalog(StockValidated, _PRODUCT, "admin", durable=False),
    EventType(
        StockAnnounced,
        {
            CATALOG: (
                Emission(
                    rooms=tuple(RoomTemplate(room) for room in ("stock", _PRODUCT, "admin")),
                    names=tuple(_ANNOUNCED_AS.values()),
                    type_of=_announced_type,
                ),
            )
        },
    ),
)

BY_NAME: Mapping[str, EventType] = {entry.name: entry for entry in TYPES}


def emissions_of(name: str, dialect: str) -> tuple[Emission, ...]:
    """What an event of this name becomes; nothing, for one that is not in the table."""
    entry = BY_NAME.get(name)
    return entry.emissions.get(dialect, ()) if entry else ()
