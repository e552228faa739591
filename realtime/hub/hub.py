"""The hub itself: sessions come in, are put into rooms, and hear the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from realtime.hub.admission import Admission
from realtime.hub.encoded import EncodedEvent
from realtime.hub.follower import Follower
from realtime.hub.observer import UNOBSERVED, Observer
from realtime.hub.replay import Missed, Reason, Replay, ResumeRefusedError, StalledError, Wish
from realtime.hub.ring import Ring
from realtime.hub.rooms import RoomIndex
from realtime.hub.session import REASONS, CloseCode, Session, State
from realtime.hub.source import Source
from realtime.hub.watch import INTERVAL, Watch
from realtime.hub.writes import JoinedWrites
from realtime.records import Batch, Head, Position, Record

logger = logging.getLogger(__name__)


#: A client may come with a cursor from a process that is ahead of this one, for about a heartbeat.
CATCH_UP_SECONDS = 5.0
#: Between two steps of draining; and so many leave in each step, however long it may take.
DRAIN_STEP = 0.05
LEAST_DRAINED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLimits:
    """What keeps memory bounded."""

    unsent_bytes: int = 1024 * 1024
    ring_events: int = 10_000
    ring_bytes: int = 32 * 1024 * 1024
    preload: int = 500
    per_holder: int = 50
    per_address: int = 1_000
    #: Seconds that one resume may take.
    resume: float = 15.0


@dataclass(slots=True)
class Resumed:
    """How a resume went: ``reason`` is empty where everything was sent."""

    position: Position
    replayed: int = 0
    reason: Reason | None = None


class Hub:
    """One per event loop. Everything but ``offer`` is called from that loop."""

    def __init__(
        self, *, source: Source, limits: HubLimits | None = None, silence: float | None = None
    ) -> None:
        self.limits = limits or HubLimits()
        self._loop = asyncio.get_running_loop()
        self.sessions: set[Session] = set()
        self._rooms = RoomIndex()
        self._ring = Ring(events=self.limits.ring_events, size=self.limits.ring_bytes)
        self._writes = JoinedWrites(shed=self._shed, most_unsent=self.limits.unsent_bytes)
        self._replay = Replay(source=source, ring=self._ring)
        self._watch = Watch(close=self.close, most_unsent=self.limits.unsent_bytes)
        self._admission = Admission(per_holder=self.limits.per_holder, per_address=self.limits.per_address)
        #: Told who comes and goes.
        self.observer: Observer = UNOBSERVED
        patience = {} if silence is None else {"silence": silence}
        self._follower = Follower(source=source, deliver=self._deliver, lost=self._lost, **patience)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        #: The process is about to end: whoever balances the load is to send nobody here.
        self.is_draining = False

    # ------------------------------------------------------------------ its life

    def start(self) -> None:
        """Begin to follow the log."""
        self._tasks = [
            asyncio.create_task(self._follower.run(preload=self.limits.preload), name="hub follower"),
            asyncio.create_task(self._look_after(), name="hub watch"),
        ]

    async def drain(self, *, seconds: float) -> None:
        """Admit nobody any more, and send those who are here away, evenly over ``seconds`` or quicker: they
        come back elsewhere, and not all at once."""
        self._stopping = self.is_draining = True
        leaving = list(self.sessions)
        steps = max(1, round(seconds / DRAIN_STEP))
        size = max(LEAST_DRAINED, -(-len(leaving) // steps))
        for begin in range(0, len(leaving), size):
            for session in leaving[begin : begin + size]:
                self.close(session, CloseCode.SHUTTING_DOWN)
            await asyncio.sleep(DRAIN_STEP)

    async def stop(self) -> None:
        """Send everybody away to come back elsewhere, and end."""
        self._stopping = self.is_draining = True
        self._writes.flush()
        for session in list(self.sessions):
            self.close(session, CloseCode.SHUTTING_DOWN)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def ready(self, *, within: float = 5.0) -> bool:
        """Wait until the hub knows its place in the log; whether it does."""
        if self._follower.position is not None:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._follower.reach(0)
            return True
        return False

    @property
    def position(self) -> Position:
        """The place up to which every live session has been sent everything. Only when ``ready``."""
        if self._follower.position is None:
            raise RuntimeError("the hub does not know its place in the log yet")
        return self._follower.position

    @property
    def seq(self) -> int:
        """That place's number; 0 for a hub that doesn't know its place yet."""
        return self._follower.position.seq if self._follower.position is not None else 0

    def offer(self, news: Batch | Head) -> None:
        """News from the relay, in whatever order they come."""
        self._follower.offer(news)

    # ------------------------------------------------------------------ sessions

    @property
    def is_stopping(self) -> bool:
        """Whether everybody is being sent away."""
        return self._stopping

    def admits(self, *, holder: str, address: str) -> bool:
        """Whether one more session would be taken in."""
        return not self._stopping and self._admission.admits(holder=holder, address=address)

    def open(self, session: Session) -> bool:
        """Take a session in; False where there are too many of its holder or from its address."""
        if not self.admits(holder=session.holder, address=session.address):
            return False
        self._admission.enter(session)
        self.sessions.add(session)
        self.observer.entered(session)
        return True

    def leave(self, session: Session) -> None:
        """The connection has gone, or is going."""
        if session.state is State.CLOSED:
            return
        session.state = State.CLOSED
        session.pending = ()
        self._rooms.discard_all(session, session.rooms)
        session.rooms = {}
        if session in self.sessions:
            self.sessions.discard(session)
            self._admission.leave(session)
            self.observer.left(session)

    def close(self, session: Session, code: CloseCode) -> None:
        """End a connection. What it was told before, the reason above all, goes out first."""
        if session.state is State.CLOSED:
            return
        if code is not CloseCode.TOO_SLOW:
            self._write_pending(session)
        self.leave(session)
        session.writer.close(code, REASONS[code])

    def belong(self, session: Session, *, holder: str) -> bool:
        """The connection is ``holder``'s from now on; False where there are too many already."""
        if holder == session.holder or session.state is State.CLOSED:
            return True  # whoever has gone meanwhile is counted no more
        if not self._admission.admits(holder=holder, address=""):
            return False
        before = session.holder
        self._admission.leave(session)
        session.holder = holder
        self._admission.enter(session)
        self.observer.belongs_to(session, before)
        return True

    @property
    def admission(self) -> Admission:
        """How many connections there are, of whom."""
        return self._admission

    def holders(self) -> set[str]:
        """Everybody who has a connection here."""
        return self._admission.holders()

    def send(self, session: Session, payload: bytes) -> None:
        """Send something to one session only: an answer, a refusal. In order with what was sent before."""
        self.send_frames(session, session.wire.frame(payload))

    def send_frames(self, session: Session, frame: bytes) -> None:
        """As ``send``, for what its wire's door has framed already, whole frames."""
        if session.state is State.CLOSED:
            return
        if session.state is State.HELD:
            session.written += len(frame)
            session.writer.write(frame)
        else:
            self._writes.add((session,), frame)

    # ------------------------------------------------------------------ rooms

    def join(self, session: Session, rooms: Iterable[str]) -> Position:
        """Have ``session`` hear ``rooms``, all that comes after the place returned."""
        position = self.position
        if session.state is not State.CLOSED:
            for room in rooms:
                if room not in session.rooms:
                    session.rooms[room] = position.seq
                    self._rooms.add(session, room)
                    self.observer.joined(session, room)
        return position

    def part(self, session: Session, rooms: Iterable[str]) -> None:
        """Have ``session`` hear ``rooms`` no more."""
        for room in rooms:
            if session.rooms.pop(room, None) is not None:
                self._rooms.discard(session, room)

    def members(self, is_wanted: Callable[[str], bool]) -> list[tuple[Session, str]]:
        """Who is in any room whose name is wanted, with that name."""
        return self._rooms.members(is_wanted)

    @contextmanager
    def snapshot(self, session: Session) -> Iterator[None]:
        """Inside, what ``session`` hears waits, and what it is sent by ``send`` goes out at once: so a state
        that is read inside comes before all that may have happened since."""
        self._hold(session)
        try:
            yield
        finally:
            self._release(session)

    @asynccontextmanager
    async def resuming(
        self,
        session: Session,
        *,
        rooms: Iterable[str] | Mapping[str, int],
        cursor: Position | None,
        skip: int = 0,
        decided: Callable[[Resumed], None] | None = None,
    ) -> AsyncIterator[Resumed]:
        """Join ``rooms`` and send what was missed of them since ``cursor``.

        ``rooms`` may say for each from which ``seq`` on its events are wanted at all. ``skip``: of the first
        event after ``cursor``, the messages up to this place have arrived. ``decided`` is told whether what
        was missed can be had, before any of it is sent. Yields how it went, for the answer, which goes out
        before anything newer; then the session is live. Whatever the outcome, the session is in ``rooms`` and
        has all that comes after the yielded position.
        """
        wanted = dict(rooms) if isinstance(rooms, Mapping) else dict.fromkeys(rooms, 0)
        reason: Reason | None = None
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                cursor = await self._replay.check(cursor, self.position, partly=skip > 0)
                await self._follower.reach(cursor.seq + (skip > 0))
        except ResumeRefusedError as refusal:
            reason = refusal.reason
        except Exception as error:  # noqa: BLE001  the log can't be read, however it says so
            logger.warning("a resume was refused: %s", str(error) or type(error).__name__)
            self.close(session, CloseCode.LOST_ITS_PLACE)
        # From here to the first await nothing can come between: this is the session's place.
        self._hold(session)
        heard = dict(session.rooms)
        outcome = Resumed(self.join(session, wanted), reason=reason)
        try:
            missed = None
            # Whoever has heard all of these rooms live since then has missed nothing.
            is_new = cursor is not None and any(
                heard.get(room, cursor.seq + 1) > cursor.seq for room in wanted
            )
            if cursor is not None and is_new and reason is None and session.state is not State.CLOSED:
                wish = Wish(after=cursor, upto=outcome.position.seq, rooms=wanted, heard=heard, skip=skip)
                missed = await self._find_missed(session, outcome, wish)
            if decided is not None and session.state is not State.CLOSED:
                decided(outcome)
            if missed is not None and session.state is not State.CLOSED:
                await self._send_missed(session, outcome, missed, wish)
            yield outcome
        finally:
            self._release(session)

    async def _find_missed(self, session: Session, outcome: Resumed, wish: Wish) -> Missed | None:
        try:
            async with asyncio.timeout(self.limits.resume):
                return await self._replay.find(session, wish)
        except ResumeRefusedError as refusal:
            outcome.reason = refusal.reason
        except Exception as error:  # noqa: BLE001  the log can't be read, however it says so
            logger.warning("a resume was refused: %s", str(error) or type(error).__name__)
            self.close(session, CloseCode.LOST_ITS_PLACE)
        return None

    async def _send_missed(self, session: Session, outcome: Resumed, missed: Missed, wish: Wish) -> None:
        try:
            async with asyncio.timeout(self.limits.resume):
                outcome.replayed = await missed.send()
        except (StalledError, TimeoutError):
            self.close(session, CloseCode.TOO_SLOW)
            return
        except Exception as error:  # noqa: BLE001  the log can't be read, however it says so
            logger.warning("a resume was torn off: %s", error)
            self.close(session, CloseCode.LOST_ITS_PLACE)
            return
        for room, since in wish.rooms.items():
            if room in session.rooms:
                session.rooms[room] = min(session.rooms[room], max(wish.after.seq, since))

    def _hold(self, session: Session) -> None:
        if session.state is State.LIVE:
            self._write_pending(session)
            session.state = State.HELD

    @staticmethod
    def _write_pending(session: Session) -> None:
        """Write at once what waits for the next joined write; not what a held session waits for."""
        if session.state is State.LIVE and session.pending:
            frames, session.pending = session.pending, ()
            for data in [b"".join(frames)] if session.wire.joins else frames:
                session.written += len(data)
                session.writer.write(data)

    def _release(self, session: Session) -> None:
        if session.state is State.HELD:
            session.state = State.LIVE
            self._writes.release(session)

    # ------------------------------------------------------------------ events

    def whisper(self, record: Record) -> None:
        """Send an ephemeral event to whoever is there: no place in the log, no second chance."""
        self._fan_out(EncodedEvent(record))

    def whisper_to(self, sessions: Iterable[Session], record: Record) -> None:
        """As ``whisper``, to those of ``sessions`` that are in one of its rooms and to nobody else."""
        event = EncodedEvent(record)
        for session in sessions:
            for place, message in enumerate(event.messages(session.wire.dialect)):
                if not session.rooms.keys().isdisjoint(message.rooms) and message.is_for(session):
                    self._writes.add((session,), event.frame(session.wire, place))

    def _deliver(self, record: Record) -> None:
        event = EncodedEvent(record)
        self._fan_out(event)
        self._ring.append(event)
        self.observer.happened(record)

    def _fan_out(self, event: EncodedEvent) -> None:
        for wire in self._rooms.wires():
            try:
                for place, message in enumerate(event.messages(wire.dialect)):
                    for audience in self._rooms.audiences(wire, message.rooms):
                        self._writes.add(message.among(audience), event.frame(wire, place))
            except Exception:
                # One event that can't be shown must not stop all that come after it.
                logger.exception("%s can't be shown in the %s dialect", event.record.id, wire.dialect.name)

    # ------------------------------------------------------------------ trouble

    def _shed(self, session: Session) -> None:
        self.close(session, CloseCode.TOO_SLOW)

    def _lost(self) -> None:
        """Nobody's place means anything any more."""
        self._ring.clear()
        for session in list(self.sessions):
            self.close(session, CloseCode.LOST_ITS_PLACE)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                self._watch.look(self.sessions, now=self._loop.time())
            except Exception:
                logger.exception("looking after the connections failed")
