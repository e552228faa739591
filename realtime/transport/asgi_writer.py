"""For servers without the frames extension: ASGI messages in order, from a task that lives only while there
is something to send.

Daphne's ``runserver`` and Channels' communicators come this way. Slower, and otherwise the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]

GRACE = 5.0


class AsgiMessages:
    """A WebSocket that is sent messages. What they are made of, those know that extend it."""

    __slots__ = ("_closed", "_send", "_sending", "_unsent", "_waiting")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[tuple[dict[str, Any], int]] = deque()
        self._unsent = 0
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

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
            with suppress(OSError, RuntimeError):  # the peer has gone; the application hears of it by itself
                while self._waiting:
                    message, size = self._waiting.popleft()
                    await self._send(message)
                    self._unsent -= size
        finally:
            self._sending = None


class AsgiWriter(AsgiMessages):
    """One message for each payload."""

    __slots__ = ()

    def write(self, data: bytes) -> None:
        """Send one payload as a text message."""
        if not self._closed:
            self._queue({"type": "websocket.send", "text": data.decode()}, len(data))
