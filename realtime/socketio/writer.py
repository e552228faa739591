"""Where the hub writes what a socket is to hear."""

from __future__ import annotations

from realtime.socketio.server import Socket

#: Close codes from here on mean "stay away".
STAY_AWAY = 3500


class SocketWriter:
    """A hub session's writer. It takes text frames, whatever carries the connection just now, so that a
    session which goes over from polls to a WebSocket goes on without the hub's doing."""

    __slots__ = ("_socket",)

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def write(self, data: bytes) -> None:
        """Send whole frames."""
        if not self._socket.is_gone:
            self._socket.connection.write(data)

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet, those waiting for its next poll included."""
        return self._socket.connection.unsent()

    def close(self, code: int, reason: str) -> None:
        """Close the transport, so that the client comes back; one that is to stay away is told so first."""
        # One that was not let in yet is not put out: it comes back, and reads why it is refused.
        if code >= STAY_AWAY and self._socket.id:
            self._socket.disconnect(at_once=True)
        self._socket.connection.hang_up(code, reason)
