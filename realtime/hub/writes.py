"""Joined writes: frames that come within a few milliseconds leave as one write for each session.

A write costs as much as hundreds of appends, so this is what the hub's throughput hangs on. The first event
after a quiet moment leaves at the end of its event-loop tick; only what follows closely waits: for as long as
the writing before it took, so that however many listen, half the time is left for everything else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from realtime.hub.session import Session, State

#: Frames of this many seconds share a write, or of as many as the last round of writes took, up to the most.
WINDOW = 0.002
LONGEST_WINDOW = 0.02
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
        #: Sessions that have frames waiting, each once (a held one may be here too, and is passed over).
        self._waiting: list[Session] = []
        self._timer: asyncio.Handle | None = None
        self._began = 0.0
        self._next_flush = 0.0

    def add(self, sessions: Iterable[Session], frame: bytes) -> None:
        """Have ``frame`` written to each of ``sessions``."""
        waiting = self._waiting
        for session in sessions:
            pending = session.pending
            if not pending:
                waiting.append(session)
            pending.append(frame)
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
        while self._waiting:
            self._write_slice()

    def _schedule(self) -> None:
        wait = self._next_flush - time.monotonic()
        if wait <= 0:
            self._timer = self._loop.call_soon(self._begin_flush)
        else:
            self._timer = self._loop.call_later(wait, self._begin_flush)

    def _begin_flush(self) -> None:
        self._began = time.monotonic()
        self._flush_slice()

    def _flush_slice(self) -> None:
        self._write_slice()
        # What the transports were given they write at the end of the tick: only then it is known how long it
        # took.
        self._timer = self._loop.call_soon(self._flush_slice if self._waiting else self._rest)

    def _rest(self) -> None:
        """Let the next round wait for as long as this one took."""
        self._timer = None
        now = time.monotonic()
        self._next_flush = now + min(max(self._window, now - self._began), LONGEST_WINDOW)
        if self._waiting:
            self._schedule()

    def _write_slice(self) -> None:
        sessions = self._waiting[: self._slice_size]
        del self._waiting[: self._slice_size]
        last: list[bytes] | None = None
        joined = b""
        for session in sessions:
            if session.state is not State.LIVE:
                continue
            frames = session.pending
            if not frames:
                continue
            session.pending = []
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
            # while these wait in the transports. Comparing costs a pointer each, the frames being the same.
            if frames != last:
                joined = frames[0] if len(frames) == 1 else b"".join(frames)
                last = frames
            session.written += len(joined)
            writer.write(joined)
