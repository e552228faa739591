"""The bare door as the protocol's own test suites expect it: no hub, no database, no recovery, no names.

`make protocol-server PORT=3000`; the suites are in the repositories of the Engine.IO and Socket.IO protocols.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any, cast

import uvicorn
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from realtime.consumers.lean import NobodyConsumer
from realtime.socketio.connection import Connection
from realtime.socketio.consumers import PollingConsumer, WebSocketConsumer
from realtime.socketio.endpoint import Endpoint, OriginCheck, any_origin
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.engine_packets import EnginePacket, EngineType, encode_packet
from realtime.socketio.frames import frame
from realtime.socketio.server import Socket, SocketServer
from realtime.socketio.sockets import EventCame
from realtime.transport.uvicorn_protocol import FrameProtocol

SETTINGS = EngineSettings(ping_interval=0.3, ping_timeout=0.2, max_payload=1_000_000)
CONNECT_TIMEOUT = 1.0
MANNERLY_PAUSE = 0.02


class Echo:
    """At the end of an Engine.IO connection: says back what it hears."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def received(self, message: str | bytes) -> None:
        """Say it back."""
        self._connection.say(frame(encode_packet(EnginePacket(EngineType.MESSAGE, message))))

    def closed(self, reason: CloseReason) -> None:
        """Nothing is left behind."""

    async def settled(self) -> None:
        """Always."""

    async def finished(self) -> None:
        """Always."""


class Greeting:
    """A namespace that tells each newcomer what it came with."""

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Let everybody in."""
        socket.accept()
        socket.connection.request = None
        # The suites' client looks away between two messages: what comes with the answer is lost to it.
        await asyncio.sleep(MANNERLY_PAUSE)
        socket.emit("auth", auth)

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:  # noqa: ARG002
        """Hear nothing."""
        return None

    def disconnected(self, socket: Socket, reason: str) -> None:
        """Nothing is left behind."""


class EchoNamespace(Greeting):
    """And that says back what it hears."""

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:
        """Say it back, as an event or as the acknowledgement."""
        if event.name == "message":
            socket.emit("message-back", *event.arguments)
        return event.arguments if event.name == "message-with-ack" else None


def application(
    *, settings: EngineSettings = SETTINGS, is_allowed_origin: OriginCheck = any_origin
) -> ProtocolTypeRouter:
    """The ASGI application: both paths, both transports."""
    sockets = SocketServer({"/": EchoNamespace(), "/custom": Greeting()}, connect_timeout=CONNECT_TIMEOUT)
    paths = {
        r"^engine\.io/?$": Endpoint(listen=Echo, settings=settings, is_allowed_origin=is_allowed_origin),
        r"^socket\.io/?$": Endpoint(listen=sockets, settings=settings, is_allowed_origin=is_allowed_origin),
    }

    def routes(consumer: type[PollingConsumer | WebSocketConsumer], nobody: Any) -> URLRouter:
        known = [
            re_path(path, cast("Any", consumer.as_asgi(endpoint=endpoint)))
            for path, endpoint in paths.items()
        ]
        return URLRouter([*known, re_path(r"", nobody)])

    return ProtocolTypeRouter(
        {
            "http": routes(PollingConsumer, not_found),
            "websocket": routes(WebSocketConsumer, NobodyConsumer.as_asgi()),
        }
    )


async def not_found(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer a request for any other path."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def serve(*, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        application(),
        host=host,
        port=port,
        ws=FrameProtocol,
        ws_max_size=SETTINGS.max_payload,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    await uvicorn.Server(config).serve()


def main() -> None:
    """Read the address, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    options = parser.parse_args()
    asyncio.run(serve(host=options.host, port=options.port))


if __name__ == "__main__":
    main()
