"""Connections to `/ws` and `/events` that break anywhere: by its cursor a client hears everything, once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.clients.catalog_listener import CatalogListener
from tests.clients.node_client import Node, NodeClient
from tests.clients.sales import Seller
from tests.clients.wire import Wire
from tests.realtime.waiting import until

Connect = Callable[..., Awaitable[NodeClient]]
MakeWire = Callable[[], Awaitable[Wire]]

TYPES = ["stock.reduced", "stock.updated", "product.created", "reset"]
#: An EventSource waits as long as the server has asked for, two seconds, before it comes back.
STREAM_ROUNDS = 3
ROUNDS = 12


def figures(events: list[dict[str, Any]], seller: Seller) -> list[tuple[int, int]]:
    """What was told of the sales: the change, and what was left."""
    return [
        (event["data"]["change"], event["data"]["stock"])
        for event in list(events)
        if event["type"] == "stock.reduced" and event["data"]["product_id"] == seller.product
    ]


def sold(seller: Seller) -> list[tuple[int, int]]:
    """What was sold."""
    return [(-sale.quantity, sale.left) for sale in seller.sales]


def in_order(events: list[dict[str, Any]]) -> bool:
    """Whether versions only grow, and no id comes twice."""
    versions = [event["version"] for event in events]
    return versions == sorted(set(versions)) and len({event["id"] for event in events}) == len(events)


@pytest.mark.parametrize("seed", range(3))
async def test_ws_hears_what_was_sold_wherever_the_wire_breaks(
    make_wire: MakeWire, seller: Seller, seed: int
) -> None:
    chance = random.Random(seed)
    wires = [await make_wire() for _each in range(3)]
    topics = ["stock", f"product:{seller.product}", f"stock,product:{seller.product}"]
    listeners = [
        CatalogListener(lambda wire=wire: wire.base_url.replace("http", "ws"), topics=topic)  # type: ignore[misc]
        for wire, topic in zip(wires, topics, strict=True)
    ]

    async def break_often(wire: Wire) -> None:
        for _round in range(ROUNDS):
            sizes = [chance.randrange(1, 4_000), *chance.choices(range(1, 1_500), k=chance.randrange(3))]
            wire.cut_in_turn([(size, "down") for size in sizes])
            await until(lambda: not wire.is_armed, within=20)

    async with AsyncExitStack() as stack:
        for listener in listeners:
            await stack.enter_async_context(listener.listening())
        await until(lambda: all(listener.cursor for listener in listeners))
        async with seller.selling():
            await asyncio.gather(*map(break_often, wires))
        await until(lambda: all(len(figures(one.events, seller)) >= len(seller.sales) for one in listeners))
    for listener in listeners:
        assert figures(listener.events, seller) == sold(seller)
        assert in_order(listener.events)
        assert len(listener.resumes) >= ROUNDS / 2
        assert all(resume["recovered"] for resume in listener.resumes)


async def test_an_event_source_hears_what_was_sold_wherever_the_wire_breaks(
    make_wire: MakeWire, node: Node, seller: Seller
) -> None:
    chance = random.Random(5)
    wires = [await make_wire() for _each in range(6)]
    sources = []
    for place, wire in enumerate(wires):
        topics = ("stock", f"product:{seller.product}", f"stock,product:{seller.product}")[place % 3]
        sources.append(await node.event_source(f"{wire.base_url}/events?topics={topics}", types=TYPES))
    for source in sources:
        await source.connected()
    # This one takes a place only from an event with data, though the standard has it take any (browsers do).
    await seller.sell()
    for source in sources:
        await source.heard("stock.reduced")

    async def break_often(source: NodeClient, wire: Wire) -> None:
        for round_ in range(STREAM_ROUNDS):
            wire.cut_after(chance.randrange(1, 3_000))
            await source.connected(round_ + 2)

    async with seller.selling(pause=0.01):
        await asyncio.gather(*map(break_often, sources, wires))
    for source in sources:
        await source.heard("stock.reduced", count=len(seller.sales), within=20)
        told = [{"type": heard.name, **heard.payload} for heard in source.events]
        assert figures(told, seller) == sold(seller)
        assert in_order(told)
        assert source.payloads("reset") == []
        assert [heard.cursor for heard in source.events] == [event["cursor"] for event in told]
