"""A Socket.IO client that was cut off gets what it missed, in order, nothing twice, in its rooms."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError
from procrastinate.contrib.django import app

from config.identity.models import Role
from config.kernel.clock import now
from config.kernel.events import DomainEvent
from realtime import runtime, services
from realtime.consumers.shop import recovery
from realtime.hub.session import CloseCode
from realtime.models import ConnectionRooms
from realtime.records import KeptRooms
from realtime.rooms import ROOMS
from realtime.tasks import forget_old_rooms
from tests.realtime.door import FRAMES, PLAIN, Door, serving
from tests.realtime.log import LiveHalf, publish_soon, stock_low, stock_reduced
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[FRAMES, PLAIN])
async def door(request: pytest.FixtureRequest, live_half: LiveHalf) -> AsyncIterator[Door]:
    async with serving(request.param) as door:
        yield door


SOLD = ["STOCK_REDUCED", "inventory_update"]


async def sell(*numbers: int, product: str = "prod_1") -> None:
    await tell(*(stock_reduced(product, number) for number in numbers))


async def tell(*events: DomainEvent) -> None:
    """Publish, and wait until the hub has heard of it."""
    hub = await runtime.hub()
    before = hub.position.seq
    await publish_soon(*events)
    await until(lambda: hub.position.seq == before + len(events))


async def test_what_was_missed_follows_the_answer_and_what_comes_next_follows_that(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    await sell(1)
    await client.hear_of("STOCK_REDUCED")
    await client.hear_of("inventory_update")
    identity = client.answer["sid"]
    await client.cut()
    await sell(2, 3)
    await client.enter()
    assert client.recovered
    assert client.answer["sid"] == identity
    assert await client.hear_until_ready() == SOLD * 2
    await sell(4)
    assert [(await client.hear())[0] for _ in SOLD] == SOLD
    assert len({event[-1] for event in client.events}) == len(client.events) == 8


async def test_a_client_that_has_heard_nothing_recovers_even_without_the_first_event(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    client.offset = None
    await client.cut()
    await sell(1)
    await client.enter()
    assert client.recovered
    assert await client.hear_until_ready() == SOLD


async def test_it_recovers_three_times_running(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    pid = client.pid
    for number in (1, 2, 3):
        await client.cut()
        await sell(number)
        await client.enter()
        assert (client.recovered, client.pid) == (True, pid)
        assert await client.hear_until_ready() == SOLD
    assert len(client.events) == 6


async def test_a_client_that_was_cut_between_two_messages_of_one_event_gets_the_second_alone(
    door: Door,
) -> None:
    client = await ShopClient(door.port).enter()
    await sell(1)
    await client.hear_of("STOCK_REDUCED")
    await client.cut()
    await client.enter()
    assert await client.hear_until_ready() == ["inventory_update"]


async def test_rooms_joined_and_left_by_hand_are_as_they_were_through_another_listener_too(
    door: Door,
) -> None:
    client = await ShopClient(door.port).enter()
    assert (await client.ask("join_room", {"room": "product-prod_1"}))["ok"]
    assert (await client.ask("leave_room", {"room": "storefront"}))["ok"]
    await client.cut()
    await sell(1)
    await sell(1, product="prod_2")
    async with serving() as another:
        client._url = client._url.replace(str(door.port), str(another.port))
        await client.enter()
        assert client.recovered
        assert await client.hear_until_ready() == [*SOLD, "product_stock_update"]


async def test_nothing_is_brought_back_of_a_room_from_before_it_was_joined(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    await client.ask("leave_room", {"room": "storefront"})
    await sell(1)
    await client.ask("join_room", {"room": "product_prod_1"})
    await client.cut()
    await sell(2)
    await client.enter()
    assert client.recovered
    assert await client.hear_until_ready() == [*SOLD, "product_stock_update"]


async def test_a_room_that_the_client_may_not_be_in_any_more_is_not_restored_and_it_is_told(
    door: Door,
) -> None:
    staff = await a_person(Role.ADMIN)
    client = await ShopClient(door.port).enter({"token": staff.token})
    pid = client.pid
    assert pid is not None
    await client.cut()
    # As if it had joined a room that was its own then.
    kept = KeptRooms(f"user:{staff.user.pk}:admin", {"storefront": 0, "order:ord_1": 0, "admin": 0})
    await recovery.keep_rooms(pid, kept)
    await tell(stock_low())
    await client.enter({"token": staff.token})
    assert client.recovered
    assert await client.hear_until_ready() == ["low_stock_alert"]
    lost = await client.hear_of("room_join_error")
    assert (lost["room"], lost["code"]) == ("order_ord_1", "not_permitted")


async def test_whoever_comes_back_without_its_token_gets_what_everybody_gets(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    client = await ShopClient(door.port).enter({"token": staff.token})
    await client.cut()
    await tell(stock_low())
    await sell(1)
    await client.enter()
    assert client.recovered
    assert await client.hear_until_ready() == SOLD


async def test_a_log_that_began_anew_is_not_recovered_from(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    await sell(1)
    await client.hear()
    before = client.pid
    await client.cut()
    hub = await runtime.hub()
    epoch = (await away(services.begin_new_epoch)).epoch
    await until(lambda: hub.position.epoch == epoch)
    await client.enter()
    assert not client.recovered
    assert client.pid != before
    await sell(2)
    assert (await client.hear())[0] == "STOCK_REDUCED"


@pytest.mark.parametrize(
    "auth",
    [
        {"pid": "x"},
        {"pid": 5, "offset": "a"},
        {"pid": "A" * 20 + ".nonsense", "offset": {}},
        {"pid": ["A" * 20]},
    ],
)
async def test_a_pid_that_we_never_made_is_a_new_connection(door: Door, auth: dict[str, object]) -> None:
    client = await ShopClient(door.port).enter(auth)
    assert client.answer["pid"] != auth["pid"]
    await sell(1)
    assert (await client.hear())[0] == "STOCK_REDUCED"


async def test_an_offset_from_before_the_connection_brings_nothing_from_before_it(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    early = client.offset
    await sell(1)
    await client.hear()
    await client.hear()
    await client.cut()
    later = await ShopClient(door.port).enter()
    later.offset = early
    await later.cut()
    await later.enter()
    assert later.recovered
    assert await later.hear_until_ready() == []


async def test_a_pid_that_returns_while_its_old_connection_hangs_closes_that_one_first(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    hanging = client.connection
    await client.enter()
    assert client.recovered
    hub = await runtime.hub()
    assert len(hub.sessions) == 1
    await hanging.wait_closed()
    assert hanging.close_code == 3010
    await sell(1)
    assert await client.hear_until_ready() == []
    assert (await client.hear())[0] == "STOCK_REDUCED"


async def test_a_user_at_the_limit_comes_back_though_the_old_connection_still_counts(
    door: Door, live_half: LiveHalf
) -> None:
    person = await a_person()
    live_half.hub._admission._per_holder = 1
    client = await ShopClient(door.port).enter({"token": person.token})
    await client.enter({"token": person.token})
    assert client.recovered
    refused = await ShopClient(door.port).enter({"token": person.token})
    assert refused.answer["message"] == "too_many_connections"


async def test_a_room_that_cannot_be_remembered_is_not_joined(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await ShopClient(door.port).enter()

    def fail(**_given: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(services, "keep_rooms", fail)
    answer = await client.ask("join_room", {"room": "product_prod_1"})
    assert (answer["ok"], answer["code"]) == (False, "unavailable")
    await client.ask("leave_room", {"room": "nowhere"})
    await sell(1)
    assert [(await client.hear())[0] for _ in SOLD] == SOLD
    assert await away(ConnectionRooms.objects.count) == 0


async def test_a_client_that_is_cut_off_again_while_it_is_brought_back_keeps_its_rooms(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await ShopClient(door.port).enter()
    assert (await client.ask("join_room", {"room": "product_prod_1"}))["ok"]
    await client.cut()
    replay, gate, asked = live_half.hub._replay, asyncio.Event(), asyncio.Event()
    find = replay.find

    async def find_later(*given: Any) -> Any:
        asked.set()
        await gate.wait()
        return await find(*given)

    monkeypatch.setattr(replay, "find", find_later)
    await client.open()
    await client.connection.send("40" + json.dumps({"pid": client.pid, "offset": client.offset}))
    await asked.wait()
    endpoint = (await runtime.shop_door()).endpoint
    await client.cut()
    await until(lambda: not endpoint.connections)
    gate.set()
    await until(lambda: not live_half.hub.sessions)
    await client.enter()
    assert client.recovered
    assert await client.hear_until_ready() == []
    await sell(1)
    assert [(await client.hear())[0] for _ in range(3)] == [*SOLD, "product_stock_update"]


async def test_what_is_said_while_the_connection_is_closed_by_us_does_not_forget_its_rooms(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await ShopClient(door.port).enter()
    keep, gate, asked = recovery.keep_rooms, asyncio.Event(), asyncio.Event()

    async def keep_later(pid: str, kept: KeptRooms) -> None:
        asked.set()
        await gate.wait()
        await keep(pid, kept)

    monkeypatch.setattr(recovery, "keep_rooms", keep_later)
    await client.say("join_room", {"room": "product_prod_1"})
    await client.say("join_room", {"room": "product_prod_2"})
    await asked.wait()
    (connection,) = (await runtime.shop_door()).endpoint.connections.values()
    listener: Any = connection._listener
    await until(lambda: bool(listener._inbox))
    (session,) = live_half.hub.sessions
    live_half.hub.close(session, CloseCode.SHUTTING_DOWN)
    gate.set()
    await listener.finished()
    assert (await client.closed_with())[0] == 3001
    await client.enter()
    assert client.recovered
    assert await client.hear_until_ready() == []
    await sell(1)
    assert [(await client.hear())[0] for _ in range(3)] == [*SOLD, "product_stock_update"]


async def test_whoever_can_not_be_brought_back_just_now_is_sent_away_and_counted_no_more(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await a_person()
    client = await ShopClient(door.port).enter({"token": person.token})
    assert (await client.ask("join_room", {"room": "product_prod_1"}))["ok"]
    await client.cut()

    def fail(_asked: object) -> Any:
        raise DatabaseError("away")

    with monkeypatch.context() as patched:
        patched.setitem(ROOMS, "product", replace(ROOMS["product"], asks=fail))
        await client.open()
        await client.connection.send("40" + json.dumps({"pid": client.pid, "token": person.token}))
        assert await client.closed_with() == (3010, [])
    await until(lambda: not live_half.hub.sessions)
    assert live_half.hub.admission.of_holder(f"user:{person.user.pk}") == 0
    await client.enter({"token": person.token})
    assert client.recovered


async def test_too_much_was_missed(door: Door, monkeypatch: pytest.MonkeyPatch, live_half: LiveHalf) -> None:
    monkeypatch.setattr(live_half.hub._replay, "_most_events", 3)
    client = await ShopClient(door.port).enter()
    await client.cut()
    await sell(1, 2)
    await client.enter()
    assert not client.recovered
    await sell(3)
    assert (await client.hear())[0] == "STOCK_REDUCED"


async def test_what_is_remembered_of_connections_that_are_long_gone_is_forgotten(door: Door) -> None:
    for _each in range(2):
        client = await ShopClient(door.port).enter()
        assert (await client.ask("join_room", {"room": "product_prod_1"}))["ok"]
    old = now() - services.KEEP_ROOMS - dt.timedelta(minutes=1)
    await away(lambda: ConnectionRooms.objects.filter(pid=client.pid).update(kept_at=old))
    assert await away(services.forget_old_rooms) == 1
    left = await away(lambda: list(ConnectionRooms.objects.values_list("pid", flat=True)))
    assert len(left) == 1
    assert client.pid not in left
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons[forget_old_rooms.name] == "27 * * * *"
