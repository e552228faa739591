"""What a client says: acknowledgements, refusals, too much at once, and the client library's own ways."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.backstage import Person
from tests.clients.node_client import MODERN, TRANSPORTS, VERSIONS, NodeClient, without_time
from tests.clients.shop import Shop
from tests.clients.wire import Wire
from tests.realtime.waiting import until

Connect = Callable[..., Awaitable[NodeClient]]

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
versions = pytest.mark.parametrize("version", VERSIONS)
modern = pytest.mark.parametrize("version", MODERN)
WS = TRANSPORTS["websocket"]
BURST = 100

# ---------------------------------------------------------------------------------------- refusals


@versions
@ways
async def test_an_event_that_there_is_not_is_an_error_and_the_connection_stays(
    node_client: Connect, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, **transports)
    await client.emit("buy_everything", 1, {"a": 2})
    (told,) = await client.heard("error")
    assert without_time(told) == {
        "message": told["message"],
        "code": "unknown_event",
        "event": "buy_everything",
    }
    assert told["message"]
    answer = await client.emit("buy_everything", ack=True)
    assert (answer["ok"], answer["code"], answer["error"]) == (False, "unknown_event", told["message"])
    assert (await client.emit("join_room", {"room": "storefront"}, ack=True))["ok"]
    assert client.disconnects == []


MALFORMED: list[tuple[str, list[Any]]] = [
    ("join_room", []),
    ("join_room", [None]),
    ("join_room", ["storefront"]),
    ("join_room", [5]),
    ("join_room", [["storefront"]]),
    ("join_room", [{}]),
    ("join_room", [{"room": None}]),
    ("join_room", [{"room": 5}]),
    ("join_room", [{"room": ""}]),
    ("join_room", [{"room": ["storefront"]}]),
    ("join_room", [{"room": "product_" + "x" * 10_000}]),
    ("leave_room", []),
    ("leave_room", [{"room": {"a": 1}}]),
    ("join_order_room", []),
    ("join_order_room", [{"orderId": "ord_1"}]),
    ("join_order_room", [17]),
    ("leave_order_room", [None]),
    ("user_role", []),
    ("user_role", [{"role": "admin"}]),
    ("user_role", [True, "x"]),
    ("authenticate", []),
    ("authenticate", ["token"]),
    ("authenticate", [{"token": 5}]),
    ("authenticate", [{"token": "x" * 100_000}]),
]


@ways
async def test_arguments_of_the_wrong_shape_are_an_error_and_the_connection_stays(
    node_client: Connect, transports: dict[str, Any]
) -> None:
    client = await node_client(**transports)
    for name, arguments in MALFORMED:
        answer = await client.emit(name, *arguments, ack=True)
        assert (answer["ok"], answer["code"]) == (False, "malformed"), (name, arguments)
    for name, arguments in MALFORMED:
        await client.emit(name, *arguments)
    told = await client.heard("error", count=len(MALFORMED))
    assert [(payload["event"], payload["code"]) for payload in told] == [
        (n, "malformed") for n, _ in MALFORMED
    ]
    assert client.disconnects == []
    assert client.payloads("room_joined") == []


@versions
@ways
async def test_bytes_are_refused_clearly_and_the_connection_stays(
    node_client: Connect, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, **transports)
    for arguments in ([{"room": b"storefront"}], [b"\x00\xff" * 1_000], [{"a": [b"1", b"2"]}]):
        answer = await client.emit("join_room", *arguments, ack=True)
        assert (answer["ok"], answer["code"]) == (False, "malformed")
    await client.emit("picture", b"\x89PNG", {"again": b"\x89PNG"})
    (told,) = await client.heard("error")
    assert (told["code"], told["event"]) == ("unknown_event", "picture")
    assert (await client.emit("join_room", {"room": "storefront"}, ack=True))["ok"]
    assert client.disconnects == []


# ---------------------------------------------------------------------------------------- too much


@ways
async def test_too_many_events_are_refused_with_the_time_to_wait_and_the_connection_stays(
    node_client: Connect, transports: dict[str, Any]
) -> None:
    client = await node_client(**transports)
    tokens = [client.offer("leave_order_room", "ord_1") for _each in range(3 * BURST)]
    await until(lambda: len(client.acks) == len(tokens))
    answers = [client.acks[token][0] for token in tokens]
    refused = [answer for answer in answers if not answer["ok"]]
    assert all(answer["ok"] for answer in answers[:BURST])
    # The bucket fills while they come: by a third of all where that takes the machine two seconds.
    assert 0 < len(refused) <= 2 * BURST
    assert {answer["code"] for answer in refused} == {"rate_limited"}
    assert all(0 < answer["retryAfter"] <= 0.1 for answer in refused)
    await asyncio.sleep(refused[-1]["retryAfter"])
    assert (await client.emit("leave_order_room", "ord_1", ack=True))["ok"]
    assert client.disconnects == []


@versions
async def test_too_many_events_without_acknowledgements_are_told_as_errors(
    node_client: Connect, version: str
) -> None:
    client = await node_client(version=version, **WS)
    for _each in range(2 * BURST):
        client.node.process.tell("emit", client=client.name, args=["leave_room", {"room": "admin"}])
    await until(lambda: len(client.payloads("room_left")) + len(client.payloads("error")) == 2 * BURST)
    told = client.payloads("error")
    assert told
    assert {(payload["code"], payload["event"]) for payload in told} == {("rate_limited", "leave_room")}
    assert all(payload["retryAfter"] > 0 for payload in told)
    assert client.disconnects == []


async def test_one_who_says_too_much_takes_nothing_from_others(node_client: Connect) -> None:
    loud, quiet = await node_client(**WS), await node_client(**WS)
    tokens = [loud.offer("leave_order_room", "ord_1") for _each in range(3 * BURST)]
    assert (await quiet.emit("join_room", {"room": "storefront"}, ack=True))["ok"]
    await until(lambda: len(loud.acks) == len(tokens))
    assert quiet.payloads("error") == []


# ---------------------------------------------------------------------------------------- the client's ways


@versions
async def test_what_is_said_is_answered_in_the_order_in_which_it_was_said(
    node_client: Connect, version: str
) -> None:
    client = await node_client(version=version)
    for number in range(40):
        await client.emit("join_room" if number % 2 else "leave_room", {"room": f"product_{number // 2}"})
    await until(lambda: len(client.names()) >= 40)
    assert [(heard.name, heard.payload["room"]) for heard in client.events[1:]] == [
        ("room_joined" if number % 2 else "room_left", f"product_{number // 2}") for number in range(40)
    ]


@pytest.mark.parametrize("version", ["4.4", "4.6", "4.8"])
@ways
async def test_an_acknowledgement_comes_within_a_timeout(
    node_client: Connect, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, **transports)
    answer = await client.emit_with_timeout(5_000, "join_room", {"room": "storefront"})
    assert answer == {"args": [{"ok": True, "room": "storefront"}]}


@modern
@ways
async def test_a_promise_of_an_acknowledgement_is_kept(
    node_client: Connect, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, **transports)
    assert (await client.emit_with_ack("join_room", {"room": "storefront"}))["ok"]
    assert (await client.emit_with_ack("join_room", {"room": "cellar"}))["code"] == "unknown_room"
    assert (await client.emit_with_ack("nonsense"))["code"] == "unknown_event"
    answer = await client.emit_with_timeout(5_000, "join_room", {"room": "storefront"}, promise=True)
    assert answer == {"args": [{"ok": True, "room": "storefront"}]}


@modern
async def test_a_timeout_that_strikes_leaves_the_connection_as_it_is(
    node_client: Connect, wire: Wire, version: str
) -> None:
    client = await node_client(version=version, url=wire.base_url, **WS)
    wire.stall()
    answer = await client.emit_with_timeout(50, "join_room", {"room": "storefront"})
    assert answer == {"error": "operation has timed out"}
    wire.flow()
    # What came too late was done all the same.
    await client.heard("room_joined")
    assert client.disconnects == []


@modern
@ways
async def test_a_client_that_retries_is_heard_in_order_through_lost_connections(
    node_client: Connect, wire: Wire, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, url=wire.base_url, retries=10, ackTimeout=2_000, **transports)
    names = [f"product_{number}" for number in range(9)]
    for number, name in enumerate(names):
        if number % 3 == 1:
            # The server hears it, the client never learns that it did, and says it again.
            wire.cut_after(1)
        answer = await client.emit("join_room", {"room": name}, ack=True)
        assert answer == {"ok": True, "room": name}
    assert wire.cuts == 3
    told = [payload["room"] for payload in client.payloads("room_joined")]
    assert list(dict.fromkeys(told)) == names
    assert client.recovered


@versions
async def test_what_is_said_while_the_connection_is_away_is_said_when_it_is_back(
    node_client: Connect, wire: Wire, version: str
) -> None:
    client = await node_client(version=version, url=wire.base_url)
    wire.refuse()
    await client.disconnected()
    token = client.offer("join_room", {"room": "product_1"})
    await until(lambda: client.attempts >= 2)
    assert client.acks == {}
    wire.mend()
    await until(lambda: token in client.acks)
    assert client.acks[token] == [{"ok": True, "room": "product_1"}]


# ---------------------------------------------------------------------------------------- authenticate


@versions
@ways
async def test_a_guest_signs_in_while_connected(
    node_client: Connect, customer: Person, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, **transports)
    assert (await client.emit("join_room", {"room": f"user_{customer.id}"}, ack=True))["ok"] is False
    answer = await client.emit("authenticate", {"token": customer.token}, ack=True)
    assert (answer["ok"], answer["user"]) == (True, {"id": customer.id, "role": "customer"})
    assert answer["expiresAt"].endswith("Z")
    assert (await client.emit("join_room", {"room": f"user_{customer.id}"}, ack=True))["ok"]
    assert (await client.emit("user_role", "customer", customer.id, ack=True))["ok"]


@versions
async def test_a_wrong_token_changes_nothing(node_client: Connect, staff: Person, version: str) -> None:
    client = await node_client(version=version, auth={"token": staff.token}, **WS)
    answer = await client.emit("authenticate", {"token": "nonsense"}, ack=True)
    assert (answer["ok"], answer["code"], bool(answer["error"])) == (False, "invalid_token", True)
    await client.emit("authenticate", {"token": "nonsense"})
    (told,) = await client.heard("error")
    assert without_time(told) == {
        "message": told["message"],
        "code": "invalid_token",
        "event": "authenticate",
    }
    assert (await client.emit("join_room", {"room": "admin"}, ack=True))["ok"]
    assert client.disconnects == []


@versions
async def test_whoever_becomes_somebody_else_hears_what_is_theirs_and_no_more(
    node_client: Connect, shop: Shop, staff: Person, customer: Person, version: str
) -> None:
    client = await node_client(version=version, auth={"token": staff.token}, **WS)
    mug = await shop.make_product(stock=100)
    await shop.sell(mug, 96)
    await client.heard("low_stock_alert")
    assert (await client.emit("authenticate", {"token": customer.token}, ack=True))["ok"]
    client.forget()
    bowl = await shop.make_product(stock=100)
    await shop.sell(bowl, 96)
    await client.heard("STOCK_REDUCED")
    assert (await client.emit("authenticate", {"token": staff.token}, ack=True))["ok"]
    assert client.payloads("low_stock_alert") == []
    jug = await shop.make_product(stock=100)
    await shop.sell(jug, 96)
    (alert,) = await client.heard("low_stock_alert")
    assert alert["productId"] == jug
