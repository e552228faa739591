"""Real clients of three processes behind a balancer without affinity: they hear every sale, once, whatever is
killed. The one attempt to change over to a WebSocket may come to another process than the session's:
it is refused then, and the client goes on polling."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.clients.node_client import TRANSPORTS, VERSIONS, Node, NodeClient
from tests.realtime.balancer import balancing
from tests.realtime.house import START, House, many_servers, open_house
from tests.realtime.seller import Shop
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

CLIENTS = 6
SALES = 60

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
versions = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def servers() -> Iterator[list[ServerProcess]]:
    """Give three live processes."""
    with many_servers() as servers:
        yield servers


@pytest.fixture(scope="module")
def seller(servers: list[ServerProcess]) -> Shop:
    """Give whoever writes over REST."""
    return Shop(servers[0])


@pytest.fixture
async def house(servers: list[ServerProcess], seller: Shop) -> AsyncIterator[House]:
    """Give a balancer in front of them, and a product."""
    async with open_house(servers, seller) as house:
        yield house


def figures(client: NodeClient) -> list[int]:
    """The stock after each sale, as the client was told."""
    return [payload["stock"] for payload in client.payloads("STOCK_REDUCED")]


async def come_in(node: Node, house: House, transports: dict[str, Any]) -> list[NodeClient]:
    """Clients, each of which is in, and has joined a room by an acknowledged event."""
    clients = [await node.client(house.url, **transports) for _each in range(CLIENTS)]
    for client in clients:
        await client.connected()
        room = f"product_{house.product}"
        assert await client.emit("join_room", {"room": room}, ack=True) == {"ok": True, "room": room}
    return clients


@ways
async def test_every_sale_is_heard_once_and_in_order(
    node: Node, house: House, transports: dict[str, Any]
) -> None:
    clients = await come_in(node, house, transports)
    for number in range(1, SALES + 1):
        await house.sell(number)
    await until(lambda: all(len(figures(client)) >= SALES for client in clients), within=30)
    for client in clients:
        assert figures(client) == [START - number for number in range(1, SALES + 1)]
        assert (client.errors, client.disconnects, len(client.connects)) == ([], [], 1)
    carried = {(await client.state())["transport"] for client in clients}
    assert carried <= ({*transports["transports"]} if transports else {"polling", "websocket"})


@ways
async def test_a_process_that_is_killed_costs_nobody_an_event(
    node: Node, house: House, transports: dict[str, Any]
) -> None:
    clients = await come_in(node, house, transports)
    for number in range(1, SALES + 1):
        await house.sell(number)
        if number == SALES // 3:
            house.servers[1].kill()
    await until(lambda: all(len(figures(client)) >= SALES for client in clients), within=60)
    for client in clients:
        assert figures(client) == [START - number for number in range(1, SALES + 1)]
        assert [connected.recovered for connected in client.connects[1:]] == [True] * len(client.disconnects)
    # Somebody's session was on it. Whose, and how many, is for the balancer to say.
    assert any(client.disconnects for client in clients)


@versions
async def test_an_upgrade_that_comes_to_another_process_leaves_the_client_on_its_polls(
    node: Node, house: House, version: str
) -> None:
    owner, *others = [server.port for server in house.servers]
    async with balancing([owner]) as balancer:
        balancer.websockets_to = others[0]
        client = await node.client(balancer.url, version=version)
        await client.connected()
        await house.sell(1)
        await until(lambda: figures(client) == [START - 1])
        await until(lambda: balancer.websockets == 1)
        await house.sell(2)
        await until(lambda: figures(client) == [START - 1, START - 2])
        assert (await client.state())["transport"] == "polling"
        assert (client.upgrades, client.errors, client.disconnects) == ([], [], [])
        assert balancer.websockets == 1
