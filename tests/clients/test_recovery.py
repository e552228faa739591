"""Connections that break anywhere: whoever comes back has heard everything, in order, and nothing twice.

One sale is several messages, so a break between two of them is among those that happen here.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.clients.backstage import Person
from tests.clients.node_client import MODERN, NEWEST, TRANSPORTS, NodeClient
from tests.clients.sales import Seller, all_heard, heard_of
from tests.clients.shop import Shop
from tests.clients.wire import Direction, Wire
from tests.realtime.waiting import until

Connect = Callable[..., Awaitable[NodeClient]]
MakeWire = Callable[[], Awaitable[Wire]]

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
modern = pytest.mark.parametrize("version", MODERN)
WS = TRANSPORTS["websocket"]
ROUNDS = 10
SEEDS = 2


def some_cuts(chance: random.Random) -> list[tuple[int, Direction]]:
    """Up to three running: somewhere in what is told, then in the coming back of the client, if it comes."""

    def another() -> tuple[int, Direction]:
        is_down = chance.random() < 0.6
        return (chance.randrange(1, 1_500), "down") if is_down else (chance.randrange(1, 250), "up")

    return [(chance.randrange(1, 4_000), "down"), *(another() for _each in range(chance.randrange(3)))]


async def break_off(client: NodeClient, wire: Wire, chance: random.Random) -> None:
    """Break its wire here and there, and wait until it is in again."""
    wire.cut_in_turn(some_cuts(chance))
    await until(lambda: not wire.is_armed, within=20)
    await client.settled()


# ---------------------------------------------------------------------------------------- random breaks


@modern
@ways
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_what_is_heard_is_what_was_sold_wherever_the_wire_breaks(
    node_client: Connect,
    make_wire: MakeWire,
    seller: Seller,
    version: str,
    transports: dict[str, Any],
    seed: int,
) -> None:
    chance = random.Random(f"{seed} {version} {transports}")
    at_product, in_front = await make_wire(), await make_wire()
    looker = await node_client(version=version, url=at_product.base_url, **transports)
    guest = await node_client(version=version, url=in_front.base_url, **transports)
    assert (await looker.emit("join_room", {"room": f"product-{seller.product}"}, ack=True))["ok"]

    async def break_often(client: NodeClient, wire: Wire) -> None:
        for _round in range(ROUNDS):
            await break_off(client, wire, chance)

    async with seller.selling():
        await asyncio.gather(break_often(looker, at_product), break_often(guest, in_front))
    await all_heard(looker, seller, at_product=True)
    await all_heard(guest, seller, at_product=False)
    for client in (looker, guest):
        assert len(client.connects) > ROUNDS
        assert all(connected.recovered for connected in client.connects[1:])
        assert {connected.id for connected in client.connects} == {client.id}


@ways
@pytest.mark.parametrize("version", ["4.0", "4.4"])
async def test_a_client_that_knows_no_recovery_comes_back_and_goes_on_hearing(
    node_client: Connect,
    wire: Wire,
    seller: Seller,
    version: str,
    transports: dict[str, Any],
) -> None:
    chance = random.Random(version)
    client = await node_client(version=version, url=wire.base_url, **transports)
    for _round in range(3):
        async with seller.selling():
            await break_off(client, wire, chance)
    assert len(client.connects) > 3
    sold = len(seller.sales)
    await seller.sell_many(20)
    expected = seller.messages(at_product=False, since=sold)
    await until(lambda: heard_of(client, seller.product)[-len(expected) :] == expected)


# ---------------------------------------------------------------------------------------- chosen breaks


@modern
@ways
async def test_a_client_that_has_heard_nothing_yet_recovers(
    node_client: Connect, wire: Wire, seller: Seller, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, url=wire.base_url, **transports)
    wire.refuse()
    await client.disconnected()
    assert client.names() == []
    await seller.sell_many(5)
    wire.mend()
    await all_heard(client, seller, at_product=False)
    assert client.recovered


async def test_wherever_the_first_handshake_breaks_whoever_was_in_recovers(
    node_client: Connect, wire: Wire, seller: Seller
) -> None:
    """Each of a row of clients is cut off a few bytes later than the one before: in the answer to the
    upgrade, in the session's opening, in the answer to CONNECT, before and after the first event."""
    met: dict[bool, int] = {True: 0, False: 0}
    for size in range(150, 560, 13):
        # Before it begins: a quick one would be in already.
        wire.cut_after(size, refuse=True)
        client = await node_client(url=wire.base_url, waits=False, **WS, timeout=200)
        await until(lambda: not wire.is_armed or len(client.events) > 0)  # noqa: B023  awaited here
        if wire.is_armed:
            # All of it was shorter than that.
            wire.refuse()
        await until(lambda: wire.cuts == sum(met.values()) + 1)
        was_in = (await client.state())["connected"] or bool(client.connects)
        before = len(seller.sales)
        await seller.sell()
        wire.mend()
        await client.connected(2 if was_in else 1)
        met[was_in] += 1
        if was_in:
            expected = seller.messages(at_product=False, since=before)
            await until(lambda: len(heard_of(client, seller.product)) >= 2)  # noqa: B023  awaited here
            assert (size, heard_of(client, seller.product)) == (size, expected)
            assert client.recovered
        await client.node.forget(client)
    assert met[True] > 3
    assert met[False] > 3


@ways
async def test_a_client_that_returns_while_its_old_connection_still_hangs_recovers_all_the_same(
    node_client: Connect, wire: Wire, seller: Seller, transports: dict[str, Any]
) -> None:
    client = await node_client(url=wire.base_url, **transports)
    if not transports:
        await client.upgraded()
    assert (await client.emit("join_room", {"room": f"product-{seller.product}"}, ack=True))["ok"]
    for round_ in range(3):
        await seller.sell_many(2)
        # Between two polls a client has no connection that could break: it is left hanging until it notices.
        while len(client.disconnects) <= round_:
            wire.leave_hanging()
            with suppress(TimeoutError):
                await client.disconnected(round_ + 1, within=1)
        await seller.sell_many(2)
        await client.connected(round_ + 2)
        await seller.sell_many(2)
        await all_heard(client, seller, at_product=True)
    assert all(connected.recovered for connected in client.connects[1:])
    # The server has given up what it was left with.
    await until(lambda: wire.hanging == 0)


@modern
@ways
async def test_a_connection_that_is_closed_as_the_documentation_tries_it_out_recovers(
    node_client: Connect, seller: Seller, version: str, transports: dict[str, Any]
) -> None:
    client = await node_client(version=version, **transports)
    if not transports:
        await client.upgraded()
    for round_ in range(3):
        await seller.sell_many(2)
        await client.close_engine()
        await seller.sell_many(2)
        await client.connected(round_ + 2)
    await all_heard(client, seller, at_product=False)
    assert all(connected.recovered for connected in client.connects[1:])


@modern
async def test_a_wire_that_is_torn_three_times_running_costs_nothing(
    node_client: Connect, seller: Seller, version: str
) -> None:
    client = await node_client(version=version, **WS)
    async with seller.selling():
        for round_ in range(3):
            await client.cut()
            await client.connected(round_ + 2)
    await all_heard(client, seller, at_product=False)
    assert all(connected.recovered for connected in client.connects[1:])


@modern
async def test_who_had_left_the_storefront_is_not_in_it_again(
    node_client: Connect, wire: Wire, shop: Shop, seller: Seller, version: str
) -> None:
    other = await shop.make_product()
    client = await node_client(version=version, url=wire.base_url, **WS)
    assert (await client.emit("join_room", {"room": f"product-{seller.product}"}, ack=True))["ok"]
    assert (await client.emit("leave_room", {"room": "storefront"}, ack=True))["ok"]
    client.forget()
    wire.refuse()
    await client.disconnected()
    await shop.sell(other)
    await seller.sell()
    wire.mend()
    await all_heard(client, seller, at_product=True)
    await shop.sell(other)
    await seller.sell()
    await all_heard(client, seller, at_product=True)
    assert client.recovered
    assert {heard.payload["productId"] for heard in client.events if heard.name != "ready"} == {
        seller.product
    }


@modern
async def test_a_room_that_was_joined_lately_brings_nothing_of_before(
    node_client: Connect, wire: Wire, seller: Seller, version: str
) -> None:
    client = await node_client(version=version, url=wire.base_url, **WS)
    await seller.sell_many(3)
    await until(lambda: len(heard_of(client, seller.product)) == 6)
    assert (await client.emit("join_room", {"room": f"product-{seller.product}"}, ack=True))["ok"]
    wire.refuse()
    await client.disconnected()
    await seller.sell_many(2)
    wire.mend()
    expected = [*seller.messages(at_product=False)[:6], *seller.messages(at_product=True, since=3)]
    await until(lambda: len(heard_of(client, seller.product)) >= len(expected))
    assert heard_of(client, seller.product) == expected
    assert client.recovered


async def test_what_passes_is_not_brought_again(
    node_client: Connect, wire: Wire, shop: Shop, staff: Person, seller: Seller
) -> None:
    client = await node_client(url=wire.base_url, auth={"token": staff.token}, **WS)
    wire.refuse()
    await client.disconnected()
    client.forget()
    await shop.ask("POST", "/api/stock/validate", {"items": [{"productId": seller.product, "quantity": 1}]})
    await seller.sell()
    wire.mend()
    await all_heard(client, seller, at_product=False)
    assert client.recovered
    assert client.payloads("STOCK_VALIDATED") == []


async def test_staff_recover_what_staff_are_told(
    node_client: Connect, wire: Wire, shop: Shop, staff: Person
) -> None:
    client = await node_client(url=wire.base_url, auth={"token": staff.token}, version=NEWEST)
    wire.refuse()
    await client.disconnected()
    mug = await shop.make_product(stock=6)
    await shop.sell(mug, 1)
    await shop.sell(mug, 1)
    wire.mend()
    (alert,) = await client.heard("low_stock_alert")
    await client.heard("STOCK_REDUCED", count=2)
    assert (alert["productId"], alert["currentStock"]) == (mug, 5)
    assert len(client.payloads("low_stock_alert")) == 1
    assert client.recovered


async def test_whoever_comes_back_as_somebody_else_hears_nothing_of_who_it_was(
    node_client: Connect, wire: Wire, shop: Shop, staff: Person, customer: Person
) -> None:
    client = await node_client(url=wire.base_url, auth={"token": staff.token}, **WS)
    wire.refuse()
    await client.disconnected()
    await client.set_auth({"token": customer.token})
    mug = await shop.make_product(stock=6)
    await shop.sell(mug, 1)
    wire.mend()
    await client.connected(2)
    await client.heard("STOCK_REDUCED")
    await shop.sell(mug, 1)
    await client.heard("STOCK_REDUCED", count=2)
    assert client.payloads("low_stock_alert") == []
