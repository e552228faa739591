"""The protocol server in the test's own loop, and plain HTTP and WebSocket clients for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from config.serving.listening import listen
from realtime.socketio.endpoint import any_origin
from realtime.socketio.engine import EngineSettings
from realtime.socketio.protocol_server import application
from realtime.transport.uvicorn_protocol import FrameProtocol

FRAMES, PLAIN = "frames", "plain"
PATIENCE = 10.0
#: A heartbeat that gets in nobody's way.
CALM = EngineSettings(ping_interval=60, ping_timeout=60, max_payload=10_000)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    kind: str = FRAMES,
    *,
    settings: EngineSettings = CALM,
    is_allowed_origin: Callable[[str | None, str], bool] = any_origin,
) -> AsyncIterator[Door]:
    """Serve both paths: with ready-made frames, or as any ASGI server would."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        application(settings=settings, is_allowed_origin=is_allowed_origin),
        ws=FrameProtocol if kind == FRAMES else "websockets-sansio",
        ws_max_size=1_000_000,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn has a flag, no event
        await asyncio.sleep(0.005)
    door = Door(listener.getsockname()[1])
    try:
        yield door
    finally:
        for caller in door.callers:
            await caller.connection.close()
        server.should_exit = True
        await serve


@dataclass
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    json: Any = field(init=False)

    def __post_init__(self) -> None:
        self.json = json.loads(self.body) if self.headers.get("content-type") == "application/json" else None


class Door:
    """One path of the server, seen from outside."""

    def __init__(self, port: int, path: str = "/engine.io/") -> None:
        self.port = port
        self.path = path
        self.callers: list[Caller] = []

    async def ask(
        self, query: str, *, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        """One HTTP request on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            lines = [f"{method} {self.path}?{query} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            async with asyncio.timeout(PATIENCE):
                return _read(await reader.read())
        finally:
            writer.close()

    async def open(self) -> str:
        """A polling session; its id."""
        reply = await self.ask("EIO=4&transport=polling")
        assert reply.status == 200
        sid = json.loads(reply.body[1:])["sid"]
        assert isinstance(sid, str)
        return sid

    async def poll(self, sid: str) -> Reply:
        """A GET of the session."""
        return await self.ask(f"EIO=4&transport=polling&sid={sid}")

    async def post(self, sid: str, body: bytes) -> Reply:
        """A POST to the session."""
        return await self.ask(f"EIO=4&transport=polling&sid={sid}", method="POST", body=body)

    async def call(
        self, query: str = "EIO=4&transport=websocket", *, greeted: bool = True, **options: Any
    ) -> Caller:
        """A WebSocket; with `greeted` the opening packet is taken off."""
        url = f"ws://127.0.0.1:{self.port}{self.path}?{query}"
        caller = Caller(await connect(url, compression=None, **options))
        self.callers.append(caller)
        if greeted:
            opening = await caller.hear()
            assert isinstance(opening, str)
            caller.greeting = json.loads(opening[1:])
        return caller

    async def probe(self, sid: str) -> Caller:
        """A WebSocket for a session that there is."""
        return await self.call(f"EIO=4&transport=websocket&sid={sid}", greeted=False)


class Caller:
    """A WebSocket client."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.greeting: dict[str, Any] = {}

    async def say(self, *messages: str | bytes) -> None:
        """Send messages."""
        for message in messages:
            await self.connection.send(message)

    async def hear(self) -> str | bytes:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            return await self.connection.recv()

    async def closed(self) -> int | None:
        """Wait until the server has closed it; the code."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.connection.recv()
        return self.connection.close_code


def _read(answer: bytes) -> Reply:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Reply(int(first.split(" ")[1]), headers, body)
