"""Servers that are killed, leave, or lose Redis, and clients in the middle of listening: each of them hears
what was sold, in order, and nothing twice."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from config.embedded.redis import Redis
from tests.clients.backstage import shop_of
from tests.clients.catalog_listener import CatalogListener
from tests.clients.node_client import MODERN, TRANSPORTS, Node, NodeClient
from tests.clients.sales import Seller, all_heard, heard_of
from tests.clients.wire import Wire, wire_to
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

StartOwn = Callable[..., Awaitable[ServerProcess]]

TYPES = ["stock.reduced", "reset"]


class Crowd:
    """One client of every kind: Socket.IO of both versions that recover, over every transport, two of them at
    the product; `/ws`; an EventSource."""

    def __init__(self, node: Node, seller: Seller) -> None:
        self._node = node
        self._seller = seller
        self.in_front: list[NodeClient] = []
        self.at_product: list[NodeClient] = []
        self.source: NodeClient | None = None
        self.listener: CatalogListener | None = None

    @property
    def sockets(self) -> list[NodeClient]:
        return [*self.in_front, *self.at_product]

    @asynccontextmanager
    async def listening(self, url: Callable[[int], str]) -> AsyncIterator[Crowd]:
        """``url`` gives each its address by its number."""
        number = 0
        for version in MODERN:
            for transports in TRANSPORTS.values():
                self.in_front.append(await self._node.client(url(number), version=version, **transports))
                number += 1
        for transports in (TRANSPORTS["websocket"], TRANSPORTS["polling"]):
            self.at_product.append(await self._node.client(url(number), **transports))
            number += 1
        for client in self.sockets:
            await client.connected()
        for client in self.at_product:
            room = {"room": f"product-{self._seller.product}"}
            assert (await client.emit("join_room", room, ack=True))["ok"]
        self.source = await self._node.event_source(f"{url(number)}/events?topics=stock", types=TYPES)
        await self.source.connected()
        self.listener = CatalogListener(lambda: url(number + 1).replace("http", "ws"), topics="stock")
        async with self.listener.listening():
            await until(lambda: self.listener is not None and bool(self.listener.cursor))
            # Everybody is somewhere.
            await self._seller.sell()
            await self.source.heard("stock.reduced")
            yield self

    async def heard_everything(self) -> None:
        """See that everybody did, in order, and nothing twice."""
        assert self.source is not None
        assert self.listener is not None
        for client in self.in_front:
            await all_heard(client, self._seller, at_product=False)
        for client in self.at_product:
            await all_heard(client, self._seller, at_product=True)
        sold = [sale.left for sale in self._seller.sales]
        await until(lambda: len(self.listener.events) >= len(sold))  # type: ignore[union-attr]
        assert [event["data"]["stock"] for event in self.listener.events] == sold
        await self.source.heard("stock.reduced", count=len(sold), within=20)
        assert [event["data"]["stock"] for event in self.source.payloads("stock.reduced")] == sold

    def all_recovered(self, times: int) -> None:
        """Everybody of Socket.IO's came back that often or more, and went on where it had been."""
        for client in self.sockets:
            assert len(client.connects) > times
            assert all(connected.recovered for connected in client.connects[1:]), client.connects


@asynccontextmanager
async def crowd_at(
    node: Node, server: ServerProcess, url: Callable[[int], str]
) -> AsyncIterator[tuple[Crowd, Seller]]:
    """A shop with one product, a seller and a crowd."""
    async with shop_of(server) as shop:
        witness = await node.client(url(0), **TRANSPORTS["websocket"])
        await witness.connected()
        product = await shop.make_product()
        await witness.heard("inventory_update")
        await node.forget(witness)
        seller = Seller(shop, product)
        async with Crowd(node, seller).listening(url) as crowd:
            yield crowd, seller


async def test_a_process_that_is_killed_and_started_again_costs_nobody_anything(
    node: Node, start_own: StartOwn
) -> None:
    server = await start_own()
    async with crowd_at(node, server, lambda _number: server.base_url) as (crowd, seller):
        async with seller.selling(pause=0.01):
            await until(lambda: len(seller.sales) > 20)
            server.kill()
            await asyncio.to_thread(server.start)
            sold = len(seller.sales)
            await until(lambda: len(seller.sales) > sold + 20, within=20)
        await crowd.heard_everything()
        crowd.all_recovered(1)


async def test_a_process_that_leaves_politely_costs_nobody_anything(node: Node, start_own: StartOwn) -> None:
    server = await start_own()
    async with crowd_at(node, server, lambda _number: server.base_url) as (crowd, seller):
        async with seller.selling(pause=0.01):
            await until(lambda: len(seller.sales) > 20)
            assert await asyncio.to_thread(server.end, signal.SIGTERM) == 0
            await asyncio.to_thread(server.start)
            sold = len(seller.sales)
            await until(lambda: len(seller.sales) > sold + 20, within=20)
        await crowd.heard_everything()
        crowd.all_recovered(1)
        # Sent away to come back, and not to stay away.
        assert {reason for client in crowd.sockets for reason in client.disconnects} <= {
            "transport close",
            "transport error",
        }


async def test_whichever_live_process_is_killed_its_clients_go_on_at_the_other(
    node: Node, start_own: StartOwn, fresh_database: Callable[[], str]
) -> None:
    """The relay runs in one of the two: the second kill is of the only one that there was meanwhile."""
    same: dict[str, Any] = {
        "database_url": fresh_database(),
        "env": {"STOCKWIRE_REDIS_PREFIX": f"test-{secrets.token_hex(6)}"},
    }
    done = await asyncio.to_thread(ServerProcess(**same).manage, "migrate", "--no-input")
    assert done.returncode == 0, done.stderr
    web, one, other = await asyncio.gather(
        *(start_own(role=role, **same) for role in ("web", "live", "live"))
    )
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(wire_to(one.port)) for _each in range(10)]

        def point_to(server: ServerProcess, *, every: int = 1) -> None:
            for wire in wires[::every]:
                wire.port = server.port

        point_to(other, every=2)
        crowd, seller = await stack.enter_async_context(
            crowd_at(node, web, lambda number: wires[number].base_url)
        )

        async def sold_some() -> None:
            sold = len(seller.sales)
            await until(lambda: len(seller.sales) > sold + 20, within=20)

        async with seller.selling(pause=0.01):
            await sold_some()
            point_to(other)
            one.kill()
            await sold_some()
            await asyncio.to_thread(one.start)
            point_to(one)
            other.kill()
            await sold_some()
        await crowd.heard_everything()
        crowd.all_recovered(1)


async def test_redis_that_goes_and_comes_costs_nobody_anything(
    node: Node, start_own: StartOwn, own_redis: Redis
) -> None:
    server = await start_own(redis_url=own_redis.url)
    async with crowd_at(node, server, lambda _number: server.base_url) as (crowd, seller):
        async with seller.selling(pause=0.01):
            await until(lambda: len(seller.sales) > 20)
            await asyncio.to_thread(own_redis.stop)
            sold = len(seller.sales)
            await until(lambda: len(seller.sales) > sold + 20, within=20)
            await asyncio.to_thread(own_redis.start)
            sold = len(seller.sales)
            await until(lambda: len(seller.sales) > sold + 20, within=20)
        await crowd.heard_everything()
        # Nobody needed to come back for that.
        assert [client.disconnects for client in crowd.sockets] == [[]] * len(crowd.sockets)


async def test_whoever_comes_back_to_another_log_is_told_that_it_did_not_recover(
    node: Node, start_own: StartOwn
) -> None:
    server = await start_own()
    async with wire_to(server.port) as wire, shop_of(server) as shop:
        seller = Seller(shop, await shop.make_product())
        clients = [await node.client(wire.base_url, **transports) for transports in TRANSPORTS.values()]
        for client in clients:
            await client.connected()
        await seller.sell()
        for client in clients:
            await client.heard("inventory_update")
        await _begin_anew(server, wire, clients)
        sold = len(seller.sales)
        await seller.sell_many(3)
        for client in clients:
            assert client.id != client.connects[0].id
            await _hears_since(client, seller, sold)
        # From there on it recovers again.
        wire.refuse()
        await until(lambda: not any(client.is_connected for client in clients))
        await seller.sell()
        wire.mend()
        for client in clients:
            await _hears_since(client, seller, sold)
            assert client.recovered


async def _begin_anew(server: ServerProcess, wire: Wire, clients: list[NodeClient]) -> None:
    wire.refuse()
    done = await asyncio.to_thread(server.manage, "begin_new_epoch")
    assert done.returncode == 0, done.stderr
    wire.mend()
    # The process may go on with them until it hears of the new log itself; then it sends them away again.
    await until(lambda: all(len(client.connects) > 1 and not client.recovered for client in clients))
    for client in clients:
        await client.settled()
        client.forget()


async def _hears_since(client: NodeClient, seller: Seller, sold: int) -> None:
    expected = seller.messages(at_product=False, since=sold)
    await until(lambda: len(heard_of(client, seller.product)) >= len(expected))
    assert heard_of(client, seller.product) == expected
