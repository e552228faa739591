"""What a Socket.IO client may say, and what it is told."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from config.identity.models import Role
from realtime.consumers.pace import Pace
from realtime.consumers.shop import commands, visitor
from realtime.consumers.shop.visitor import MOST_ROOMS
from tests.realtime.door import Door
from tests.realtime.log import LiveHalf, publish_soon, stock_reduced
from tests.realtime.people import a_person
from tests.realtime.shop.client import ShopClient

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_answer_repeats_the_name_that_was_asked_for(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    for name in ("product_prod_1", "product-prod_1", "storefront"):
        assert await client.ask("join_room", {"room": name, "userId": "usr_other"}) == {
            "ok": True,
            "room": name,
        }
        await client.say("join_room", {"room": name})
        joined = await client.hear_of("room_joined")
        assert joined["room"] == name
        assert set(joined) == {"room", "timestamp"}
    await client.say("leave_room", {"room": "product_prod_1"})
    assert (await client.hear_of("room_left"))["room"] == "product_prod_1"
    await client.say("leave_room", {"room": "storefront"})
    await client.hear_of("room_left")
    await publish_soon(stock_reduced())
    await client.ask("join_room", {"room": "storefront"})
    assert [event[0] for event in client.events[-1:]] == ["room_joined"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("admin", "not_authenticated"),
        ("admin-room", "not_authenticated"),
        ("user_usr_1", "not_authenticated"),
        ("order_ord_1", "not_authenticated"),
        ("support_chat_1", "not_authenticated"),
        ("cart_cart_1", "not_authenticated"),
        ("tailor-room", "not_authenticated"),
        ("nowhere", "unknown_room"),
        ("product_", "unknown_room"),
    ],
)
async def test_a_guest_who_may_not_be_somewhere_is_told_so_and_hears_nothing_of_it(
    name: str, code: str, door: Door, live_half: LiveHalf
) -> None:
    client = await ShopClient(door.port).enter()
    refused = await client.ask("join_room", {"room": name, "userId": "usr_1"})
    assert (refused["ok"], refused["code"], refused["room"]) == (False, code, name)
    await client.say("join_room", {"room": name})
    told = await client.hear_of("room_join_error")
    assert set(told) == {"room", "error", "code", "timestamp"}
    assert (told["room"], told["code"]) == (name, code)
    (session,) = live_half.hub.sessions
    assert set(session.rooms) == {"storefront"}


async def test_what_a_bakerys_client_says_of_its_role_is_held_against_its_token(door: Door) -> None:
    tailor = await a_person(Role.TAILOR)
    client = await ShopClient(door.port).enter({"token": tailor.token})
    await client.say("user_role", "tailor", "usr_whoever")
    assert (await client.hear_of("room_joined"))["room"] == "tailor"
    await client.say("user_role", "admin", tailor.user.pk)
    told = await client.hear_of("room_join_error")
    assert (told["room"], told["code"]) == ("admin", "not_permitted")
    assert (await client.ask("user_role", "tailor", "usr_whoever"))["ok"]
    guest = await ShopClient(door.port).enter()
    await guest.say("user_role", "customer", "usr_1")
    assert (await guest.hear_of("room_join_error"))["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("join_room", []),
        ("join_room", ["storefront"]),
        ("join_room", [{}]),
        ("join_room", [{"room": 5}]),
        ("join_room", [{"room": ""}]),
        ("join_room", [{"room": "x" * 10_000}]),
        ("join_room", [None]),
        ("leave_room", [["storefront"]]),
        ("join_order_room", []),
        ("join_order_room", [{"orderId": "ord_1"}]),
        ("leave_order_room", [7]),
        ("user_role", []),
        ("user_role", [{"role": "admin"}]),
        ("authenticate", []),
        ("authenticate", [{"token": None}]),
    ],
)
async def test_arguments_of_the_wrong_shape_are_refused_and_the_connection_stays(
    name: str, arguments: list[Any], door: Door
) -> None:
    client = await ShopClient(door.port).enter()
    await client.say(name, *arguments)
    told = await client.hear_of("error")
    assert set(told) == {"message", "code", "event", "timestamp"}
    assert (told["code"], told["event"]) == ("malformed", name)
    refused = await client.ask(name, *arguments)
    assert (refused["ok"], refused["code"]) == (False, "malformed")
    assert set(refused) == {"ok", "error", "code"}


async def test_an_unknown_event_is_refused_and_the_connection_stays(door: Door) -> None:
    client = await ShopClient(door.port).enter()
    await client.say("nonsense", {"a": 1})
    told = await client.hear_of("error")
    assert (told["code"], told["event"]) == ("unknown_event", "nonsense")
    assert (await client.ask("nonsense"))["code"] == "unknown_event"
    assert (await client.ask("join_room", {"room": "storefront"}))["ok"]


async def test_whoever_says_too_much_is_refused_until_it_waits(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As fast as in earnest it would fill again where the machine takes a second for all this.
    monkeypatch.setattr(visitor, "Pace", partial(Pace, burst=100.0))
    monkeypatch.setattr(visitor, "PACE", 0.01)
    client = await ShopClient(door.port).enter()
    for _each in range(150):
        await client.say("nonsense")
    told = [await client.hear_of("error") for _each in range(150)]
    assert [one["code"] for one in told] == ["unknown_event"] * 100 + ["rate_limited"] * 50
    assert all(50 < one["retryAfter"] <= 100 for one in told[100:])


async def test_a_failure_of_ours_is_told_without_a_word_of_what_it_was(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_given: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(commands, "COMMANDS", {**commands.COMMANDS, "join_room": fail})
    monkeypatch.setattr("realtime.consumers.shop.namespace.COMMANDS", commands.COMMANDS)
    client = await ShopClient(door.port).enter()
    answer = await client.ask("join_room", {"room": "storefront"})
    assert answer == {"ok": False, "error": "something went wrong here", "code": "server_error"}


async def test_a_connection_is_in_so_many_rooms_and_no_more(door: Door, live_half: LiveHalf) -> None:
    client = await ShopClient(door.port).enter()
    (session,) = live_half.hub.sessions
    live_half.hub.join(session, [f"product:p{number}" for number in range(MOST_ROOMS - 1)])
    refused = await client.ask("join_room", {"room": "product_one_more"})
    assert (refused["ok"], refused["code"]) == (False, "too_many_rooms")
    assert (await client.ask("join_room", {"room": "product_p1"}))["ok"]


def test_the_pace_is_a_burst_and_then_a_rate() -> None:
    pace = Pace(50.0)
    assert all(pace.wait(100.0) == 0 for _each in range(100))
    assert pace.wait(100.0) == pytest.approx(0.02)
    assert pace.wait(100.021) == 0
    assert pace.wait(100.021) > 0
    assert all(pace.wait(200.0) == 0 for _each in range(100))
    assert pace.wait(200.0) > 0


def test_whoever_waits_as_long_as_it_was_told_is_not_refused_again() -> None:
    pace = Pace(50.0)
    assert all(pace.wait(100.0) == 0 for _each in range(100))
    # Almost there: told "0.0", it would be back at once, and too early.
    assert pace.wait(100.0198) == 0.001
    assert pace.wait(100.0208) == 0
