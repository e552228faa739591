"""A real server in the test's own loop, and clients that speak to it over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from channels.routing import ProtocolTypeRouter, URLRouter
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from config.lifespan import Lifespan
from config.serving.listening import listen
from realtime.routing import http_urlpatterns, websocket_urlpatterns
from realtime.transport.uvicorn_http import StreamProtocol
from realtime.transport.uvicorn_protocol import FrameProtocol
from tests.realtime.event_source import Response
from tests.realtime.log import caught_up
from tests.realtime.waiting import until

FRAMES, PLAIN = "frames", "plain"
PATIENCE = 10.0
AMBIENT = ("presence", "stats", "metric")


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(kind: str = FRAMES, **options: Any) -> AsyncIterator[Door]:
    """Serve the live doors: with ready-made frames, or as any ASGI server would."""
    listener = listen("127.0.0.1", 0)
    routes = {"http": URLRouter(http_urlpatterns), "websocket": URLRouter(websocket_urlpatterns)}
    app = Lifespan(ProtocolTypeRouter(routes))  # type: ignore[arg-type]
    config = uvicorn.Config(
        app,
        http=StreamProtocol if kind == FRAMES else "httptools",
        ws=FrameProtocol if kind == FRAMES else "websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        **{"timeout_graceful_shutdown": 3, "ws_max_size": 66_560, **options},
    )
    server = Server(config)
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    door = Door(listener.getsockname()[1], server)
    try:
        yield door
    finally:
        for caller in door.callers:
            await caller.hang_up()
        for response in door.responses:
            await response.hang_up()
        server.should_exit = True
        await serve


class Door:
    def __init__(self, port: int, server: uvicorn.Server) -> None:
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.port = port
        self.server = server
        self.callers: list[Caller] = []
        self.responses: list[Response] = []

    async def call(self, query: str = "", *, greeted: bool = True, **options: Any) -> Caller:
        """Connect; with `greeted` the hello is taken off."""
        connection = await connect(f"{self.url}{query}", compression=None, **options)
        caller = Caller(connection)
        self.callers.append(caller)
        if greeted:
            caller.hello = await caller.hear()
            assert caller.hello["type"] == "hello"
        return caller

    async def ask(
        self,
        query: str = "",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Response:
        """Ask for `/events`, and read the head of the answer."""
        response = await Response.of(self.port, f"/events{query}", method=method, headers=headers, **options)
        self.responses.append(response)
        return response

    async def listen(self, query: str = "", *, blocks: int = 1, **options: Any) -> Response:
        """Ask for a stream, and read on until it has told its place."""
        response = await self.ask(query, **options)
        assert response.status == 200, await response.json()
        await response.block(blocks)
        return response


class Caller:
    """A client."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.hello: dict[str, Any] = {}
        #: What staff hear of whoever is here, whenever it comes.
        self.ambient: list[dict[str, Any]] = []

    async def hear(self, *, within: float = PATIENCE) -> dict[str, Any]:
        """The next message; what is ambient is kept apart."""
        async with asyncio.timeout(within):
            while True:
                message: dict[str, Any] = json.loads(await self.connection.recv())
                if message["type"] not in AMBIENT:
                    return message
                self.ambient.append(message)

    async def hear_around(self, kind: str, *, within: float = PATIENCE) -> dict[str, Any]:
        """The next ambient message of this type."""
        async with asyncio.timeout(within):
            while True:
                for place, message in enumerate(self.ambient):
                    if message["type"] == kind:
                        return self.ambient.pop(place)
                message = json.loads(await self.connection.recv())
                assert message["type"] in AMBIENT, message
                self.ambient.append(message)

    async def hear_of(self, kind: str) -> dict[str, Any]:
        """The next message, which has to be of this type."""
        message = await self.hear()
        assert message["type"] == kind, message
        return message

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def ask(self, **message: Any) -> dict[str, Any]:
        """Say something, and hear the answer."""
        await self.say(**message)
        return await self.hear()

    async def hears_nothing(self) -> bool:
        """Whether nothing is on its way: a ping is answered first."""
        answer = await self.ask(type="ping")
        return bool(answer["type"] == "pong")

    async def closed_with(self, *, within: float = PATIENCE) -> tuple[int | None, str]:
        """The close code, whatever came before it."""
        async with asyncio.timeout(within):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code, self.connection.close_reason or ""

    async def hang_up(self) -> None:
        await self.connection.close()


async def heard(callers: Mapping[str, Caller]) -> dict[str, list[str]]:
    """The types of what each has heard since one last asked, for those that have heard anything."""
    await caught_up()
    found: dict[str, list[str]] = {}
    for name, caller in callers.items():
        await caller.say(type="ping")
        while (message := await caller.hear())["type"] != "pong":
            found.setdefault(name, []).append(message["type"])
    return found
