"""That users are active, for staff: each at most once in a while, however many connections say so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice

from realtime.events import UserActive
from realtime.records import Record
from realtime.whispers import whisper_of

#: Seconds between two of one user. Clients say it each thirty.
APART = 10.0
#: More than come in, so that all are forgotten in the end.
FORGOTTEN_AT_ONCE = 3


class Recently:
    """Remembers names for a while."""

    def __init__(self, seconds: float, *, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        #: Oldest first.
        self._at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._at)

    def is_new(self, name: str) -> bool:
        """Whether it was not named just now. If not, it is now."""
        now = self._clock()
        for old, at in list(islice(self._at.items(), FORGOTTEN_AT_ONCE)):
            if now - at < self._seconds:
                break
            del self._at[old]
        if name in self._at:
            return False
        self._at[name] = now
        return True


class Activity:
    """``announce`` takes what every process is to whisper, ``whisper`` is the hub's."""

    def __init__(
        self,
        *,
        announce: Callable[[Sequence[Record]], None],
        whisper: Callable[[Record], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._announce = announce
        self._whisper = whisper
        self._said = Recently(APART, clock=clock)
        self._heard = Recently(APART, clock=clock)

    def active(self, user_id: str) -> None:
        """A user's client says that the user is there."""
        if self._said.is_new(user_id):
            self._announce([whisper_of(UserActive(user_id))])

    def hear(self, record: Record) -> None:
        """A process says that a user is active; the user may be connected to several."""
        if self._heard.is_new(record.subject):
            self._whisper(record)
