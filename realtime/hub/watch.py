"""Looks after connections each second: those that don't take what they are sent, and expired credentials."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from realtime.hub.session import CloseCode, Session, State

#: A byte that has waited longer than this shows a peer that is too slow.
MOST_SECONDS_UNSENT = 5.0
#: Events that one session may have waiting while it is held, or behind a busy loop.
MOST_PENDING = 10_000
INTERVAL = 1.0
#: A peer that is told of its ended credentials has this long for fresh ones.
SECONDS_TO_RENEW = 60.0

Close = Callable[[Session, CloseCode], None]


class Watch:
    """``look`` is called each ``INTERVAL``; ``close`` ends a session."""

    def __init__(self, *, close: Close, most_unsent: int, most_seconds: float = MOST_SECONDS_UNSENT) -> None:
        self._close = close
        self._most_unsent = most_unsent
        self._most_seconds = most_seconds

    def look(self, sessions: Collection[Session], *, now: float) -> None:
        """Close every session that has to be closed. ``now`` is any steady clock's."""
        wall = time.time()
        for session in list(sessions):
            if session.expires_at is not None and session.expires_at <= wall:
                self._expire(session, wall)
            elif len(session.pending) > MOST_PENDING:
                self._close(session, CloseCode.LOST_ITS_PLACE)
            elif self._is_too_slow(session, now):
                self._close(session, CloseCode.TOO_SLOW)

    def _expire(self, session: Session, wall: float) -> None:
        warn, session.warn_expired = session.warn_expired, None
        if warn is None:
            self._close(session, CloseCode.TOKEN_EXPIRED)
        else:
            session.expires_at = wall + SECONDS_TO_RENEW
            warn()

    def _is_too_slow(self, session: Session, now: float) -> bool:
        """Whether the bytes that were written by the time of the mark are still not all taken, for too
        long."""
        unsent = session.writer.unsent()
        if unsent > self._most_unsent and session.state is State.LIVE:
            return True
        taken = session.written - unsent
        # A door may have said something that is not counted as written (the answer to a handshake), so that
        # at the first look less seems to be taken than nothing: that is no sign of slowness yet.
        if unsent == 0 or taken >= session.taken_mark or session.taken_by is None:
            # All up to the mark has gone; whatever waits now is younger than the mark.
            session.taken_mark = session.written
            session.taken_by = now + self._most_seconds
            return False
        return now > session.taken_by
