"""What a returning session has missed: from the ring where that reaches, else from the log.

All or nothing: how much there is is known before the first event is sent, and where it can't be read to the
end the connection is closed, so that a client never takes a part for the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from realtime.hub.encoded import EncodedEvent
from realtime.hub.ring import Ring
from realtime.hub.session import Session, State
from realtime.hub.source import Interest, Source
from realtime.records import Head, Position

Reason = Literal["expired", "epoch_changed", "too_many", "malformed"]

#: Events that one resume brings at most; beyond it a client is quicker to fetch state.
MOST_EVENTS = 10_000
PAGE = 500
#: Bytes that are handed to the transport before waiting for the peer to take them.
PIECE_BYTES = 64 * 1024
COMFORTABLE_UNSENT = 256 * 1024
STALLED_AFTER = 5.0
PAUSE = 0.005
#: The loop gets a turn at least this often while what was missed is looked for.
TURN = 0.002


class ResumeRefusedError(Exception):
    """The missed events can't be had; ``reason`` is what the client is told."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class StalledError(Exception):
    """The peer does not take what it is sent."""


class TornError(Exception):
    """The log was cut while it was read; what has been sent may be a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be sent to a session that has come back: events after ``after`` up to ``upto``.

    ``rooms``: those that it hears, each with the ``seq`` after which its events are wanted. ``heard``: rooms,
    and the ``seq`` after which the session was sent their events already; those are left out. ``skip``: of
    the very next event after ``after``, that many messages have arrived before the line was cut.
    """

    after: Position
    upto: int
    rooms: Mapping[str, int]
    heard: Mapping[str, int]
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Missed:
    """Missed events that can be had. ``send`` writes them and tells how many messages they were."""

    send: Callable[[], Awaitable[int]]


class Replay:
    """Reads and sends missed events. ``at_once`` resumes may read the log at a time; the others wait."""

    def __init__(
        self, *, source: Source, ring: Ring, most_events: int = MOST_EVENTS, at_once: int = 8
    ) -> None:
        self._source = source
        self._ring = ring
        self._most_events = most_events
        self._reading = asyncio.Semaphore(at_once)

    async def check(self, cursor: Position | None, here: Position, *, partly: bool = False) -> Position:
        """The cursor, if events after it can be had; ``partly``: the client has something of the next event
        too. Raises ``ResumeRefusedError``."""
        if cursor is None:
            raise ResumeRefusedError("malformed")
        if cursor.epoch != here.epoch:
            raise ResumeRefusedError("epoch_changed")
        newest = cursor.seq + partly
        if newest > here.seq:
            # From a snapshot, or another process, that is ahead of us; or from a log that no longer exists.
            head = await self._source.head()
            if head.epoch != cursor.epoch or head.top < newest:
                raise ResumeRefusedError("epoch_changed")
        return cursor

    async def find(self, session: Session, wish: Wish) -> Missed:
        """What ``session`` has missed, not sent yet. Raises ``ResumeRefusedError`` where it can't be had
        whole, or whatever the source raises.

        ``Missed.send`` raises ``StalledError``, ``TornError``, or whatever the source raises.
        """
        if wish.after.seq >= wish.upto:
            return Missed(lambda: _write_all(session, ()))
        events = self._ring.after(wish.after.seq)
        if events is not None:
            frames = await _frames_of(session, events, wish)
            if len(frames) > self._most_events:
                raise ResumeRefusedError("too_many")
            return Missed(lambda: _write_all(session, frames))
        async with self._reading:
            self._still_kept(wish.after, await self._source.head())
            interest = session.wire.dialect.interest(wish.rooms.keys())
            most = self._most_events
            found = await self._source.count(
                after=wish.after.seq, upto=wish.upto, limit=most + 1, interest=interest
            )
            if found > most:
                raise ResumeRefusedError("too_many")
        return Missed(lambda: self._send_from_log(session, wish, interest))

    async def _send_from_log(self, session: Session, wish: Wish, interest: Interest) -> int:
        sent = 0
        place = wish.after.seq
        async with self._reading:
            while place < wish.upto:
                records = await self._source.read(
                    epoch=wish.after.epoch, after=place, upto=wish.upto, limit=PAGE, interest=interest
                )
                events = [EncodedEvent(record) for record in records]
                sent += await _write_all(
                    session, [frame for event in events for frame in _frames(session, event, wish)]
                )
                if len(records) < PAGE:
                    break
                place = records[-1].seq
            # Days are dropped whole: had one gone while we read, what was sent could be a part.
            try:
                self._still_kept(wish.after, await self._source.head())
            except ResumeRefusedError as error:
                raise TornError from error
        return sent

    @staticmethod
    def _still_kept(after: Position, head: Head) -> None:
        if head.epoch != after.epoch:
            raise ResumeRefusedError("epoch_changed")
        if after.seq < head.floor:
            raise ResumeRefusedError("expired")


async def _frames_of(session: Session, events: Sequence[EncodedEvent], wish: Wish) -> list[bytes]:
    """Of many events it takes a while, in which others have their turns: the session is held."""
    loop = asyncio.get_running_loop()
    turn_ends = loop.time() + TURN
    frames: list[bytes] = []
    for event in events:
        if event.record.seq > wish.upto:
            break
        frames += _frames(session, event, wish)
        if loop.time() > turn_ends:
            await asyncio.sleep(0)
            turn_ends = loop.time() + TURN
    return frames


def _frames(session: Session, event: EncodedEvent, wish: Wish) -> list[bytes]:
    seq = event.record.seq
    wire = session.wire
    arrived = wish.skip if seq == wish.after.seq + 1 else 0
    frames = []
    for place, message in enumerate(event.messages(wire.dialect)):
        if place < arrived:
            continue
        if not any(wish.rooms.get(room, seq) < seq for room in message.rooms):
            continue
        if any(wish.heard.get(room, seq) < seq for room in message.rooms):
            continue
        if message.repeats is not None and message.repeats.is_in(wish.rooms):
            continue
        if message.is_for(session):
            frames.append(event.frame(wire, place))
    return frames


async def _write_all(session: Session, frames: Sequence[bytes]) -> int:
    await _write(session, frames)
    return len(frames)


async def _write(session: Session, frames: Sequence[bytes]) -> None:
    """Write at the peer's pace."""
    piece: list[bytes] = []
    size = 0
    for frame in frames:
        piece.append(frame)
        size += len(frame)
        if size >= PIECE_BYTES:
            _write_piece(session, piece)
            piece, size = [], 0
            await _until_comfortable(session)
    if piece:
        _write_piece(session, piece)
        await _until_comfortable(session)


def _write_piece(session: Session, piece: list[bytes]) -> None:
    if session.wire.joins:
        piece = [b"".join(piece)]
    for data in piece:
        session.written += len(data)
        session.writer.write(data)


async def _until_comfortable(session: Session) -> None:
    waited = 0.0
    least = unsent = session.writer.unsent()
    while unsent > COMFORTABLE_UNSENT and session.state is not State.CLOSED:
        await asyncio.sleep(PAUSE)
        unsent = session.writer.unsent()
        waited = 0.0 if unsent < least else waited + PAUSE
        least = min(least, unsent)
        if waited > STALLED_AFTER:
            raise StalledError
