"""Three live processes behind a balancer without affinity: clients that poll miss nothing."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.realtime.balancer import Balancer, balancing
from tests.realtime.socketio.polling_client import PollingClient
from tests.realtime.test_end_to_end import Shop
from tests.realtime.waiting import until
from tests.server_process import ServerProcess, end_all

pytestmark = pytest.mark.end_to_end

PROCESSES = 3
START = 1_000_000


@dataclass
class House:
    """The processes, and whoever sells by way of the balancer."""

    servers: list[ServerProcess]
    shop: Shop


@pytest.fixture
def house(fresh_database: Callable[[], str]) -> Iterator[House]:
    database_url = fresh_database()
    env = {"STOCKWIRE_REDIS_PREFIX": f"test-{secrets.token_hex(6)}"}
    servers = [ServerProcess(database_url=database_url, role="live", env=env) for _each in range(PROCESSES)]
    migrated = servers[0].manage("migrate", "--verbosity=0")
    assert migrated.returncode == 0, migrated.stderr
    for server in servers:
        server.launch()
    try:
        for server in servers:
            server.wait_until_ready()
        yield House(servers, Shop(servers[0]))
    finally:
        end_all(servers)


@asynccontextmanager
async def listening(balancer: Balancer, number: int) -> AsyncIterator[list[PollingClient]]:
    clients = [PollingClient(balancer.port) for _each in range(number)]
    for client in clients:
        client.start()
    try:
        async with asyncio.timeout(20):
            for client in clients:
                await client.is_in.wait()
        yield clients
    finally:
        for client in clients:
            await client.stop()


async def sell(house: House, balancer: Balancer, product: str, number: int) -> None:
    """Until it is sold: the balancer may pick one that is just killed. Asked for twice it is sold once."""
    while True:
        try:
            await house.shop.sell(product, number, at=balancer.url)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            return


def figures(client: PollingClient) -> list[int]:
    """The stock after each sale, as the client was told."""
    return [payload["stock"] for payload in client.payloads("STOCK_REDUCED")]


async def test_clients_that_poll_are_served_by_all_processes_and_hear_every_sale_once(house: House) -> None:
    async with balancing([server.port for server in house.servers]) as balancer:
        product = await house.shop.make_product(START)
        async with listening(balancer, 6) as clients:
            assert [client.recovered for client in clients] == [[False]] * 6
            for client in clients:
                answer = await client.ask("join_room", {"room": f"product_{product}"})
                assert answer == {"ok": True, "room": f"product_{product}"}
            refused = await clients[0].ask("join_room", {"room": "admin"})
            assert (refused["ok"], refused["code"]) == (False, "not_authenticated")
            sales = 60
            for number in range(1, sales + 1):
                await sell(house, balancer, product, number)
            await until(lambda: all(len(figures(client)) >= sales for client in clients), within=30)
            for client in clients:
                assert figures(client) == [START - number for number in range(1, sales + 1)]
                assert client.breaks == []
        # Each request went to the next: nobody was served by one process only.
        assert min(balancer.counts.values()) > sum(balancer.counts.values()) / 4


async def test_a_process_that_is_killed_costs_clients_that_poll_no_event(house: House) -> None:
    async with balancing([server.port for server in house.servers]) as balancer:
        product = await house.shop.make_product(START)
        async with listening(balancer, 9) as clients:
            sales = 90
            for number in range(1, sales + 1):
                await sell(house, balancer, product, number)
                if number == sales // 3:
                    house.servers[1].kill()
            await until(lambda: all(len(figures(client)) >= sales for client in clients), within=60)
            for client in clients:
                assert figures(client) == [START - number for number in range(1, sales + 1)]
                # Whoever had to come back went on where it was.
                assert client.recovered == [False] + [True] * (len(client.recovered) - 1)
            # Those whose sessions were in the process that was killed, at least.
            assert sum(len(client.recovered) > 1 for client in clients) >= 3


async def test_an_owner_that_is_killed_is_noticed_within_seconds_by_a_client_that_waits(house: House) -> None:
    ports = [server.port for server in house.servers]
    async with balancing(ports) as balancer, balancing(ports[1:]) as others:
        client = PollingClient(ports[0])
        client.start()
        await client.is_in.wait()
        # Its session is the first's; from now on it asks the others alone.
        client.port = others.port
        answer = await client.ask("join_room", {"room": "storefront"})
        assert answer["ok"]
        await until(lambda: others.counts.total() >= 2)
        await asyncio.sleep(2)
        house.servers[0].kill()
        took = await until(lambda: client.recovered == [False, True], within=15)
        assert took < 8
        assert any("Session ID unknown" in why for why in client.breaks)
        await client.stop()
        assert balancer.counts.total() == 0
