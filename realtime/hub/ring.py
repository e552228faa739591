"""The newest events, in memory: most of those who come back were gone for seconds."""

from __future__ import annotations

from collections import deque
from itertools import islice

from realtime.hub.encoded import EncodedEvent


class Ring:
    """A dense run of the newest events, bounded by number and by bytes."""

    def __init__(self, *, events: int, size: int) -> None:
        self._events: deque[EncodedEvent] = deque()
        #: What each was counted as.
        self._sizes: deque[int] = deque()
        self._most_events = events
        self._most_bytes = size
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._events)

    def append(self, event: EncodedEvent) -> None:
        """Add the event that follows the newest one, once its frames are made: they count."""
        self._events.append(event)
        self._sizes.append(event.size)
        self._bytes += self._sizes[-1]
        while len(self._events) > self._most_events or (self._bytes > self._most_bytes and self._events):
            self._events.popleft()
            self._bytes -= self._sizes.popleft()

    def clear(self) -> None:
        """Forget all."""
        self._events.clear()
        self._sizes.clear()
        self._bytes = 0

    def after(self, seq: int) -> list[EncodedEvent] | None:
        """Every event after ``seq``, or ``None`` where the ring does not reach back so far."""
        if not self._events:
            return None
        first = self._events[0].record.seq
        if seq < first - 1:
            return None
        wanted = self._events[-1].record.seq - seq
        if wanted <= 0:
            return []
        # From the right, since most ask for the last few.
        newest = list(islice(reversed(self._events), wanted))
        newest.reverse()
        return newest
