"""An order on its way through the house: what each of those hears whom it concerns, and that nobody else
does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError

from orders.models import Order
from realtime import rights
from realtime.principals import Principal
from realtime.rooms import ROOMS, refusal_of, refusals
from tests.realtime.door import Door
from tests.realtime.house_of_orders import Cast, a_cast, place
from tests.realtime.log import LiveHalf, caught_up
from tests.realtime.people import away
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

#: What everybody hears of the goods in an order.
OF_STOCK = {"STOCK_REDUCED", "STOCK_UPDATED", "inventory_update", "product_stock_update"}
#: To its customer.
STEP = [
    "order_status_update", "order_status_updated", "order_update", "customer_notification", "new_notification"
]  # fmt: skip
SEWN = ["tailor_status_update", "order_update"]


async def everybody(port: int, cast: Cast) -> dict[str, ShopClient]:
    """A connection of each, and of a guest; nobody has joined anything."""
    clients = {
        name: await ShopClient(port).enter({"token": person.token}) for name, person in cast.signed_in.items()
    }
    return {**clients, "guest": await ShopClient(port).enter()}


async def heard(clients: dict[str, ShopClient]) -> dict[str, list[str]]:
    """What each has heard since one last asked, for those that have heard anything but of stock."""
    await caught_up()
    found = {}
    for name, client in clients.items():
        # Whatever was on its way comes before the answer.
        assert not (await client.ask("nonsense"))["ok"]
        names = [event[0] for event in client.events if event[0] not in OF_STOCK]
        client.events.clear()
        if names:
            found[name] = names
    return found


def all_of(names: list[str], *who: str) -> dict[str, list[str]]:
    return dict.fromkeys(who, names)


async def join(client: ShopClient, order: str) -> dict[str, Any]:
    answer = await client.ask("join_order_room", order)
    client.events.clear()
    return answer


async def test_each_hears_of_an_order_what_concerns_them_and_nobody_else_hears_anything(door: Door) -> None:
    cast = await a_cast()
    clients = await everybody(door.port, cast)

    await place(cast.customer, cast.product)
    assert await heard(clients) == {
        "customer": ["order_update", "customer_notification", "new_notification"],
        "staff": ["order_created", "new_order", "order_update", "admin_notification"],
    }

    # In their own rooms alone.
    await cast.assign_both()
    assert await heard(clients) == all_of(["order_update"], "customer", "staff", "tailor", "delivery")
    await cast.step("processing")
    assert await heard(clients) == {
        "customer": STEP,
        "staff": ["order_status_updated", "order_update"],
        "tailor": ["order_update"],
        "delivery": ["order_update"],
    }
    await cast.sew("cutting")
    assert await heard(clients) == {
        "customer": SEWN,
        "staff": SEWN,
        "tailor": ["order_update"],
        "delivery": ["order_update"],
    }

    # And in the order's: nothing comes twice.
    for name in ("customer", "staff", "tailor", "delivery"):
        assert await join(clients[name], cast.order) == {"ok": True, "room": f"order_{cast.order}"}
    await cast.sew("stitching")
    assert await heard(clients) == all_of(SEWN, "customer", "staff", "tailor", "delivery")
    await cast.step("shipped")
    in_the_room = ["order_status_update", "order_update"]
    assert await heard(clients) == {
        "customer": STEP,
        "staff": ["order_status_update", "order_status_updated", "order_update"],
        "tailor": in_the_room,
        "delivery": in_the_room,
    }
    await cast.step("delivered", by=cast.delivery)
    assert set(await heard(clients)) == {"customer", "staff", "tailor", "delivery"}


async def test_an_orders_room_is_for_those_whom_it_concerns_and_does_not_tell_whether_it_exists(
    door: Door, live_half: LiveHalf
) -> None:
    cast = await a_cast()
    clients = await everybody(door.port, cast)
    may = {name for name, client in clients.items() if (await join(client, cast.order))["ok"]}
    assert may == {"customer", "staff"}
    await cast.assign_both()
    await heard(clients)
    may = {name for name, client in clients.items() if (await join(client, cast.order))["ok"]}
    assert may == {"customer", "staff", "tailor", "delivery"}
    for name in ("other customer", "other tailor", "guest"):
        answers = []
        for order in (cast.order, "ord_that_never_was"):
            await clients[name].say("join_order_room", order)
            told = await clients[name].hear_of("room_join_error")
            answers.append({**told, "room": told["room"].replace(order, ""), "timestamp": ""})
        assert answers[0] == answers[1]
        code = "not_authenticated" if name == "guest" else "not_permitted"
        assert answers[0]["code"] == code
    # By its other names too.
    for name in (f"order_{cast.order}", f"order-{cast.order}"):
        assert (await clients["customer"].ask("join_room", {"room": name}))["room"] == name
        assert not (await clients["other customer"].ask("join_room", {"room": name}))["ok"]
    members = live_half.hub.members(lambda room: room.startswith("order:"))
    assert len(members) == 4


async def test_whose_work_it_is_no_longer_is_put_out_of_the_room_and_does_not_even_hear_of_that(
    door: Door, live_half: LiveHalf
) -> None:
    cast = await a_cast()
    await cast.assign_both()
    clients = await everybody(door.port, cast)
    for name in ("customer", "tailor", "delivery"):
        assert (await join(clients[name], cast.order))["ok"]
    await cast.assign(tailor=cast.other_tailor)
    lost = await clients["tailor"].hear_of("room_join_error")
    assert (lost["room"], lost["code"]) == (f"order_{cast.order}", "not_permitted")
    clients["tailor"].events.clear()
    told = await heard(clients)
    assert told == all_of(["order_update"], "customer", "staff", "delivery", "other tailor")
    assert not (await join(clients["tailor"], cast.order))["ok"]
    inside = {session.principal.id for session, _room in live_half.hub.members(lambda room: "order:" in room)}  # type: ignore[attr-defined]
    assert inside == {cast.customer.user.pk, cast.delivery.user.pk}
    await cast.step("processing")
    assert set(await heard(clients)) == {"customer", "staff", "delivery", "other tailor"}


async def test_an_event_is_for_those_whose_order_it_was_by_then_whoever_is_still_in_the_room(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks after rights here: the event itself tells whose the order is."""

    async def nobody_looks(*_given: object) -> None:
        pass

    monkeypatch.setattr(rights, "part_those_withdrawn", nobody_looks)
    cast = await a_cast()
    await cast.assign_both()
    tailor = await ShopClient(door.port).enter({"token": cast.tailor.token})
    assert (await join(tailor, cast.order))["ok"]
    await cast.assign(tailor=None)
    await cast.step("processing")
    assert len(live_half.hub.members(lambda room: room.startswith("order:"))) == 1
    assert await heard({"tailor": tailor}) == {}
    # Control: theirs again, and heard again, without having joined again.
    await cast.assign(tailor=cast.tailor)
    assert await heard({"tailor": tailor}) == {"tailor": ["order_update"]}


async def test_whoever_comes_back_gets_of_an_order_what_concerned_them_and_not_what_came_between(
    door: Door,
) -> None:
    cast = await a_cast()
    await cast.assign_both()
    tailor = await ShopClient(door.port).enter({"token": cast.tailor.token})
    assert (await join(tailor, cast.order))["ok"]
    await tailor.cut()
    await cast.sew("cutting")
    await cast.assign(tailor=cast.other_tailor)
    await cast.step("processing")
    await cast.assign(tailor=cast.tailor)
    await tailor.enter({"token": cast.tailor.token})
    assert tailor.recovered
    # In the order's room, and in it again.
    assert await tailor.hear_until_ready() == [*SEWN, "order_update"]
    await tailor.cut()
    await cast.sew("measuring")
    await cast.assign(tailor=cast.other_tailor)
    await tailor.enter({"token": cast.tailor.token})
    # In their own room alone.
    assert await tailor.hear_until_ready() == ["order_update"]
    assert (await tailor.hear_of("room_join_error"))["room"] == f"order_{cast.order}"


async def test_a_withdrawn_right_is_found_though_nobody_said_so(door: Door, live_half: LiveHalf) -> None:
    cast = await a_cast()
    await cast.assign_both()
    tailor = await ShopClient(door.port).enter({"token": cast.tailor.token})
    assert (await join(tailor, cast.order))["ok"]
    await rights.part_those_withdrawn(live_half.hub)
    assert await heard({"tailor": tailor}) == {}
    await away(lambda: Order.objects.update(tailor=None))
    assert len(live_half.hub.members(lambda room: room.startswith("order:"))) == 1
    await rights.part_those_withdrawn(live_half.hub, {"order:ord_other"})
    assert len(live_half.hub.members(lambda room: room.startswith("order:"))) == 1
    await rights.part_those_withdrawn(live_half.hub)
    assert await heard({"tailor": tailor}) == {"tailor": ["room_join_error"]}
    assert live_half.hub.members(lambda room: room.startswith("order:")) == []


async def test_the_watch_looks_at_the_rooms_that_it_is_told_of_and_at_all_in_each_round(
    live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    async def part(_hub: object, rooms: object = None) -> None:
        looked.append(rooms)

    async def end(_hub: object) -> None:
        looked.append("everybody")

    monkeypatch.setattr(rights, "part_those_withdrawn", part)
    monkeypatch.setattr(rights, "end_those_withdrawn", end)
    monkeypatch.setattr(rights, "BREATH", 0.0)
    watch = rights.RightsWatch(live_half.hub)
    watching = asyncio.create_task(watch.run(interval=0.5))
    try:
        watch.nudge({"order:a"})
        watch.nudge({"order:b"})
        await until(lambda: len(looked) == 1)
        watch.nudge({"order:c"})
        watch.nudge()
        watch.nudge({"order:d"})
        await until(lambda: len(looked) == 3)
        await until(lambda: len(looked) == 5)
    finally:
        watching.cancel()
    assert looked == [{"order:a", "order:b"}, "everybody", None, "everybody", None]


def test_any_number_of_listeners_is_asked_about_with_one_query(
    transactional_db: None, django_assert_num_queries: Any
) -> None:
    people = [Principal("user", id=f"usr_{number}", role="tailor") for number in range(50)]
    pairs = [(who, f"order:ord_{number}") for who in people for number in range(20)]
    with django_assert_num_queries(1):
        refused = refusals(pairs)
    assert refused == dict.fromkeys(pairs, "not_permitted")
    assert refusal_of(Principal("service", id="key_1"), "order:ord_1") == "not_permitted"


# --------------------------------------------------------------------------------- nobody can be asked


@pytest.fixture
def nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called whose an order is can't be told."""

    def fail(_asked: object) -> set[tuple[Principal, str]]:
        raise DatabaseError("away")

    return lambda: monkeypatch.setitem(ROOMS, "order", replace(ROOMS["order"], asks=fail))


async def test_a_room_that_cannot_be_asked_about_is_not_joined_and_the_connection_stays(
    door: Door, nobody_can_be_asked: Callable[[], None]
) -> None:
    cast = await a_cast()
    client = await ShopClient(door.port).enter({"token": cast.customer.token})
    nobody_can_be_asked()
    refused = await join(client, cast.order)
    assert (refused["ok"], refused["code"]) == (False, "unavailable")
    assert (await client.ask("join_room", {"room": "product_1"}))["ok"]


async def test_credentials_that_cannot_be_asked_about_change_nothing(
    door: Door, live_half: LiveHalf, nobody_can_be_asked: Callable[[], None]
) -> None:
    cast = await a_cast()
    client = await ShopClient(door.port).enter({"token": cast.customer.token})
    assert (await join(client, cast.order))["ok"]
    nobody_can_be_asked()
    refused = await client.ask("authenticate", {"token": cast.other_customer.token})
    assert (refused["ok"], refused["code"]) == (False, "unavailable")
    (session,) = live_half.hub.sessions
    assert session.holder == f"user:{cast.customer.user.pk}"
    assert f"order:{cast.order}" in session.rooms


async def test_whoever_comes_back_while_nobody_can_be_asked_is_sent_to_come_again_and_leaves_nothing(
    door: Door, live_half: LiveHalf, nobody_can_be_asked: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await a_cast()
    client = await ShopClient(door.port).enter({"token": cast.customer.token})
    assert (await join(client, cast.order))["ok"]
    await client.cut()
    await until(lambda: not live_half.hub.sessions)
    asks = ROOMS["order"].asks
    nobody_can_be_asked()
    again = await ShopClient(door.port).open()
    await again.say_hello({"pid": client.pid, "offset": client.offset, "token": cast.customer.token})
    code, _packets = await again.closed_with()
    assert code is not None
    assert code < 3500
    assert live_half.hub.sessions == set()
    monkeypatch.setitem(ROOMS, "order", replace(ROOMS["order"], asks=asks))
    await cast.step("processing")
    await client.enter({"token": cast.customer.token})
    assert client.recovered
    assert await client.hear_until_ready() == STEP
