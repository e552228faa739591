"""The figures for those of the staff who listen here: all of them when they begin to, then each when it
changed, at most once a second.

Each process asks for those who listen to it, and for nobody else: it needs no other process for it, and
where nobody listens nothing is asked. What a figure costs decides how often it is asked for: never for more
than a twentieth of the time, however large the shop.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from config.kernel import clock
from realtime.analytics import figures
from realtime.analytics.figures import FIGURES, Figure, Number, Reading
from realtime.events import DashboardMetric
from realtime.hub.session import Session
from realtime.presence.figures import STAFF_ROOM, WhisperTo
from realtime.records import Record
from realtime.threads import threads
from realtime.whispers import whisper_of

log = structlog.get_logger(__name__)

#: Seconds between two of one figure, for each who listens.
APART = 1.0
#: A figure is not asked for again for so many times as long as it took.
REST = 20
PAUSE_AFTER_FAILURE = 1.0
GOODBYE = 2.0

Read = Callable[[Collection[str], dt.datetime], Awaitable[Mapping[str, Reading]]]


async def read_in_a_thread(names: Collection[str], now: dt.datetime) -> Mapping[str, Reading]:
    """``figures.read``, from an event loop."""
    return await threads.run(partial(figures.read, names, now))


@dataclass(slots=True)
class _Known:
    """What is known of a figure: its value when it was last asked for (``asked_at``), whether it may have
    changed since, and the moment from which it is of another day."""

    figure: Figure
    value: Number | None = None
    timestamp: str = ""
    asked_at: float = float("-inf")
    seconds: float = 0.0
    may_have_changed: bool = True
    holds_until: dt.datetime | None = None


@dataclass(slots=True)
class _Listener:
    """Since when somebody listens, and what they were told of each figure, and when."""

    since: float
    told: dict[str, tuple[Number, float]] = field(default_factory=dict)


class Dashboard:
    """``whisper_to`` is the hub's. Told by it who listens and what happens; all of it in its loop."""

    def __init__(
        self,
        whisper_to: WhisperTo,
        *,
        read: Read = read_in_a_thread,
        steady: Callable[[], float] | None = None,
        now: Callable[[], dt.datetime] = clock.now,
    ) -> None:
        self._whisper_to = whisper_to
        self._read = read
        self._steady = steady or asyncio.get_running_loop().time
        self._now = now
        self._known = {figure.name: _Known(figure) for figure in FIGURES}
        self._of_event: dict[str, list[_Known]] = {}
        for known in self._known.values():
            for event in known.figure.events:
                self._of_event.setdefault(event, []).append(known)
        self._audience: dict[Session, _Listener] = {}
        self._wake = asyncio.Event()
        self._is_failing = False
        self._is_ending = False
        self._task: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ what the hub tells

    def entered(self, session: Session) -> None:
        """Whoever comes hears nothing yet."""

    def left(self, session: Session) -> None:
        """A session has gone."""
        self._audience.pop(session, None)

    def belongs_to(self, session: Session, before: str) -> None:
        """Whoever may not listen any more leaves the room."""

    def joined(self, session: Session, room: str) -> None:
        """A session hears ``room`` now."""
        if room != STAFF_ROOM:
            return
        self._forget_who_left()
        if not self._audience:
            # Nobody looked at what has happened since.
            for known in self._known.values():
                known.may_have_changed = True
        self._audience[session] = _Listener(self._steady())
        self._wake.set()

    def happened(self, record: Record) -> None:
        """An event of the log was told."""
        if not self._audience:
            return
        for known in self._of_event.get(record.type, ()):
            if not known.may_have_changed:
                known.may_have_changed = True
                self._wake.set()

    # ------------------------------------------------------------------ its task

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="dashboard")

    async def stop(self) -> None:
        """End. A question that is under way is waited for."""
        self._is_ending = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=GOODBYE)
            self._task.cancel()

    async def _run(self) -> None:
        while not self._is_ending:
            self._wake.clear()
            try:
                await self.look()
            except (DatabaseError, InterfaceError) as error:
                if not self._is_failing:
                    log.warning("the dashboard's figures wait for the database", error=str(error).strip())
                self._is_failing = True
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            except Exception:
                log.exception("the dashboard's figures could not be told")
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            else:
                self._is_failing = False
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.rest()):
                        await self._wake.wait()

    async def look(self) -> None:
        """Ask for the figures that are due, and tell whoever has not heard them yet."""
        self._forget_who_left()
        if not self._audience:
            return
        began = self._steady()
        due = {name: known for name, known in self._known.items() if self._due_at(known) <= began}
        if due:
            await self._ask(due, began)
        self._tell(self._steady())

    def rest(self) -> float | None:
        """For how many seconds there is nothing to do; ``None``: until something happens."""
        if not self._audience:
            return None
        now = self._steady()
        next_times = [self._due_at(known) for known in self._known.values()]
        for listener in self._audience.values():
            next_times += [
                at + APART for name, (value, at) in listener.told.items() if value != self._known[name].value
            ]
        return max(0.0, min(next_times) - now)

    # ------------------------------------------------------------------ asking

    async def _ask(self, due: Mapping[str, _Known], began: float) -> None:
        now = self._now()
        for known in due.values():
            # Before the question: what happens while it is answered may not be in the answer.
            known.may_have_changed = False
        try:
            readings = await self._read(list(due), now)
        except BaseException:
            for known in due.values():
                known.may_have_changed = True
            raise
        for name, known in due.items():
            known.value, known.seconds = readings[name].value, readings[name].seconds
            known.asked_at, known.timestamp = began, clock.iso(now)
            if known.figure.of_the_day:
                known.holds_until = clock.end_of_day(now, settings.STOCKWIRE_TIME_ZONE)

    def _due_at(self, known: _Known) -> float:
        """When to ask for it next, by the steady clock."""
        soonest = known.asked_at + known.seconds * REST
        if any(self._waits(listener, known) for listener in self._audience.values()):
            return soonest
        due = known.asked_at + (APART if known.may_have_changed else known.figure.every)
        if known.holds_until is not None:
            until_then = (known.holds_until - self._now()).total_seconds()
            due = min(due, max(known.asked_at + APART, self._steady() + until_then))
        return max(soonest, due)

    def _waits(self, listener: _Listener, known: _Known) -> bool:
        """Whether somebody who has just come can't be told what is known."""
        return known.figure.name not in listener.told and not self._is_new_enough(listener, known)

    @staticmethod
    def _is_new_enough(listener: _Listener, known: _Known) -> bool:
        if known.may_have_changed:
            return known.asked_at >= listener.since
        return known.asked_at > listener.since - APART

    # ------------------------------------------------------------------ telling

    def _tell(self, now: float) -> None:
        for name, known in self._known.items():
            if known.value is None:
                continue
            listening = [
                session
                for session, listener in self._audience.items()
                if self._is_to_hear(listener, known, now)
            ]
            for session in listening:
                self._audience[session].told[name] = (known.value, now)
            if listening:
                event = DashboardMetric(name, known.value)
                self._whisper_to(listening, whisper_of(event, timestamp=known.timestamp))

    def _is_to_hear(self, listener: _Listener, known: _Known, now: float) -> bool:
        heard = listener.told.get(known.figure.name)
        if heard is None:
            return self._is_new_enough(listener, known)
        value, at = heard
        return value != known.value and now - at >= APART

    def _forget_who_left(self) -> None:
        for session in [one for one in self._audience if STAFF_ROOM not in one.rooms]:
            del self._audience[session]
