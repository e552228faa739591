"""The follower: whatever the layer does to messages, the log comes out whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.hub.follower import Follower
from realtime.records import Batch, Head, Position, Record
from tests.realtime.imaginary import EPOCH, ImaginaryLog, a_batch, a_record
from tests.realtime.waiting import until


class Followed:
    """What came out of a follower."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.lost = 0

    def deliver(self, record: Record) -> None:
        self.seqs.append(record.seq)

    def lose(self) -> None:
        self.lost += 1


@asynccontextmanager
async def following(
    log: ImaginaryLog, *, silence: float = 60.0, preload: int = 0
) -> AsyncIterator[tuple[Follower, Followed]]:
    followed = Followed()
    follower = Follower(source=log, deliver=followed.deliver, lost=followed.lose, silence=silence)
    task = asyncio.create_task(follower.run(preload=preload))
    async with asyncio.timeout(5):
        await follower.reach(0)
    yield follower, followed
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_news_in_order_are_handed_on_without_reading_the_log() -> None:
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        follower.offer(a_batch(1, 2))
        follower.offer(a_batch(3))
        await follower.reach(3)
        assert followed.seqs == [1, 2, 3]
        assert log.reads == 0


async def test_a_doubled_batch_is_handed_on_once() -> None:
    async with following(ImaginaryLog()) as (follower, followed):
        follower.offer(a_batch(1, 2))
        follower.offer(a_batch(1, 2))
        follower.offer(a_batch(2, 3))
        await follower.reach(3)
        assert followed.seqs == [1, 2, 3]


async def test_a_lost_batch_is_read_from_the_log_as_soon_as_the_next_one_comes() -> None:
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        log.write(*(a_record(seq) for seq in range(1, 6)))
        follower.offer(a_batch(5))
        await follower.reach(5)
        assert followed.seqs == [1, 2, 3, 4, 5]
        assert log.reads == 1


async def test_a_batch_that_overtakes_another_disturbs_nothing() -> None:
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        log.write(*(a_record(seq) for seq in range(1, 5)))
        follower.offer(a_batch(3, 4))
        follower.offer(a_batch(1, 2))
        await follower.reach(4)
        assert followed.seqs == [1, 2, 3, 4]


async def test_a_heartbeat_that_is_ahead_shows_what_was_missed() -> None:
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        log.write(a_record(1), a_record(2))
        follower.offer(Head(EPOCH, 2))
        await follower.reach(2)
        assert followed.seqs == [1, 2]


async def test_when_nothing_is_heard_the_log_itself_is_asked() -> None:
    log = ImaginaryLog()
    async with following(log, silence=0.02) as (_follower, followed):
        log.write(a_record(1))
        await until(lambda: followed.seqs == [1])


async def test_a_log_that_is_away_is_waited_for_and_nothing_is_skipped() -> None:
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        log.write(*(a_record(seq) for seq in range(1, 4)))
        log.is_away = True
        follower.offer(a_batch(3))
        await asyncio.sleep(0.15)
        assert followed.seqs == []
        log.is_away = False
        await follower.reach(3)
        assert followed.seqs == [1, 2, 3]


async def test_it_begins_at_the_end_of_the_log_and_can_look_back_a_little() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 11)))
    async with following(log, preload=3) as (follower, followed):
        assert follower.position == Position(EPOCH, 10)
        assert followed.seqs == [8, 9, 10]


async def test_another_epoch_sends_everybody_away_and_is_followed_from_its_end() -> None:
    log = ImaginaryLog(a_record(1), a_record(2))
    async with following(log) as (follower, followed):
        log.epoch, log.records = "newone", [a_record(7, epoch="newone")]
        follower.offer(Head("newone", 7))
        await until(lambda: follower.position == Position("newone", 7))
        assert followed.lost == 1
        log.write(a_record(8, epoch="newone"))
        follower.offer(a_batch(8, epoch="newone"))
        await follower.reach(8)
        assert followed.seqs == [8]


async def test_news_of_an_epoch_that_the_log_does_not_have_are_ignored() -> None:
    async with following(ImaginaryLog(a_record(1))) as (follower, followed):
        follower.offer(a_batch(9, epoch="foreign"))
        follower.offer(a_batch(2))
        await follower.reach(2)
        assert followed.lost == 0
        assert followed.seqs == [2]


async def test_a_log_that_was_put_back_to_an_older_state_is_noticed() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 10)))
    async with following(log) as (follower, followed):
        log.records = log.records[:4]
        for _beat in range(5):
            follower.offer(Head(EPOCH, 4))
            await asyncio.sleep(0.005)
        await until(lambda: followed.lost == 1)
        assert follower.position == Position(EPOCH, 4)


async def test_events_that_are_gone_for_good_are_not_passed_over_in_silence() -> None:
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        log.write(a_record(5))
        log.floor = 4
        follower.offer(Head(EPOCH, 5))
        await until(lambda: followed.lost == 1)
        assert follower.position == Position(EPOCH, 5)


async def test_what_does_not_fit_the_inbox_is_read_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.hub.follower.INBOX_BYTES", 10)
    log = ImaginaryLog()
    async with following(log) as (follower, followed):
        batches = [Batch(EPOCH, (a_record(seq, data="x" * 8),)) for seq in range(1, 21)]
        for batch in batches:
            log.write(*batch.records)
            follower.offer(batch)
        await follower.reach(20)
        assert followed.seqs == list(range(1, 21))
        assert log.reads > 0


@given(seed=st.integers(0, 2**32), events=st.integers(1, 60))
def test_however_the_layer_loses_doubles_and_reorders_each_event_comes_once_in_order(
    seed: int, events: int
) -> None:
    async def scenario() -> None:
        chance = random.Random(seed)
        log = ImaginaryLog()
        batches: list[Batch] = []
        seq = 0
        while seq < events:
            size = chance.randint(1, 5)
            batches.append(a_batch(*range(seq + 1, seq + size + 1)))
            seq += size
        sent = [batch for batch in batches if chance.random() > 0.3]
        sent += [batch for batch in batches if chance.random() < 0.2]
        for _swap in range(len(sent)):
            a = chance.randrange(len(sent))
            b = min(len(sent) - 1, a + chance.randint(0, 3))
            sent[a], sent[b] = sent[b], sent[a]
        async with following(log) as (follower, followed):
            for batch in batches:
                log.write(*batch.records)
            for batch in sent:
                follower.offer(batch)
                if chance.random() < 0.5:
                    await asyncio.sleep(0)
            follower.offer(Head(EPOCH, seq))
            await follower.reach(seq)
            assert followed.seqs == list(range(1, seq + 1))
            assert followed.lost == 0

    asyncio.run(scenario())
