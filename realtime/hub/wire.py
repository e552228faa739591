"""What an event looks like to a listener: a dialect makes messages of it, a wire frames them.

Dialects (the catalog's JSON; Socket.IO packets) and framings (WebSocket frames; chunks of a stream) are made
elsewhere; sessions with the same wire receive the same bytes, made once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from realtime.hub.source import Interest
from realtime.records import Record

if TYPE_CHECKING:
    from realtime.hub.session import Session

#: Whether a session that is in a message's rooms is to hear it.
Admits = Callable[["Session"], bool]


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the log, by its ``seq``, and a room that heard it."""

    room: str
    seq: int

    def is_in(self, rooms: Mapping[str, int]) -> bool:
        """Whether a session has heard it that was sent everything of ``rooms`` after these places."""
        return rooms.get(self.room, self.seq) < self.seq


class Message:
    """One message of one event: the rooms that hear it, and its payload, built when first asked for.

    ``name`` is what listeners know the event by, for framings that show it beside the payload. ``admits``:
    of those in the rooms, only whom it takes. ``repeats``: whoever was sent this event, of the log and by a
    room, has been told by it, and does not hear this message too.
    """

    __slots__ = ("_build", "_payload", "admits", "name", "record", "repeats", "rooms")

    def __init__(
        self,
        rooms: tuple[str, ...],
        record: Record,
        build: Callable[[Record], bytes],
        name: str = "",
        admits: Admits | None = None,
        repeats: Told | None = None,
    ) -> None:
        self.rooms = rooms
        self.record = record
        self.name = name
        self.admits = admits
        self.repeats = repeats
        self._build = build
        self._payload: bytes | None = None

    @property
    def payload(self) -> bytes:
        """The encoded message, without any framing."""
        if self._payload is None:
            self._payload = self._build(self.record)
        return self._payload

    def is_for(self, session: Session) -> bool:
        """Whether ``session`` hears it, being in one of its rooms."""
        if self.repeats is not None and self.repeats.is_in(session.rooms):
            return False
        return self.admits is None or self.admits(session)

    def among(self, sessions: Collection[Session]) -> Collection[Session]:
        """Those of ``sessions``, all in its rooms, that hear it."""
        if self.admits is None and self.repeats is None:
            return sessions
        return [one for one in sessions if self.is_for(one)]


class Dialect(Protocol):
    """One way to name and shape events."""

    @property
    def name(self) -> str: ...

    def messages(self, record: Record) -> Sequence[Message]:
        """What ``record`` becomes: any number of messages, sent in this order, each to its own rooms."""

    def interest(self, rooms: Collection[str]) -> Interest:
        """Which events can become a message to one of ``rooms``."""


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """A dialect and how its payloads are framed. ``joins``: several frames in one write mean the same.

    ``frame_event`` is for framings that show more of an event than its payload; without it ``frame`` does.
    """

    dialect: Dialect
    frame: Callable[[bytes], bytes]
    joins: bool = True
    frame_event: Callable[[Message], bytes] | None = None

    def frame_of(self, message: Message) -> bytes:
        """The frame of an event's message."""
        return self.frame(message.payload) if self.frame_event is None else self.frame_event(message)
