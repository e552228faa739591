"""Ways to a WebSocket. Both take frames, never block, never raise; after a close they ignore everything."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from realtime.socketio.frames import packets_of

Send = Callable[[dict[str, Any]], Awaitable[None]]

GRACE = 5.0


class Carrier(Protocol):
    """What a connection needs of a WebSocket. The server's own frame writer is one."""

    def write(self, data: bytes) -> None:
        """Send whole frames."""

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""

    def close(self, code: int, reason: str) -> None:
        """Close after what was written; cut it where that is not taken."""


class MessageCarrier:
    """For servers that take no frames: one ASGI message for each packet, from a task that lives only while
    there is something to send."""

    __slots__ = ("_closed", "_send", "_sending", "_unsent", "_waiting")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[tuple[dict[str, Any], int]] = deque()
        self._unsent = 0
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, data: bytes) -> None:
        """Send each frame's packet."""
        if self._closed:
            return
        for is_text, payload in packets_of(data):
            content = {"text": payload.decode()} if is_text else {"bytes": payload}
            self._queue({"type": "websocket.send", **content}, len(payload))

    def unsent(self) -> int:
        """Bytes that the server has not taken yet."""
        return self._unsent

    def close(self, code: int, reason: str) -> None:
        """Close after what was written; give up where the server takes nothing any more."""
        if self._closed:
            return
        self._queue({"type": "websocket.close", "code": code, "reason": reason}, 0)
        self._closed = True
        asyncio.get_running_loop().call_later(GRACE, self.stop)

    def stop(self) -> None:
        """Forget everything; the connection has gone."""
        self._closed = True
        self._waiting.clear()
        self._unsent = 0
        if self._sending is not None:
            self._sending.cancel()

    def _queue(self, message: dict[str, Any], size: int) -> None:
        self._waiting.append((message, size))
        self._unsent += size
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            with suppress(OSError, RuntimeError):  # the peer has gone; the door hears of it by itself
                while self._waiting:
                    message, size = self._waiting.popleft()
                    await self._send(message)
                    self._unsent -= size
        finally:
            self._sending = None
