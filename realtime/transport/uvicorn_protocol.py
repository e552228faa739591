"""uvicorn's WebSocket protocol, with a side door for ready-made frames, and with our close codes.

An application finds a ``FrameWriter`` in ``scope["extensions"]["stockwire.frames"]``. What it writes goes
straight to the transport: no task switch, no message dictionary, no copy. Compression is off, so a frame
that was made once is right for every connection. Written against uvicorn 0.54, whose base class has no
public seams for this; a newer one is taken only after this module's tests pass.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

from realtime.hub.session import REASONS, CloseCode
from realtime.transport.mailbox import Gate, Mailbox

EXTENSION = "stockwire.frames"

#: After a goodbye the peer has this long to take it; then the connection is cut.
GRACE = 5.0
#: The protocol's own code for data of another kind than it says (RFC 6455, section 7.4.1).
NOT_TEXT = 1007


class FrameWriter:
    """Writes whole frames to one connection. Nothing here raises or waits; after a close all is ignored."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: FrameProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        """Write frames, whole ones, as they are."""
        protocol = self._protocol
        if not protocol.close_sent and not protocol.transport.is_closing():
            protocol.transport.write(data)

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet (beyond what the kernel holds for it)."""
        return self._protocol.transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and cut the connection when that is not taken within ``GRACE``."""
        self._protocol.say_goodbye(code, reason)

    def stop_pings(self) -> None:
        """What is spoken on the connection has a heartbeat of its own."""
        self._protocol.stop_keepalive()


class FrameProtocol(WebSocketsSansIOProtocol):
    """One connection.

    There are many, most of them idle: what the base class keeps in a dictionary is in slots here, its queue
    and its event are lean ones, and what only the handshake needed is forgotten after it.
    """

    __slots__ = (
        "app",
        "app_state",
        "asgi_version",
        "client",
        "close_sent",
        "close_timeout",
        "close_timer",
        "config",
        "conn",
        "connections",
        "curr_msg_data_type",
        "default_headers",
        "disconnected",
        "frames",
        "handshake_complete",
        "handshake_initiated",
        "initial_response",
        "last_ping_rtt",
        "logger",
        "loop",
        "pending_ping_payload",
        "ping_interval",
        "ping_sent_at",
        "ping_timeout",
        "ping_timer",
        "pong_timer",
        "queue",
        "read_paused",
        "request",
        "response",
        "root_path",
        "scheme",
        "scope",
        "server",
        "tasks",
        "transport",
        "writable",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.queue = cast("asyncio.Queue[ASGIReceiveEvent]", Mailbox())
        self.writable = cast("asyncio.Event", Gate())

    def data_received(self, data: bytes) -> None:
        """Answer a handshake that can't be read, such as one whose URL is too long. The base class leaves the
        parser's answer unsent, and the peer would wait for it for ever."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.close_sent:
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or self.conn.reject(400, "not a handshake\n").serialize())
            self.handshake_complete = self.close_sent = True
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Put the writer into the scope before the application is called."""
        super().handle_connect(event)
        if self.response.status_code == 101:  # noqa: PLR2004  switching protocols
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = FrameWriter(self)

    async def send(self, message: ASGISendEvent) -> None:
        """Know that a handshake is over also when it was answered by a plain response."""
        await super().send(message)
        if message["type"] == "websocket.accept" and self.handshake_complete:
            self._forget_handshake()
        elif message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True

    def _forget_handshake(self) -> None:
        # The parser still refers to the request.
        self.request.headers.clear()
        del self.request, self.response, self.scope

    def send_receive_event_to_app(self) -> None:
        """Close on a text that is none. The base class does too, and prints a traceback of it each time."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.say_goodbye(NOT_TEXT, "not UTF-8")
                return
        super().send_receive_event_to_app()

    def say_goodbye(self, code: int, reason: str) -> None:
        """Send a close frame, tell the application, and see that the connection ends."""
        if self.close_sent or self.transport.is_closing() or not self.handshake_complete:
            return
        self.stop_keepalive()
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            # The peer's own goodbye is still to be read.
            self.read_paused = False
            self.transport.resume_reading()
        # A peer that reads nothing would keep a polite close waiting for ever.
        self.close_timer = self.loop.call_later(GRACE, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """A ping was not answered."""
        self.pong_timer = None
        self.pending_ping_payload = None
        self.say_goodbye(CloseCode.NO_PONG, REASONS[CloseCode.NO_PONG])

    def shutdown(self) -> None:
        """The server ends; the client is to come back, to another one or to the next."""
        if not self.handshake_complete:
            super().shutdown()
            return
        self.say_goodbye(CloseCode.SHUTTING_DOWN, REASONS[CloseCode.SHUTTING_DOWN])

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application is done: whatever the peer has not taken by now, it has a moment for."""
        super().on_task_complete(task)
        if self.transport.get_write_buffer_size():
            self.loop.call_later(GRACE, self.transport.abort)
