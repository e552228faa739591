"""python-socketio's client, a second implementation of the protocol, written by others than the first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import socketio

from tests.clients.backstage import Backstage, Person
from tests.clients.conftest import ORIGIN
from tests.clients.node_client import Heard
from tests.clients.shop import Shop
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

WAYS = {"default": None, "polling": ["polling"], "websocket": ["websocket"]}
ways = pytest.mark.parametrize("transports", WAYS.values(), ids=WAYS.keys())
PATIENCE = 10


class PythonClient:
    """One client, and what it has heard."""

    def __init__(self) -> None:
        self._sessions: list[aiohttp.ClientSession] = []
        self.socket = socketio.AsyncClient(reconnection=False, http_session=self._new_session)
        self.events: list[Heard] = []
        self.reasons: list[str] = []
        self.refusals: list[Any] = []
        self.socket.on("*", self._hear)
        self.socket.on("disconnect", self.reasons.append)
        self.socket.on("connect_error", self.refusals.append)

    def _new_session(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession()
        self._sessions.append(session)
        return session

    def _hear(self, name: str, *arguments: Any) -> None:
        self.events.append(Heard(name, list(arguments)))

    async def close(self) -> None:
        """Disconnect, and close what the library leaves open where the server has put it out."""
        await self.socket.disconnect()
        if self.socket.eio.read_loop_task is not None:
            await self.socket.eio.read_loop_task
        for session in self._sessions:
            await session.close()

    async def ask(self, name: str, *arguments: Any) -> Any:
        """Emit, and wait for the acknowledgement."""
        return await self.socket.call(name, arguments, timeout=PATIENCE)

    async def heard(self, name: str, *, count: int = 1) -> list[Any]:
        """Wait until it has heard so many of that name."""

        def found() -> list[Any]:
            return [heard.payload for heard in self.events if heard.name == name]

        await until(lambda: len(found()) >= count)
        return found()


Connect = Callable[..., Awaitable[PythonClient]]


@pytest.fixture
async def connect(server: ServerProcess) -> AsyncIterator[Connect]:
    """Give a function that connects such a client."""
    async with AsyncExitStack() as stack:

        async def connect(**options: Any) -> PythonClient:
            client = PythonClient()
            stack.push_async_callback(client.close)
            await client.socket.connect(server.base_url, wait_timeout=PATIENCE, **options)
            return client

        yield connect


@ways
async def test_a_guest_comes_in_joins_and_hears(
    connect: Connect, shop: Shop, transports: list[str] | None
) -> None:
    client = await connect(transports=transports)
    if transports is None:
        await until(lambda: client.socket.transport() == "websocket")
    await client.heard("ready")
    mug = await shop.make_product(stock=10)
    answer = await client.ask("join_room", {"room": f"product-{mug}"})
    assert answer == {"ok": True, "room": f"product-{mug}"}
    await client.heard("product_created")
    await client.heard("inventory_update")
    client.events.clear()
    await shop.sell(mug, 4)
    (update,) = await client.heard("product_stock_update")
    assert [heard.name for heard in client.events] == [
        "STOCK_REDUCED",
        "inventory_update",
        "product_stock_update",
    ]
    assert all(isinstance(heard.cursor, str) for heard in client.events)
    assert (update["stock"], update["totalStock"], update["available"]) == (6, 6, True)
    assert client.reasons == []


@ways
@pytest.mark.parametrize("way", ["auth", "header", "cookie"])
async def test_whoever_brings_a_token_is_known(
    connect: Connect, customer: Person, transports: list[str] | None, way: str
) -> None:
    options: dict[str, Any] = {
        "auth": {"auth": {"token": customer.token}},
        "header": {"headers": {"Authorization": customer.bearer}},
        "cookie": {"headers": {"Cookie": f"stockwire_token={customer.token}", "Origin": ORIGIN}},
    }[way]
    client = await connect(transports=transports, **options)
    assert await client.ask("user_role", "customer", customer.id) == {"ok": True, "room": "customer"}
    assert (await client.ask("join_room", {"room": "admin"}))["code"] == "not_permitted"


@ways
async def test_a_token_that_does_not_hold_is_refused(
    server: ServerProcess, transports: list[str] | None
) -> None:
    client = PythonClient()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.socket.connect(server.base_url, transports=transports, auth={"token": "nonsense"})
    assert client.refusals == [{"message": "invalid_token", "data": {"code": "invalid_token"}}]
    assert client.events == []
    await client.close()


@ways
async def test_what_is_said_is_answered(connect: Connect, transports: list[str] | None) -> None:
    client = await connect(transports=transports)
    assert (await client.ask("nonsense", 1, 2))["code"] == "unknown_event"
    assert (await client.ask("join_room", {"room": 5}))["code"] == "malformed"
    assert (await client.ask("join_room", {"room": b"\x00\x01"}))["code"] == "malformed"
    assert (await client.ask("picture", b"\x89PNG" * 1_000, {"b": b"x"}))["code"] == "unknown_event"
    await client.socket.emit("nonsense", {"a": b"\xff"})
    (told,) = await client.heard("error")
    assert (told["code"], told["event"]) == ("unknown_event", "nonsense")
    await client.socket.emit("leave_room", {"room": "storefront"})
    (left,) = await client.heard("room_left")
    assert left["room"] == "storefront"
    assert client.reasons == []


@ways
async def test_whoever_s_rights_are_withdrawn_is_put_out(
    connect: Connect, backstage: Backstage, customer: Person, transports: list[str] | None
) -> None:
    client = await connect(transports=transports, auth={"token": customer.token})
    await backstage.deactivate(customer)
    await until(lambda: bool(client.reasons))
    assert client.reasons == [client.socket.reason.SERVER_DISCONNECT]


async def test_it_signs_in_while_connected(connect: Connect, customer: Person) -> None:
    client = await connect()
    answer = await client.ask("authenticate", {"token": customer.token})
    assert (answer["ok"], answer["user"]["id"]) == (True, customer.id)
    assert (await client.ask("join_room", {"room": f"user-{customer.id}"}))["ok"]
