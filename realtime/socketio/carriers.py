"""Ways to a WebSocket. Both take frames, never block, never raise; after a close they ignore everything."""

from __future__ import annotations

from typing import Protocol

from realtime.socketio.frames import packets_of
from realtime.transport.asgi_writer import AsgiMessages


class Carrier(Protocol):
    """What a connection needs of a WebSocket. The server's own frame writer is one."""

    def write(self, data: bytes) -> None:
        """Send whole frames."""

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""

    def close(self, code: int, reason: str) -> None:
        """Close after what was written; cut it where that is not taken."""


class MessageCarrier(AsgiMessages):
    """For servers that take no frames: one ASGI message for each packet."""

    __slots__ = ()

    def write(self, data: bytes) -> None:
        """Send each frame's packet."""
        if self._closed:
            return
        for is_text, payload in packets_of(data):
            content = {"text": payload.decode()} if is_text else {"bytes": payload}
            self._queue({"type": "websocket.send", **content}, len(payload))
