"""A writer for servers without the frames extension: one ASGI message for each payload, in order.

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


class AsgiWriter:
    """Sends from a task that lives only while there is something to send."""

    __slots__ = ("_closed", "_send", "_sending", "_unsent", "_waiting")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[dict[str, Any]] = deque()
        self._unsent = 0
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, data: bytes) -> None:
        """Send one payload as a text message."""
        if not self._closed:
            self._unsent += len(data)
            self._queue({"type": "websocket.send", "text": data.decode()})

    def unsent(self) -> int:
        """Bytes that the server has not taken yet."""
        return self._unsent

    def close(self, code: int, reason: str) -> None:
        """Close after what was written; at once where the server takes nothing any more."""
        if self._closed:
            return
        self._queue({"type": "websocket.close", "code": code, "reason": reason})
        self._closed = True
        asyncio.get_running_loop().call_later(GRACE, self.stop)

    def stop(self) -> None:
        """Forget everything; the connection has gone."""
        self._closed = True
        self._waiting.clear()
        self._unsent = 0
        if self._sending is not None:
            self._sending.cancel()

    def _queue(self, message: dict[str, Any]) -> None:
        self._waiting.append(message)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            with suppress(OSError, RuntimeError):  # the peer has gone; the application hears of it by itself
                while self._waiting:
                    message = self._waiting.popleft()
                    await self._send(message)
                    self._unsent -= len(message.get("text", "").encode())
        finally:
            self._sending = None
