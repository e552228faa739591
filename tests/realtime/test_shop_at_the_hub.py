"""The shop dialect in the hub: whoever is in several rooms of an event hears it once, others their part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from realtime.dialects.shop import SHOP
from realtime.hub.hub import Hub
from realtime.hub.wire import Wire
from realtime.records import Batch, Position
from tests.realtime.happenings import EPOCH, came_back, created, ran_low, record_of, sold, validated
from tests.realtime.imaginary import Ear, ImaginaryLog, a_session

PACKETS = Wire(SHOP, lambda payload: b"<" + payload + b">")

SALE = [
    ("STOCK_REDUCED", "abcd1234-2.0"),
    ("inventory_update", "abcd1234-2.1"),
    ("product_stock_update", "abcd1234-2"),
]
LOW = ("low_stock_alert", "abcd1234-3")
#: Rooms, and what somebody in just these hears of: a product, a sale of it, the crossing, the return; and
#: then of a validation, which is ephemeral.
LISTENERS: dict[tuple[str, ...], list[tuple[str, str]]] = {
    ("storefront",): [("product_created", "abcd1234-1"), *SALE[:2]],
    ("product:prod_1",): [*SALE, ("STOCK_VALIDATED", "")],
    ("storefront", "product:prod_1"): [("product_created", "abcd1234-1"), *SALE, ("STOCK_VALIDATED", "")],
    ("storefront", "product:other"): [("product_created", "abcd1234-1"), *SALE[:2]],
    ("admin",): [LOW, ("STOCK_VALIDATED", "")],
    ("storefront", "user:usr_2", "admin", "product:prod_1"): [
        ("product_created", "abcd1234-1"), *SALE, LOW, ("STOCK_VALIDATED", ""),
    ],
    ("user:usr_1", "role:customer", "products", "stock"): [],
}  # fmt: skip


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    log = ImaginaryLog()
    log.epoch = EPOCH
    hub = Hub(source=log, silence=60)
    hub.start()
    assert await hub.ready()
    yield hub
    await hub.stop()


def named(ear: Ear) -> list[tuple[str, str]]:
    """Name and cursor of each packet."""
    found = []
    for text in ear.heard:
        name, _, rest = text.removeprefix('42["').partition('"')
        cursor = rest.rpartition(',"')[2].removesuffix('"]') if rest.endswith('"]') else ""
        found.append((name, cursor))
    return found


async def test_each_listener_hears_each_message_of_its_rooms_once(hub: Hub) -> None:
    ears = {}
    for rooms in LISTENERS:
        session, ear = a_session(PACKETS)
        hub.open(session)
        hub.join(session, rooms)
        ears[rooms] = ear
    events = (created(), sold(), ran_low(), came_back())
    hub.offer(Batch(EPOCH, tuple(record_of(event, seq=seq) for seq, event in enumerate(events, 1))))
    await hub._follower.reach(4)
    hub.whisper(record_of(validated(), seq=0))
    await asyncio.sleep(0.02)
    assert {rooms: named(ear) for rooms, ear in ears.items()} == LISTENERS


async def test_whoever_resumes_hears_the_same(hub: Hub) -> None:
    events = (created(), sold(), ran_low(), came_back())
    hub.offer(Batch(EPOCH, tuple(record_of(event, seq=seq) for seq, event in enumerate(events, 1))))
    await hub._follower.reach(4)
    for rooms, told in LISTENERS.items():
        session, ear = a_session(PACKETS)
        hub.open(session)
        async with hub.resuming(session, rooms=rooms, cursor=Position(EPOCH, 0)) as outcome:
            assert outcome.reason is None
        assert named(ear) == [(name, cursor) for name, cursor in told if cursor]
