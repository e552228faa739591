"""The shop dialect in the hub: whoever is in several rooms of an event hears it once, others their part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from realtime.dialects.shop import SHOP
from realtime.hub.hub import Hub
from realtime.hub.wire import Wire
from realtime.principals import GUEST, Principal
from realtime.records import Batch, Position
from tests.realtime.happenings.orders import assigned, changed_cart, placed, sewn, took_a_step
from tests.realtime.happenings.products import created
from tests.realtime.happenings.records import EPOCH, record_of
from tests.realtime.happenings.stock import came_back, ran_low, sold, validated
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


# ---------------------------------------------------------------------------------------- for whom

CUSTOMER = Principal("user", id="usr_1", role="customer")
STAFF = Principal("user", id="usr_2", role="admin")
TAILOR = Principal("user", id="usr_3", role="tailor")
#: In the rooms of an order; id, whoever it is, and of which of its events it hears: placed (nobody works on
#: it yet), assigned, sewn, a step, and assigned to somebody else.
IN_THE_ROOM: list[tuple[Principal, list[str]]] = [
    (CUSTOMER, ["placed", "assigned", "sewn", "step", "elsewhere"]),
    (STAFF, ["placed", "assigned", "sewn", "step", "elsewhere"]),
    (TAILOR, ["assigned", "sewn", "step"]),
    (Principal("user", id="usr_4", role="delivery"), ["assigned", "sewn", "step", "elsewhere"]),
    (Principal("user", id="usr_9", role="tailor"), ["elsewhere"]),
    # The same ids, and another role by now; somebody else; whoever can't be asked.
    (Principal("user", id="usr_3", role="customer"), []),
    (Principal("user", id="usr_5", role="customer"), []),
    (Principal("service", id="usr_1"), []),
    (GUEST, []),
]
OF_AN_ORDER = {
    "placed": placed(),
    "assigned": assigned(),
    "sewn": sewn(),
    "step": took_a_step(),
    "elsewhere": assigned(tailor_id="usr_9"),
}
TOLD = {
    "placed": ["order_update"],
    "assigned": ["order_update"],
    "sewn": ["tailor_status_update", "order_update"],
    "step": ["order_status_update", "order_update"],
    "elsewhere": ["order_update"],
}


async def test_of_those_in_an_orders_room_only_its_parties_hear_an_event_live_and_when_they_resume(
    hub: Hub,
) -> None:
    ears = []
    for principal, events in IN_THE_ROOM:
        session, ear = a_session(PACKETS)
        session.principal = principal
        hub.open(session)
        hub.join(session, ["order:ord_1"])
        ears.append((ear, [name for event in events for name in TOLD[event]]))
    records = [record_of(event, seq=seq) for seq, event in enumerate(OF_AN_ORDER.values(), 1)]
    hub.offer(Batch(EPOCH, tuple(records)))
    await hub._follower.reach(len(records))
    await asyncio.sleep(0.02)
    assert [[name for name, _cursor in named(ear)] for ear, _told in ears] == [told for _ear, told in ears]
    for principal, events in IN_THE_ROOM:
        session, ear = a_session(PACKETS)
        session.principal = principal
        hub.open(session)
        async with hub.resuming(session, rooms=["order:ord_1"], cursor=Position(EPOCH, 0)) as outcome:
            assert outcome.reason is None
        assert [name for name, _cursor in named(ear)] == [name for event in events for name in TOLD[event]]


@pytest.mark.parametrize(("origin", "synced"), [("one", ["two", ""]), ("", ["one", "two", ""])])
async def test_a_cart_is_synced_to_all_but_the_connection_that_changed_it(
    hub: Hub, origin: str, synced: list[str]
) -> None:
    ears = {}
    for identity in ("one", "two", ""):
        session, ears[identity] = a_session(PACKETS)
        session.id = identity
        hub.open(session)
        hub.join(session, ["cart:cart_1"])
    hub.offer(Batch(EPOCH, (record_of(changed_cart(origin=origin), seq=1),)))
    await hub._follower.reach(1)
    await asyncio.sleep(0.02)
    assert [who for who, ear in ears.items() if ("cart_sync", "abcd1234-1") in named(ear)] == synced
    assert all(named(ear)[0] == ("cart_updated", "abcd1234-1.0") for ear in ears.values())


async def test_what_comes_while_a_snapshot_is_taken_waits_behind_it(hub: Hub) -> None:
    session, ear = a_session(PACKETS)
    hub.open(session)
    hub.join(session, ["cart:cart_1"])
    with hub.snapshot(session):
        hub.offer(Batch(EPOCH, (record_of(changed_cart(), seq=1),)))
        await hub._follower.reach(1)
        await asyncio.sleep(0.02)
        assert ear.heard == []
        hub.send(session, b'42["snapshot",{}]')
    await asyncio.sleep(0.02)
    assert [name for name, _cursor in named(ear)] == ["snapshot", "cart_updated", "cart_sync"]
