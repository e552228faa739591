"""One server for all tests of a process, real clients in one Node process, and somebody backstage."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.clients.backstage import Backstage, Person
from tests.clients.node_client import NEWEST, TRANSPORTS, Node, NodeClient
from tests.clients.packages import PackagesMissingError, install
from tests.clients.sales import Seller
from tests.clients.shop import Shop
from tests.clients.wire import Wire, wire_to
from tests.realtime.waiting import until
from tests.server_process import ServerProcess, end_all, fresh_database_url

ORIGIN = "https://shop.example"
PER_USER = 3
SETTINGS = {
    "STOCKWIRE_ALLOWED_ORIGINS": ORIGIN,
    "STOCKWIRE_CONNECTIONS_PER_USER": str(PER_USER),
    "STOCKWIRE_LOW_STOCK": "5",
}
#: What a server prints of something that nobody has foreseen.
_COMPLAINTS = re.compile(r"Traceback|\[(error|critical) *\]|never awaited|never retrieved")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's tests stay in one process, since they share what is slow to start."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.end_to_end)
            item.add_marker(pytest.mark.xdist_group(f"clients-{item.path.stem}"))


@pytest.fixture(scope="session")
def packages() -> Path:
    """Give the folder with the clients' packages. Without npm, or without what it fetches, the tests fail."""
    try:
        return install()
    except PackagesMissingError as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """Give one server to all tests that leave it as it is."""
    with fresh_database_url() as make:
        started = ServerProcess(database_url=make(), env=SETTINGS)
        try:
            started.start()
            yield started
        finally:
            end_all([started])


@pytest.fixture(autouse=True)
def nothing_unforeseen(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test the shared server has printed of no error."""
    if "server" not in request.fixturenames:
        yield
        return
    server: ServerProcess = request.getfixturevalue("server")
    before = len(server.output())
    yield
    printed = server.output()[before:]
    assert not _COMPLAINTS.search(printed), printed


@pytest.fixture(scope="session")
def backstage(server: ServerProcess) -> Iterator[Backstage]:
    """Give whoever makes users and withdraws rights."""
    backstage = Backstage(server)
    yield backstage
    backstage.close()


@pytest.fixture
async def staff(backstage: Backstage) -> Person:
    """Give somebody of the shop's staff."""
    return await backstage.person("admin")


@pytest.fixture
async def customer(backstage: Backstage) -> Person:
    """Give a customer."""
    return await backstage.person("customer")


@pytest.fixture
async def shop(server: ServerProcess, staff: Person) -> Shop:
    """Give whoever writes over REST: staff."""
    return Shop(lambda: server.base_url, staff.bearer)


@pytest.fixture(scope="session")
def node_process(packages: Path) -> Iterator[Node]:
    """Give the Node process of all tests."""
    node = Node()
    yield node
    node.close()


@pytest.fixture
async def node(node_process: Node) -> AsyncIterator[Node]:
    """Give the Node process; its sockets are closed after the test."""
    yield node_process
    await node_process.forget_all()


@pytest.fixture
def node_client(node: Node, server: ServerProcess) -> Callable[..., Awaitable[NodeClient]]:
    """Give a function that connects a real client, and waits until it is in.

    `await node_client(version="4.6", transports=["polling"], auth={…})`; `url` leads elsewhere than to the
    shared server; with `waits=False` it is for the test to wait for what comes of it.
    """

    async def connect(
        *, version: str = NEWEST, url: str | None = None, waits: bool = True, **options: Any
    ) -> NodeClient:
        client = await node.client(url or server.base_url, version=version, **options)
        if waits:
            await client.connected()
        return client

    return connect


@pytest.fixture
async def make_wire(server: ServerProcess) -> AsyncIterator[Callable[[], Awaitable[Wire]]]:
    """Give a function that makes a wire to the shared server, which breaks where the test wants it to."""
    async with AsyncExitStack() as stack:

        async def make() -> Wire:
            return await stack.enter_async_context(wire_to(server.port))

        yield make


@pytest.fixture
async def wire(make_wire: Callable[[], Awaitable[Wire]]) -> Wire:
    """Give a wire to the shared server."""
    return await make_wire()


@pytest.fixture
async def seller(shop: Shop, node_client: Callable[..., Awaitable[NodeClient]]) -> Seller:
    """Give whoever sells a product of whose making everybody has been told already."""
    witness = await node_client(**TRANSPORTS["websocket"])
    product = await shop.make_product()
    await until(lambda: any(told["data"]["id"] == product for told in witness.payloads("product_created")))
    await witness.heard("inventory_update")
    return Seller(shop, product)


@pytest.fixture
async def start_own(start_server: Callable[..., ServerProcess]) -> Callable[..., Awaitable[ServerProcess]]:
    """Give a function that starts a server of this test's own, from its event loop."""

    async def start(**options: Any) -> ServerProcess:
        return await asyncio.to_thread(start_server, **options)

    return start
