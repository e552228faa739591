"""Every event type: where it goes, and what it becomes in each dialect. Documentation is made from this.

An event becomes any number of *emissions* in a dialect, sent in their order, each to its own rooms; a session
in several of an emission's rooms hears it once. Rooms are templates: ``{subject}`` is the record's subject,
any other name a field of the event (a list of ids makes a room of each, an empty one none).

**Adding an event** is one entry in the module of its subject (``stock``, ``products``, …; a new subject is a
new module, whose ``TYPES`` are added here; what they are written in is ``emissions``)::

    EventType(
        ReviewApproved,
        {
            CATALOG: (catalog_emission(ReviewApproved.name, "product:{product_id}"),),
            SHOP: (shop_emission("product_review_added", _added_review, "product:{product_id}"),),
        },
    )

On ``/ws`` and ``/events`` the event's ``data`` goes out as it was recorded. For Socket.IO ``_added_review``
makes the payload of the event's fields, ``dialect_only`` ones and the record's ``timestamp`` among them; it
returns a ``TypedDict``, whose keys and docstring the documentation shows. Where a room is not enough to say
who hears a message (an order that is somebody else's work by now), ``for_whom`` makes a test of the event
that each listener in the rooms has to pass. What has no place in the log says ``durable=False``.
``manage.py render_docs`` writes it all to ``docs/events.md``; ``tests/realtime/test_shop_dialect.py`` fails
until the event has a case in ``shop_cases``, and ``tests/realtime/table`` until it has a row in which it is
brought about, and ``tests/reference`` until its fields have examples.

A cursor within an event counts its emissions: a new one is best put at their end, so that clients which are
just then between two of them lose nothing by the update.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from realtime.hub.source import Interest
from realtime.registry import (
    activity,
    notifications,
    orders,
    payments,
    products,
    reviews,
    sales,
    stock,
    support,
    wishers,
)
from realtime.registry.emissions import CATALOG, SHOP, Emission, EventType, Fields, Reading, RoomTemplate

__all__ = [
    "BY_NAME",
    "CATALOG",
    "REPEATING",
    "SHOP",
    "TYPES",
    "Emission",
    "EventType",
    "Fields",
    "Reading",
    "RoomTemplate",
    "emissions_of",
    "interest_in",
]

TYPES: tuple[EventType, ...] = (
    *products.TYPES,
    *stock.TYPES,
    *wishers.TYPES,
    *sales.TYPES,
    *reviews.TYPES,
    *orders.TYPES,
    *payments.TYPES,
    *notifications.TYPES,
    *support.TYPES,
    *activity.TYPES,
)

BY_NAME: Mapping[str, EventType] = {entry.name: entry for entry in TYPES}

#: Types that only tell others of an event which the log has already.
REPEATING = frozenset(
    entry.name
    for entry in TYPES
    if any(emission.repeats is not None for emission in entry.emissions.get(CATALOG, ()))
)


def emissions_of(name: str, dialect: str) -> tuple[Emission, ...]:
    """What an event of this name becomes; nothing, for one that is not in the table."""
    entry = BY_NAME.get(name)
    return entry.emissions.get(dialect, ()) if entry else ()


def interest_in(rooms: Collection[str], dialect: str) -> Interest:
    """Which events of the log can become a message to one of ``rooms``."""
    types: set[str] = set()
    subjects: set[tuple[str, str]] = set()
    mentions: set[tuple[str, str]] = set()
    for entry in TYPES:
        if not entry.durable:
            continue
        for emission in entry.emissions.get(dialect, ()):
            for template in emission.rooms:
                if not template.field:
                    if template.text in rooms:
                        types.add(entry.name)
                elif template.field == "subject":
                    subjects.update((entry.name, identity) for identity in template.ids_in(rooms))
                else:
                    mentions.update((entry.name, identity) for identity in template.ids_in(rooms))
    return Interest(
        frozenset(types),
        frozenset(pair for pair in subjects if pair[0] not in types),
        frozenset(pair for pair in mentions if pair[0] not in types),
    )
