"""Clients of the shop that poll by way of two processes, over a wire that loses and doubles: what a lost
answer told is told again when the client comes back, and nothing of it twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from config.serving.listening import listen
from realtime.consumers.shop.arrival import Arrival
from realtime.consumers.shop.namespace import ShopNamespace
from realtime.consumers.shop.vestibule import Vestibule
from realtime.consumers.shop.visitors import Visitors
from realtime.forwarding import post
from realtime.hub.hub import Hub
from realtime.socketio.connection import Connection, Listener
from realtime.socketio.consumers import PollingConsumer
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.packets import MAIN
from realtime.socketio.server import SocketServer
from tests.realtime.balancer import balancing
from tests.realtime.door import Server
from tests.realtime.log import LiveHalf, publish_soon, stock_reduced
from tests.realtime.socketio.polling_client import PollingClient
from tests.realtime.socketio.processes import Process, Wire
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = 100


class BadWire(Wire):
    """Loses and doubles by chance, the same chances each time."""

    def __init__(self, *, loses: float, doubles: float = 0.0) -> None:
        super().__init__()
        self._chance = random.Random(7)
        self._loses, self._doubles = loses, doubles
        self.lost = 0

    async def tell(self, group: str, message: dict[str, Any]) -> None:
        """As on a good day; or not at all, or twice."""
        if self._chance.random() < self._loses:
            self.lost += 1
            return
        self.doubles = self._chance.random() < self._doubles
        await super().tell(group, message)


class ShopProcess(Process):
    """With the shop behind its endpoint."""

    def __init__(self, wire: Wire, hub: Hub, *, tell_others: Callable[[str], None]) -> None:
        self.visitors = Visitors(hub, tell_others=tell_others)
        sockets = SocketServer({MAIN: ShopNamespace(hub, self.visitors, Vestibule(per_address=0))})

        def answer(connection: Connection) -> Listener:
            connection.arrival = Arrival(origin_is_allowed=True, address="")
            return sockets(connection)

        super().__init__(wire, listen=answer)


@asynccontextmanager
async def served(endpoint: Endpoint) -> AsyncIterator[int]:
    """Long polling over real sockets; the port."""
    door = re_path(r"^socket\.io/?$", cast("Any", PollingConsumer.as_asgi(endpoint=endpoint)))
    app = ProtocolTypeRouter({"http": URLRouter([door])})
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = Server(config)
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serve


@asynccontextmanager
async def clients_of_two(wire: Wire, hub: Hub, number: int) -> AsyncIterator[list[PollingClient]]:
    """Clients behind a balancer in front of two processes. What one tells the others always arrives."""
    every: list[ShopProcess] = []

    def tell_others(pid: str) -> None:
        for process in every:
            process.visitors.end(pid)

    every += [ShopProcess(wire, hub, tell_others=tell_others) for _each in range(2)]
    clients: list[PollingClient] = []
    async with served(every[0].endpoint) as one, served(every[1].endpoint) as other:
        async with balancing([one, other]) as balancer:
            for _each in range(number):
                clients.append(PollingClient(balancer.port))
                clients[-1].start()
                await clients[-1].is_in.wait()
            yield clients
            for client in clients:
                await client.stop()
        for process in every:
            await process.endpoint.stop()
            await process.forwarding.stop()


def versions(client: PollingClient) -> list[int]:
    """Which sales it was told of."""
    return [payload["stock"] for payload in client.payloads("STOCK_REDUCED")]


async def test_what_a_lost_answer_told_is_told_again(live_half: LiveHalf, quiet_courier: None) -> None:
    wire = Wire()
    async with clients_of_two(wire, live_half.hub, 1) as (client,):
        await until(lambda: post.IN_HAND in wire.said)
        for number in range(1, 21):
            breaks = len(client.breaks)
            if number % 5 == 0:
                wire.lose = [post.ANSWERED]
            await publish_soon(stock_reduced("prod_1", number, stock=number))
            await until(lambda number=number: len(versions(client)) == number)  # type: ignore[misc]
            assert len(client.breaks) - breaks <= 1
        assert versions(client) == list(range(1, 21))
        assert client.recovered == [False] + [True] * len(client.breaks)
        assert 1 <= len(client.breaks) <= 4


@pytest.mark.parametrize(("loses", "doubles"), [(0.1, 0.0), (0.0, 0.3), (0.3, 0.3)])
async def test_over_a_wire_that_loses_and_doubles_every_event_is_heard_once_and_in_order(
    live_half: LiveHalf, loses: float, doubles: float
) -> None:
    wire = BadWire(loses=0.0)
    async with clients_of_two(wire, live_half.hub, 4) as clients:
        wire._loses, wire._doubles = loses, doubles
        for number in range(1, EVENTS + 1):
            await publish_soon(stock_reduced("prod_1", number, stock=number))
            await asyncio.sleep(0.01)
        await until(lambda: all(len(versions(client)) >= EVENTS for client in clients), within=50)
        wire._loses = wire._doubles = 0.0
        for client in clients:
            assert versions(client) == list(range(1, EVENTS + 1))
            assert client.recovered == [False] + [True] * (len(client.recovered) - 1)
        broken = sum(len(client.breaks) for client in clients)
        assert (broken > 0) == (wire.lost > 0)
