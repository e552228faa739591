"""Which event may be posted next. Each subject is a lane: its events go one after the other, in the order of
the log; lanes go side by side, and one that is held up holds up no other.

No I/O, no clock: times are seconds that the caller gives. An item is *fresh* while only the log and this
memory know of it, so the subscription's place must stay before it; *held* once it is to have a row of its
own, and the place may go past it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator

from realtime.webhooks.records import RESET


class Item:
    """An event to deliver. ``body`` is forgotten when it is held; ``due``: not to be tried before."""

    __slots__ = ("attempts", "body", "due", "event_id", "first_failed", "held", "seq", "subject", "type")

    def __init__(
        self,
        *,
        seq: int,
        event_id: str,
        type: str,  # noqa: A002  as the event calls it
        subject: str,
        body: bytes | None = None,
        attempts: int = 0,
        due: float | None = None,
        first_failed: float | None = None,
        held: bool = False,
    ) -> None:
        self.seq = seq
        self.event_id = event_id
        self.type = type
        self.subject = subject
        self.body = body
        self.attempts = attempts
        self.due = due
        self.first_failed = first_failed
        self.held = held


class Lanes:
    """The events of one subscription that are to be delivered. ``seq`` is how far the log has been read."""

    def __init__(self, *, seq: int) -> None:
        self.seq = seq
        self._lanes: dict[str, deque[Item]] = {}
        #: Lanes whose first item may go at once, and those whose first has to wait, by when.
        self._ready: deque[str] = deque()
        self._waiting: list[tuple[float, int, Item]] = []
        #: In the order of the log, since they are put in in that order.
        self._fresh: dict[int, Item] = {}
        self._newly_held: list[Item] = []
        self._barrier: Item | None = None
        self.held = 0

    @property
    def fresh(self) -> int:
        """How many are only in memory."""
        return len(self._fresh)

    @property
    def safe(self) -> int:
        """The place up to which everything is delivered or held."""
        return next(iter(self._fresh)) - 1 if self._fresh else self.seq

    def add(self, item: Item) -> None:
        """Put an event behind those of its subject; in the order of the log."""
        if item.held:
            self.held += 1
            if item.type == RESET:
                self._barrier = item
                return
        else:
            self._fresh[item.seq] = item
            self.seq = item.seq
        lane = self._lanes.setdefault(item.subject, deque())
        lane.append(item)
        if len(lane) == 1:
            self._line_up(item)
        elif lane[0].held and not item.held:
            # It would keep the place in the log back for as long as the one before it fails.
            self._hold(item)

    def read_up_to(self, seq: int) -> None:
        """The log has been read so far; what was there and is wanted has been added."""
        self.seq = max(self.seq, seq)

    def take(self, now: float) -> Item | None:
        """An event that may be posted now; the caller then says what came of it."""
        return self.take_due(now) or self.take_ready()

    def take_due(self, now: float) -> Item | None:
        """As ``take``, of those that have failed before."""
        if self._barrier is not None:
            if self._barrier.due is None or self._barrier.due > now:
                return None
            self._barrier.due = None
            return self._barrier
        if not self._waiting or self._waiting[0][0] > now:
            return None
        return heapq.heappop(self._waiting)[2]

    def take_ready(self) -> Item | None:
        """As ``take``, of those that have not been tried yet."""
        if self._barrier is not None or not self._ready:
            return None
        return self._lanes[self._ready.popleft()][0]

    def next_due(self) -> float | None:
        """When the next that has failed may be tried again."""
        if self._barrier is not None:
            return self._barrier.due
        return self._waiting[0][0] if self._waiting else None

    def succeeded(self, item: Item) -> None:
        """It is delivered: the next of its subject may go."""
        if item.held:
            self.held -= 1
        if item is self._barrier:
            self._barrier = None
            return
        self._fresh.pop(item.seq, None)
        lane = self._lanes[item.subject]
        lane.popleft()
        if lane:
            self._line_up(lane[0])
        else:
            del self._lanes[item.subject]

    def failed(self, item: Item, *, due: float) -> None:
        """It is to be tried again, not before ``due``. What is behind it is held with it."""
        item.due = due
        if item is self._barrier:
            return
        if not item.held:
            self._hold(item)
            self._newly_held.remove(item)  # its failure is written down anyway
        for other in self._lanes[item.subject]:
            if not other.held:
                self._hold(other)
        heapq.heappush(self._waiting, (due, item.seq, item))

    def all_due(self, now: float) -> None:
        """Nothing waits any longer: the receiver is back."""
        self._waiting = [(now, seq, item) for _due, seq, item in self._waiting]
        heapq.heapify(self._waiting)

    def newly_held(self) -> list[Item]:
        """Those that are held since the last time it was asked, and have not been tried."""
        found, self._newly_held = self._newly_held, []
        return found

    def __iter__(self) -> Iterator[Item]:
        """All of them."""
        for lane in self._lanes.values():
            yield from lane

    def _line_up(self, first: Item) -> None:
        if first.due is None:
            self._ready.append(first.subject)
        else:
            heapq.heappush(self._waiting, (first.due, first.seq, first))

    def _hold(self, item: Item) -> None:
        del self._fresh[item.seq]
        item.held = True
        item.body = None
        self.held += 1
        self._newly_held.append(item)
