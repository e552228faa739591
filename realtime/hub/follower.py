"""Follows the log: whatever the layer loses, doubles or reorders, out comes every event, in order, once.

The position is the number of the newest event that was handed on. News that continue it are handed on; news
from behind it are dropped; news from ahead of it mean that something was missed, which is read from the
source at once. When nothing at all is heard the source is asked each second. So the layer only ever makes
things quick.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from realtime.hub.source import Source
from realtime.records import Batch, Head, Position, Record

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A heartbeat comes each second; after this long without any, the source is asked,
SILENCE = 1.5
#: and then as often as this, until something is heard again.
ASKING = 1.0
PAGE = 500
#: The loop gets a turn at least this often while events are handed on.
TURN = 0.005
#: Batches that wait; what comes beyond it is read from the source later.
INBOX_BYTES = 16 * 1024 * 1024
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
#: Heartbeats in a row from behind the position, until the source is asked whether the log went back.
BEHIND = 5


class Follower:
    """``deliver`` takes each event, in order; ``lost`` is told when the order can't be kept: a log that began
    anew, or events that are gone."""

    def __init__(
        self,
        *,
        source: Source,
        deliver: Callable[[Record], None],
        lost: Callable[[], None],
        silence: float = SILENCE,
    ) -> None:
        self._source = source
        self._deliver = deliver
        self._lost = lost
        self._silence = self._patience = silence
        self._inbox: deque[Batch] = deque()
        self._inbox_bytes = 0
        self._newest: Head | None = None
        self._behind = 0
        self._wake = asyncio.Event()
        self._moved = asyncio.Condition()
        self.position: Position | None = None

    def offer(self, news: Batch | Head) -> None:
        """Take news from the layer, in whatever order they come. Returns at once."""
        if isinstance(news, Head):
            self._note(news)
        elif self._inbox_bytes + (size := _size(news)) > INBOX_BYTES:
            self._note(news.head)
        else:
            self._inbox.append(news)
            self._inbox_bytes += size
        self._wake.set()

    def _note(self, head: Head) -> None:
        noted = self._newest
        if noted is None or noted.epoch != head.epoch or noted.top < head.top:
            self._newest = head

    async def run(self, *, preload: int = 0) -> None:
        """Follow until cancelled. ``preload``: hand on up to this many of the newest events first."""
        await self._begin(preload)
        while True:
            await self._wait()
            while self._inbox or self._newest is not None:
                await self._persistently(self._take_news)

    async def reach(self, seq: int) -> None:
        """Wait until event ``seq`` was handed on."""
        if self.position is not None and self.position.seq < seq:
            self.offer(Head(self.position.epoch, seq))
        async with self._moved:
            await self._moved.wait_for(lambda: self.position is not None and self.position.seq >= seq)

    async def _begin(self, preload: int) -> None:
        head = await self._persistently(self._source.head)
        start = max(head.floor, head.top - preload)
        records: Sequence[Record] = ()
        if start < head.top:
            records = await self._persistently(
                lambda: self._source.read(epoch=head.epoch, after=start, upto=head.top, limit=preload)
            )
        # A gap among them would make the ring a lie.
        if [record.seq for record in records] == list(range(start + 1, head.top + 1)):
            self.position = Position(head.epoch, start)
            await self._hand_on(records)
        await self._move(Position(head.epoch, head.top))

    async def _wait(self) -> None:
        """Until there are news; after too long a silence, ask for them."""
        try:
            async with asyncio.timeout(self._patience):
                await self._wake.wait()
            self._patience = self._silence
        except TimeoutError:
            self._newest = await self._persistently(self._source.head)
            self._patience = min(self._silence, ASKING)
        self._wake.clear()

    async def _take_news(self) -> None:
        while self._inbox:
            batch = self._inbox[0]
            await self._take_batch(batch)
            self._inbox.popleft()
            self._inbox_bytes -= _size(batch)
        if (head := self._newest) is not None:
            await self._take_head(head)
            if self._newest is head:
                self._newest = None

    async def _take_batch(self, batch: Batch) -> None:
        position = self._here()
        if batch.epoch != position.epoch:
            await self._begin_anew_if_so()
            return
        first = batch.records[0].seq
        if first > position.seq + 1:
            await self._fill(first - 1)
            position = self._here()
        await self._hand_on([record for record in batch.records if record.seq > position.seq])

    async def _take_head(self, head: Head) -> None:
        position = self._here()
        if head.epoch != position.epoch:
            await self._begin_anew_if_so()
        elif head.top > position.seq:
            self._behind = 0
            await self._fill(head.top)
        elif head.top < position.seq:
            # Usually a heartbeat that was overtaken; for ever only after the log was put back to an older
            # state.
            self._behind += 1
            if self._behind >= BEHIND:
                self._behind = 0
                await self._begin_anew_if_so()
        else:
            self._behind = 0

    async def _fill(self, upto: int) -> None:
        """Read what was missed."""
        while (position := self._here()).seq < upto:
            records = await self._source.read(epoch=position.epoch, after=position.seq, upto=upto, limit=PAGE)
            dense = range(position.seq + 1, position.seq + 1 + len(records))
            if not records or [record.seq for record in records] != list(dense):
                await self._begin_anew(await self._source.head())
                return
            await self._hand_on(records)

    async def _begin_anew_if_so(self) -> None:
        """Somebody speaks of another log. Only the source knows."""
        head = await self._source.head()
        position = self._here()
        if head.epoch != position.epoch or head.top < position.seq:
            await self._begin_anew(head)

    async def _begin_anew(self, head: Head) -> None:
        logger.warning("the event log can't be followed on from %s; going on at %s", self.position, head)
        self._lost()
        await self._move(Position(head.epoch, head.top))

    async def _hand_on(self, records: Sequence[Record]) -> None:
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + TURN
        for record in records:
            self._deliver(record)
            self.position = Position(record.epoch, record.seq)
            if loop.time() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = loop.time() + TURN
        if records:
            await self._move(self._here())

    async def _move(self, position: Position) -> None:
        async with self._moved:
            self.position = position
            self._moved.notify_all()

    def _here(self) -> Position:
        assert self.position is not None  # noqa: S101  set before anything is followed
        return self.position

    async def _persistently(self, work: Callable[[], Awaitable[T]]) -> T:
        """``work()``, again and again until the source answers."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await work()
            except Exception as error:  # noqa: BLE001  whatever ails the source, the hub waits for it
                logger.warning("the event log can't be read: %s", str(error).strip() or type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def _size(batch: Batch) -> int:
    return sum(len(record.data) + len(record.extra) for record in batch.records)
