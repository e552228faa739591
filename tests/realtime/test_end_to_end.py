"""Real servers, real sockets, sales over REST: nobody misses a change, whatever is killed."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.realtime.seller import Shop
from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end


async def messages(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    async for text in socket:
        yield json.loads(text)


async def hear(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


class Listener:
    """A client as the contract wants it: it remembers its cursor, and comes back with it."""

    def __init__(self, cursor: str) -> None:
        self.cursor = cursor
        self.references: list[str] = []
        self.returns = 0
        self.server: Callable[[], str] = lambda: ""

    async def listen(self, until: int) -> None:
        while len(self.references) < until:
            try:
                await self._listen_once(until)
            except (OSError, ConnectionClosed, TimeoutError):
                await asyncio.sleep(0.1)
            self.returns += 1

    async def _listen_once(self, until: int) -> None:
        url = f"{self.server()}/ws?topics=stock&cursor={self.cursor}"
        async with connect(url, compression=None, open_timeout=5) as socket:
            async for message in messages(socket):
                if message["type"] == "resumed":
                    assert message["recovered"], message
                if "data" not in message:
                    continue
                self.cursor = message["cursor"]
                if message["type"] == "stock.reduced":
                    self.references.append(message["data"]["reference"])
                    if len(self.references) == until:
                        return


async def test_a_sale_over_rest_is_heard_within_moments_and_the_snapshot_has_a_cursor_to_go_on_from(
    live_server_process: ServerProcess,
) -> None:
    shop = Shop(live_server_process)
    async with connect(f"{live_server_process.ws_url}/ws", compression=None) as socket:
        await hear(socket, "hello")
        product = await shop.make_product(10)
        created = await hear(socket, "product.created")
        assert created["data"]["product"]["id"] == product
    _, headers = await shop.ask("GET", f"/products/{product}")
    await shop.sell(product, 1)
    url = f"{live_server_process.ws_url}/ws?topics=product:{product}&cursor={headers['X-Event-Cursor']}"
    async with connect(url, compression=None) as socket:
        reduced = await hear(socket, "stock.reduced")
        assert (reduced["data"]["stock"], reduced["data"]["reference"]) == (9, "order-1")
        await shop.sell(product, 2)
        assert (await hear(socket, "stock.reduced"))["data"]["stock"] == 8
    log, _ = await shop.ask("GET", "/api/events")
    assert [event["type"] for event in log["events"]] == [
        "product.created",
        "stock.updated",
        "stock.reduced",
        "stock.reduced",
    ]
    counted, _ = await shop.ask("GET", "/api/socket")
    assert counted["connections"] == 0


async def test_a_server_that_is_killed_and_started_again_costs_its_listeners_no_event(
    live_server_process: ServerProcess,
) -> None:
    shop = Shop(live_server_process)
    product = await shop.make_product()
    _, headers = await shop.ask("GET", "/products")
    listeners = [Listener(headers["X-Event-Cursor"]) for _each in range(5)]
    for listener in listeners:
        listener.server = lambda: live_server_process.ws_url
    sales = 60
    listening = asyncio.gather(*(listener.listen(sales) for listener in listeners))
    await shop.sell_through_kills(product, sales, killed_after=(20,))
    async with asyncio.timeout(60):
        await listening
    for listener in listeners:
        assert listener.references == [f"order-{number}" for number in range(1, sales + 1)]
        assert listener.returns >= 2


async def test_a_server_that_ends_says_3001(live_server_process: ServerProcess) -> None:
    async with connect(f"{live_server_process.ws_url}/ws", compression=None) as socket:
        await hear(socket, "hello")
        ended = asyncio.create_task(asyncio.to_thread(live_server_process.end, signal.SIGTERM))
        with pytest.raises(ConnectionClosed):
            await hear(socket, "nothing of the kind")
        assert socket.close_code == 3001
        assert await ended == 0


async def test_listeners_of_two_live_processes_hear_what_is_sold_through_a_third_and_may_change_over(
    live_server_process: ServerProcess, start_server: Callable[..., ServerProcess]
) -> None:
    shop = Shop(live_server_process)
    product = await shop.make_product()
    prefix = {"STOCKWIRE_REDIS_PREFIX": live_server_process.env["STOCKWIRE_REDIS_PREFIX"]}
    other = await asyncio.to_thread(
        start_server, role="live", database_url=live_server_process.database_url, env=prefix
    )
    web = await asyncio.to_thread(
        start_server, role="web", database_url=live_server_process.database_url, env=prefix
    )
    _, headers = await shop.ask("GET", "/products")
    listeners = [Listener(headers["X-Event-Cursor"]) for _each in range(4)]
    for place, listener in enumerate(listeners):
        servers = [live_server_process.ws_url, other.ws_url]
        listener.server = lambda servers=servers, listener=listener, place=place: servers[  # type: ignore[misc]
            (place + listener.returns) % 2
        ]
    sales = 40
    listening = asyncio.gather(*(listener.listen(sales) for listener in listeners))
    for number in range(1, sales + 1):
        await shop.sell(product, number, at=web.base_url)
        if number == 20:
            async with asyncio.timeout(10):
                counted = 0
                while counted != 4:
                    counted = (await shop.ask("GET", "/api/socket", at=web.base_url))[0]["connections"]
            await asyncio.to_thread(other.end)
            listeners[1].returns = listeners[3].returns = 1
    async with asyncio.timeout(60):
        await listening
    for listener in listeners:
        assert listener.references == [f"order-{number}" for number in range(1, sales + 1)]
