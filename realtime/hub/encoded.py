"""One event with everything that was ever made of it, so that nothing is made twice."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.hub.wire import Dialect, Message, Wire
from realtime.records import Record

#: What the name of a room takes.
_ROOM = 100


class EncodedEvent:
    """A record, its messages by dialect, their frames by wire: built, encoded and framed when first
    needed."""

    __slots__ = ("_frames", "_messages", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._messages: dict[Dialect, Sequence[Message]] = {}
        self._frames: dict[tuple[Wire, int], bytes] = {}

    def messages(self, dialect: Dialect) -> Sequence[Message]:
        """What the event becomes in ``dialect``."""
        messages = self._messages.get(dialect)
        if messages is None:
            messages = self._messages[dialect] = dialect.messages(self.record)
        return messages

    def frame(self, wire: Wire, place: int) -> bytes:
        """The frame of the message at ``place``."""
        frame = self._frames.get((wire, place))
        if frame is None:
            frame = self._frames[wire, place] = wire.frame_of(self.messages(wire.dialect)[place])
        return frame

    @property
    def size(self) -> int:
        """Roughly what it keeps in memory: the record's text, and everything that was made of it so far."""
        made = sum(map(len, self._frames.values()))
        # A message keeps its payload too, once for all the wires of its dialect.
        rooms = sum(len(message.rooms) for messages in self._messages.values() for message in messages)
        return len(self.record.data) + len(self.record.extra) + 2 * made + _ROOM * rooms + 1_000
