"""Clients without a socket, and a namespace behind them that does as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from realtime.socketio.connection import Connection
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import Transport
from realtime.socketio.frames import packets_of
from realtime.socketio.requests import EngineRequest
from realtime.socketio.server import Socket, SocketServer
from realtime.socketio.sockets import EventCame

SETTINGS = EngineSettings(ping_interval=60, ping_timeout=60, most_unsent=10_000)
Handle = Callable[[Socket, EventCame], Awaitable[Sequence[Any] | None]]


async def nothing(_socket: Socket, _event: EventCame) -> None:
    return None


class Room:
    """A namespace that does as the test says, and remembers what it was told."""

    def __init__(self, handle: Handle = nothing, *, refusal: Exception | None = None) -> None:
        self.handle = handle
        self.refusal = refusal
        self.may_connect = asyncio.Event()
        self.may_connect.set()
        self.told: list[str] = []
        self.sockets: list[Socket] = []

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        self.told.append(f"connect {auth}")
        await self.may_connect.wait()
        if self.refusal is not None:
            raise self.refusal
        socket.accept(id="s1")
        self.sockets.append(socket)

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:
        outcome = await self.handle(socket, event)
        self.told.append(event.name)
        return outcome

    def disconnected(self, socket: Socket, reason: str) -> None:
        self.told.append(reason)


class Wire:
    """A WebSocket that keeps what is written to it; slow peers take nothing."""

    def __init__(self) -> None:
        self.heard: list[str | bytes] = []
        self.code: int | None = None
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.heard += [payload.decode() if is_text else payload for is_text, payload in packets_of(data)]

    def unsent(self) -> int:
        return self.waiting

    def close(self, code: int, _reason: str) -> None:
        self.code = code


class Peer:
    """A client on a WebSocket, without the socket."""

    def __init__(self, room: Room, *, connect_timeout: float = 60, transport: str = "websocket") -> None:
        server = SocketServer({"/": room, "/other": room}, connect_timeout=connect_timeout)
        self.endpoint = Endpoint(listen=server, settings=SETTINGS)
        self.wire = Wire()
        scope = {"headers": [], "query_string": b""}
        request = EngineRequest.of(scope)
        if transport == "polling":
            self.connection: Connection = self.endpoint.open(request, Transport.POLLING)
        else:
            self.connection = self.endpoint.open(request, Transport.WEBSOCKET, carrier=self.wire)

    async def say(self, *messages: str | bytes) -> None:
        for message in messages:
            packet = "4" + message if isinstance(message, str) else message
            self.connection.websocket_message(self.wire, packet)
        await self.handled()

    async def handled(self) -> None:
        async with asyncio.timeout(5):
            await self.connection.finished()
