"""A writer for servers without the stream extension: what waits leaves as parts of an HTTP response's body.

Slower than writing to the transport, and otherwise the same; a server says with its flow control what it has
not taken, and keeps at most its own buffer and one part beside that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]

GRACE = 5.0
#: Writes that wait are joined up to this size.
PART_BYTES = 64 * 1024


class BodyWriter:
    """Sends from a task that lives only while there is something to send. The response has to have begun.

    ``give_up`` is told, with the loop's time, until when an end that is not taken is waited for.
    """

    __slots__ = ("_closed", "_give_up", "_send", "_sending", "_unsent", "_waiting")

    def __init__(self, send: Send, *, give_up: Callable[[float], None]) -> None:
        self._send = send
        self._give_up = give_up
        self._waiting: deque[bytes] = deque()
        self._unsent = 0
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, data: bytes) -> None:
        """Send whole frames."""
        if not self._closed:
            self._waiting.append(data)
            self._unsent += len(data)
            self._go_on()

    def unsent(self) -> int:
        """Bytes that the server has not taken yet."""
        return self._unsent

    def close(self, _code: int, _reason: str) -> None:
        """End the response after what was written; a stream has no words for why."""
        if not self._closed:
            self._closed = True
            self._go_on()
            self._give_up(asyncio.get_running_loop().time() + GRACE)

    def stop(self) -> None:
        """Forget everything; the connection has gone."""
        self._closed = True
        self._waiting.clear()
        self._unsent = 0
        if self._sending is not None:
            self._sending.cancel()

    def _go_on(self) -> None:
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            with suppress(OSError, RuntimeError):  # the peer has gone; the application hears of it by itself
                while self._waiting:
                    part = self._next_part()
                    await self._send({"type": "http.response.body", "body": part, "more_body": True})
                    self._unsent -= len(part)
                if self._closed:
                    await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._sending = None

    def _next_part(self) -> bytes:
        waiting = self._waiting
        first = waiting.popleft()
        if not waiting or len(first) >= PART_BYTES:
            return first
        pieces, size = [first], len(first)
        while waiting and size + len(waiting[0]) <= PART_BYTES:
            pieces.append(waiting.popleft())
            size += len(pieces[-1])
        return b"".join(pieces)
