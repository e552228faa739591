"""Three live processes behind a balancer without affinity: clients that poll miss nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.realtime.balancer import balancing
from tests.realtime.house import START, House, many_servers, open_house
from tests.realtime.seller import Shop
from tests.realtime.socketio.polling_client import PollingClient
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("many-processes")]


@pytest.fixture(scope="module")
def servers() -> Iterator[list[ServerProcess]]:
    with many_servers() as servers:
        yield servers


@pytest.fixture(scope="module")
def shop(servers: list[ServerProcess]) -> Shop:
    return Shop(servers[0])


@pytest.fixture
async def house(servers: list[ServerProcess], shop: Shop) -> AsyncIterator[House]:
    async with open_house(servers, shop) as house:
        yield house


@asynccontextmanager
async def listening(port: int, number: int) -> AsyncIterator[list[PollingClient]]:
    clients = [PollingClient(port) for _each in range(number)]
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


def figures(client: PollingClient) -> list[int]:
    """The stock after each sale, as the client was told."""
    return [payload["stock"] for payload in client.payloads("STOCK_REDUCED")]


async def test_clients_that_poll_are_served_by_all_processes_and_hear_every_sale_once(house: House) -> None:
    async with listening(house.balancer.port, 6) as clients:
        assert [client.recovered for client in clients] == [[False]] * 6
        for client in clients:
            answer = await client.ask("join_room", {"room": f"product_{house.product}"})
            assert answer == {"ok": True, "room": f"product_{house.product}"}
        refused = await clients[0].ask("join_room", {"room": "admin"})
        assert (refused["ok"], refused["code"]) == (False, "not_authenticated")
        sales = 60
        for number in range(1, sales + 1):
            await house.sell(number)
        await until(lambda: all(len(figures(client)) >= sales for client in clients), within=30)
        for client in clients:
            assert figures(client) == [START - number for number in range(1, sales + 1)]
            assert client.breaks == []
    # Each request went to the next: nobody was served by one process only.
    counts = house.balancer.counts
    assert min(counts[server.port] for server in house.servers) > counts.total() / 4


async def test_a_process_that_is_killed_costs_clients_that_poll_no_event(house: House) -> None:
    async with listening(house.balancer.port, 9) as clients:
        sales = 90
        for number in range(1, sales + 1):
            await house.sell(number)
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
    owner, *others = [server.port for server in house.servers]
    async with listening(owner, 1) as (client,), balancing(others) as balancer:
        # Its session is the first's; from now on it asks the others alone.
        client.port = balancer.port
        assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
        await until(lambda: balancer.counts.total() >= 2)
        # Its poll has waited for a while.
        await asyncio.sleep(2)
        house.servers[0].kill()
        await until(lambda: client.recovered == [False, True], within=15)
        assert "400" in client.breaks[0]
        assert "Session ID unknown" in client.breaks[0]


async def test_a_process_that_ends_in_peace_costs_clients_that_poll_no_event(house: House) -> None:
    async with listening(house.balancer.port, 6) as clients:
        sales = 60
        ending: asyncio.Task[int] | None = None
        for number in range(1, sales + 1):
            await house.sell(number)
            if number == sales // 3:
                ending = asyncio.create_task(asyncio.to_thread(house.servers[1].end))
        await until(lambda: all(len(figures(client)) >= sales for client in clients), within=60)
        for client in clients:
            assert figures(client) == [START - number for number in range(1, sales + 1)]
            assert client.recovered == [False] + [True] * (len(client.recovered) - 1)
        assert ending is not None
        assert await ending == 0
