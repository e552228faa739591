"""One listener, whatever carries it: a WebSocket, a Socket.IO transport, a stream of server-sent events."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Protocol

from realtime.hub.wire import Wire


class CloseCode(enum.IntEnum):
    """Why a connection ends. Below 3500: come back; from 3500: stay away."""

    SHUTTING_DOWN = 3001
    TOKEN_EXPIRED = 3005
    TOO_SLOW = 3008
    LOST_ITS_PLACE = 3010
    NO_PONG = 3012
    INVALID_TOKEN = 3500
    BAD_REQUEST = 3501
    TOO_MANY_CONNECTIONS = 3504
    NOT_ALLOWED = 3507


REASONS = {
    CloseCode.SHUTTING_DOWN: "shutting down",
    CloseCode.TOKEN_EXPIRED: "token expired",
    CloseCode.TOO_SLOW: "too slow",
    CloseCode.LOST_ITS_PLACE: "lost its place",
    CloseCode.NO_PONG: "no pong",
    CloseCode.INVALID_TOKEN: "invalid token",
    CloseCode.BAD_REQUEST: "bad request",
    CloseCode.TOO_MANY_CONNECTIONS: "too many connections",
    CloseCode.NOT_ALLOWED: "not allowed",
}


class Writer(Protocol):
    """Where a session's bytes go. Never blocks, never raises; after ``close`` everything is ignored."""

    def write(self, data: bytes) -> None:
        """Send ``data`` as soon as the peer takes it: whole frames, or one payload where wires don't join."""

    def unsent(self) -> int:
        """How many bytes wait for the peer."""

    def close(self, code: int, reason: str) -> None:
        """End the connection. It is cut when the peer does not take the goodbye within a few seconds."""


class State(enum.IntEnum):
    """``HELD``: hears everything, is sent nothing until it is released. ``CLOSED``: hears nothing."""

    LIVE = 0
    HELD = 1
    CLOSED = 2


class Session:
    """A listener's state in the hub; only the hub's modules change it.

    ``rooms`` maps each room to the ``seq`` after which this connection has been sent all of the room's
    events. ``id`` is the name by which an event tells the session that brought it about from the others
    (empty: it brings none about). ``pending`` are frames that wait for the next write, or for the release.
    ``holder`` and ``address`` are what connections are counted by (empty: not counted). ``principal`` is
    whoever the doors take it to be; the hub does not look at it.
    """

    __slots__ = (
        "__weakref__",
        "address",
        "expires_at",
        "holder",
        "id",
        "pending",
        "principal",
        "rooms",
        "state",
        "taken_by",
        "taken_mark",
        "tell_of_lost",
        "tell_withdrawn",
        "warn_expired",
        "wire",
        "writer",
        "written",
    )

    def __init__(
        self, *, wire: Wire, writer: Writer, principal: object = None, holder: str = "", address: str = ""
    ) -> None:
        self.wire = wire
        self.writer = writer
        self.principal = principal
        self.holder = holder
        self.address = address
        self.id = ""
        self.rooms: dict[str, int] = {}
        self.pending: tuple[bytes, ...] = ()
        self.state = State.LIVE
        #: Seconds since 1970 at which the credentials end.
        self.expires_at: float | None = None
        #: Told once when they have ended; the peer then has a while for fresh ones before it is closed.
        self.warn_expired: Callable[[], None] | None = None
        #: Told before it is closed because its credentials hold no longer.
        self.tell_withdrawn: Callable[[], None] | None = None
        #: Told of rooms that it may not be in any more, once it is out of them. Who can't be told is closed.
        self.tell_of_lost: Callable[[Iterable[str]], None] | None = None
        # How the watch knows for how long the oldest unsent byte has waited.
        self.written = 0
        self.taken_mark = 0
        self.taken_by: float | None = None
