"""Clients that take nothing for a while: they are shed, cost nobody else anything, and recover."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from tests.clients.backstage import shop_of
from tests.clients.node_client import MODERN, TRANSPORTS, Node, NodeClient
from tests.clients.shop import Shop
from tests.clients.wire import Wire
from tests.realtime.waiting import until

Connect = Callable[..., Awaitable[NodeClient]]
StartOwn = Callable[..., Awaitable[Any]]

modern = pytest.mark.parametrize("version", MODERN)
#: What an event of this product weighs.
LONG = "x" * 60_000


class Printer:
    """Whoever changes a product with a very long description, again and again."""

    def __init__(self, shop: Shop, product: str) -> None:
        self.printed = 0
        self._shop = shop
        self._path = f"/api/products/{product}"

    async def print(self, times: int) -> None:
        """Change it that often."""
        for _each in range(times):
            self.printed += 1
            await self._shop.ask("PATCH", self._path, {"title": f"No. {self.printed}", "description": LONG})

    @property
    def titles(self) -> list[str]:
        """What each change is known by."""
        return [f"No. {number}" for number in range(1, self.printed + 1)]


def titles_heard(client: NodeClient) -> list[str]:
    """The changes that a client has heard of."""
    return [told["data"]["title"] for told in client.payloads("product_updated")]


async def hears_all(client: NodeClient, printer: Printer, *, within: float = 20) -> None:
    """Wait until it has heard of every change: in order, and of each once."""
    await until(lambda: len(titles_heard(client)) >= printer.printed, within=within)
    assert titles_heard(client) == printer.titles


@modern
async def test_what_a_poll_brings_together_with_its_end_is_heard_once(
    node_client: Connect, wire: Wire, shop: Shop, version: str
) -> None:
    """Clients handle packets after the payload that they came in, and the transport's end within it."""
    client = await node_client(version=version, url=wire.base_url, **TRANSPORTS["polling"])
    witness = await node_client(**TRANSPORTS["websocket"])
    printer = Printer(shop, await shop.make_product())
    await printer.print(1)
    await hears_all(client, printer)
    wire.stall()
    await printer.print(30)
    await hears_all(witness, printer)
    wire.flow()
    await client.connected(2)
    assert client.recovered
    await printer.print(1)
    await hears_all(client, printer)


#: More than the kernel's buffers of two ends of a connection take, and then some.
FLOOD = 300
#: What a process may grow by, with all that it keeps of the flood for those who come back.
MOST_GROWTH = 150 * 1024 * 1024


async def test_clients_that_are_stopped_are_shed_and_delay_nobody_and_recover_when_they_go_on(
    node: Node, start_own: StartOwn
) -> None:
    server = await start_own()
    stopped = Node()
    try:
        async with shop_of(server) as shop:
            asleep = [
                await stopped.client(server.base_url, version=version, **TRANSPORTS[way])
                for version in MODERN
                for way in ("websocket", "polling")
            ]
            awake = [
                await node.client(server.base_url, **TRANSPORTS[way])
                for way in ("websocket", "polling", "default")
            ]
            for client in (*asleep, *awake):
                await client.connected()
            printer = Printer(shop, await shop.make_product())
            await printer.print(1)
            for client in (*asleep, *awake):
                await hears_all(client, printer)
            process = psutil.Process(server.process.pid)
            before = process.memory_info().rss
            stopped.process.send_signal(signal.SIGSTOP)
            for _part in range(0, FLOOD, 20):
                await printer.print(20)
                for client in awake:
                    await hears_all(client, printer, within=20)
            # They were shed while the others went on.
            counted = await shop.ask("GET", "/api/socket")
            assert counted["connections"] == len(awake)
            grown = process.memory_info().rss - before
            assert grown < MOST_GROWTH
            stopped.process.send_signal(signal.SIGCONT)
            for client in asleep:
                await hears_all(client, printer, within=30)
                assert len(client.connects) >= 2
                assert client.recovered
            assert [client.disconnects for client in awake] == [[]] * len(awake)
    finally:
        await stopped.forget_all()
        stopped.close()
