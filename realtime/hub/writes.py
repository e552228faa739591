"""Joined writes: frames that come within a few milliseconds leave as one write for each session.

A write costs as much as hundreds of appends, so this is what the hub's throughput hangs on. The first event
after a quiet moment leaves at the end of its event-loop tick; only what follows closely waits.

All who have frames waiting are written to in one *round*. What comes meanwhile for those who have been
written to is for the next one, a moment later: so more frames share its writes, and the loop has some of its
time for everything else, however many sessions there are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from realtime.hub.session import Session, State

#: Frames of this many seconds share a write.
WINDOW = 0.002
#: Between two rounds is at least so large a share of the time that the first one cost, up to a limit.
REST = 0.5
LONGEST_REST = 0.02
#: Sessions written to in one tick; the others wait for the next, so that the loop stays responsive.
SLICE = 500


class JoinedWrites:
    """Frames on their way to sessions. ``shed`` is told of a session that has too much unsent."""

    def __init__(
        self,
        *,
        shed: Callable[[Session], None],
        most_unsent: int,
        window: float = WINDOW,
        slice_size: int = SLICE,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._shed = shed
        self._most_unsent = most_unsent
        self._window = window
        self._slice_size = slice_size
        #: Sessions that have frames waiting for the next round, each once (a held one may be here too, and is
        #: passed over); and those of the round that is under way.
        self._waiting: list[Session] = []
        self._round: list[Session] = []
        self._timer: asyncio.Handle | None = None
        self._next_round = 0.0
        #: The processor's seconds at which the round began. (Whoever else has the core meanwhile, that is not
        #: because of the writing.)
        self._began = 0.0

    def add(self, sessions: Iterable[Session], frame: bytes) -> None:
        """Have ``frame`` written to each of ``sessions``."""
        waiting = self._waiting
        # Who has the same frames waiting has them in the same tuple: it is made once, and nothing for each.
        alone = (frame,)
        before: tuple[bytes, ...] = ()
        after: tuple[bytes, ...] = alone
        for session in sessions:
            pending = session.pending
            if not pending:
                session.pending = alone
                waiting.append(session)
                continue
            if pending is not before:
                before, after = pending, (*pending, frame)
            session.pending = after
        if self._timer is None and waiting:
            self._schedule()

    def release(self, session: Session) -> None:
        """Have a session's frames written that were kept back while it was held."""
        if session.pending:
            self._waiting.append(session)
            if self._timer is None:
                self._schedule()

    def flush(self) -> None:
        """Write everything now."""
        while self._round or self._waiting:
            self._write_slice()

    def _schedule(self) -> None:
        wait = self._next_round - time.monotonic()
        if wait <= 0:
            self._timer = self._loop.call_soon(self._begin)
        else:
            self._timer = self._loop.call_later(wait, self._begin)

    def _begin(self) -> None:
        self._began = time.thread_time()
        self._go_on()

    def _go_on(self) -> None:
        """Write to a slice of the round, and see that the rest of it follows."""
        self._write_slice()
        # What the transports were given they write at the end of the tick: only then its cost is known.
        self._timer = self._loop.call_soon(self._go_on if self._round else self._rest)

    def _rest(self) -> None:
        """See that the next round follows, and leave time for everything else before it."""
        self._timer = None
        took = time.thread_time() - self._began
        self._next_round = time.monotonic() + max(self._window, min(REST * took, LONGEST_REST))
        if self._waiting:
            self._schedule()

    def _write_slice(self) -> None:
        if not self._round:
            self._round, self._waiting = self._waiting, []
        sessions = self._round[: self._slice_size]
        del self._round[: self._slice_size]
        last: tuple[bytes, ...] = ()
        joined = b""
        for session in sessions:
            if session.state is not State.LIVE:
                continue
            frames = session.pending
            if not frames:
                continue
            session.pending = ()
            writer = session.writer
            if writer.unsent() > self._most_unsent:
                self._shed(session)
                continue
            if not session.wire.joins:
                for payload in frames:
                    session.written += len(payload)
                    writer.write(payload)
                continue
            # Listeners of the same rooms have the same frames waiting: then they share the joined bytes, also
            # while these wait in the transports.
            if frames is not last and frames != last:
                joined = frames[0] if len(frames) == 1 else b"".join(frames)
                last = frames
            session.written += len(joined)
            writer.write(joined)
