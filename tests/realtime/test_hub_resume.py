"""Resuming: everything that was missed, in order, once, from the ring or from the log; or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.hub import replay
from realtime.hub.hub import Hub, HubLimits
from realtime.hub.session import Session, State
from realtime.records import Position
from tests.realtime.imaginary import EPOCH, Ear, ImaginaryLog, a_batch, a_record, a_session, a_wire


@asynccontextmanager
async def a_hub(log: ImaginaryLog, *, ring_events: int = 10_000, preload: int = 500) -> AsyncIterator[Hub]:
    hub = Hub(source=log, limits=HubLimits(ring_events=ring_events, preload=preload), silence=60)
    hub.start()
    assert await hub.ready()
    yield hub
    await hub.stop()


async def resume(
    hub: Hub, session: Session, *, after: int | None, rooms: tuple[str, ...] = ("all",), epoch: str = EPOCH
) -> tuple[int, str | None]:
    cursor = None if after is None else Position(epoch, after)
    async with hub.resuming(session, rooms=rooms, cursor=cursor) as outcome:
        hub.send(session, b"resumed")
    await asyncio.sleep(0.01)
    return outcome.replayed, outcome.reason


def a_listener(hub: Hub) -> tuple[Session, Ear]:
    session, ear = a_session(a_wire())
    hub.open(session)
    return session, ear


@pytest.mark.parametrize("ring_events", [10_000, 1])
async def test_what_was_missed_comes_in_order_and_then_the_answer_and_then_what_is_new(
    ring_events: int,
) -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 21)))
    async with a_hub(log, ring_events=ring_events) as hub:
        session, ear = a_listener(hub)
        assert await resume(hub, session, after=12) == (8, None)
        hub.offer(a_batch(21))
        await hub._follower.reach(21)
        await asyncio.sleep(0.01)
        assert ear.heard == [*map(str, range(13, 21)), "resumed", "21"]
        assert log.reads == (1 if ring_events > 1 else 2)


async def test_the_ring_and_the_log_give_the_same_bytes() -> None:
    log = ImaginaryLog(*(a_record(seq, data="{}é") for seq in range(1, 31)))
    heard = []
    for ring_events in (10_000, 1):
        async with a_hub(log, ring_events=ring_events) as hub:
            session, ear = a_listener(hub)
            await resume(hub, session, after=3)
            heard.append(b"".join(ear.writes))
    assert heard[0] == heard[1]


async def test_what_happens_while_the_missed_events_are_read_comes_after_them() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 11)))
    async with a_hub(log, ring_events=1) as hub:
        session, ear = a_listener(hub)
        reading = asyncio.Event()
        read = log.read

        async def slow_read(**bounds: object) -> object:
            reading.set()
            await asyncio.sleep(0.05)
            return await read(**bounds)  # type: ignore[arg-type]

        log.read = slow_read  # type: ignore[method-assign,assignment]
        resuming = asyncio.create_task(resume(hub, session, after=5))
        await reading.wait()
        hub.offer(a_batch(11, 12))
        assert await resuming == (5, None)
        assert ear.heard == ["6", "7", "8", "9", "10", "resumed", "11", "12"]


async def test_others_have_their_turns_while_what_was_missed_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "TURN", -1.0)
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 101)))
    async with a_hub(log) as hub:
        session, ear = a_listener(hub)
        turns: list[int] = []

        async def others() -> None:
            while session.state is not State.LIVE or not ear.writes:
                turns.append(len(ear.writes))
                await asyncio.sleep(0)

        turn_taker = asyncio.create_task(others())
        assert await resume(hub, session, after=0) == (100, None)
        await turn_taker
        assert turns.count(0) >= 100
        assert ear.heard == [*map(str, range(1, 101)), "resumed"]


async def test_only_the_rooms_that_are_asked_for_are_replayed() -> None:
    log = ImaginaryLog(a_record(1, rooms="a"), a_record(2, rooms="b"), a_record(3, rooms="a,b"))
    async with a_hub(log) as hub:
        session, ear = a_listener(hub)
        assert await resume(hub, session, after=0, rooms=("a",)) == (2, None)
        assert ear.heard == ["1", "3", "resumed"]


async def test_nothing_that_the_connection_has_heard_is_sent_again() -> None:
    log = ImaginaryLog(*(a_record(seq, rooms="a,b") for seq in range(1, 6)))
    async with a_hub(log) as hub:
        session, ear = a_listener(hub)
        hub.join(session, ["a"])
        hub.offer(a_batch(6, 7, rooms="a,b"))
        await hub._follower.reach(7)
        await asyncio.sleep(0.01)
        assert await resume(hub, session, after=3, rooms=("a", "b")) == (2, None)
        assert ear.heard == ["6", "7", "4", "5", "resumed"]
        assert await resume(hub, session, after=0, rooms=("a",)) == (3, None)
        assert ear.heard[5:] == ["1", "2", "3", "resumed"]


@pytest.mark.parametrize(
    ("after", "epoch", "reason"),
    [(None, EPOCH, "malformed"), (3, "other", "epoch_changed"), (99, EPOCH, "epoch_changed")],
)
async def test_a_cursor_that_means_nothing_is_said_so_and_nothing_is_replayed(
    after: int | None, epoch: str, reason: str
) -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 6)))
    async with a_hub(log) as hub:
        session, ear = a_listener(hub)
        assert await resume(hub, session, after=after, epoch=epoch) == (0, reason)
        hub.offer(a_batch(6))
        await hub._follower.reach(6)
        await asyncio.sleep(0.01)
        assert ear.heard == ["resumed", "6"]


async def test_a_cursor_from_before_what_is_kept_has_expired() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(11, 21)), floor=10)
    async with a_hub(log, ring_events=1) as hub:
        session, ear = a_listener(hub)
        assert await resume(hub, session, after=9) == (0, "expired")
        assert ear.heard == ["resumed"]
        assert await resume(hub, session, after=10) == (10, None)


@pytest.mark.parametrize("ring_events", [10_000, 1])
async def test_more_than_can_be_replayed_is_refused_before_anything_is_sent(ring_events: int) -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 31)))
    async with a_hub(log, ring_events=ring_events) as hub:
        hub._replay._most_events = 20
        session, ear = a_listener(hub)
        assert await resume(hub, session, after=5) == (0, "too_many")
        assert ear.heard == ["resumed"]
        assert await resume(hub, session, after=10) == (20, None)


async def test_a_cursor_that_is_ahead_of_this_process_is_waited_for() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 6)))
    async with a_hub(log) as hub:
        session, ear = a_listener(hub)
        log.write(a_record(6), a_record(7), a_record(8))
        assert await resume(hub, session, after=7) == (0, None)
        hub.offer(a_batch(8))
        await hub._follower.reach(8)
        await asyncio.sleep(0.01)
        assert ear.heard == ["resumed", "8"]


async def test_a_log_that_fails_in_the_middle_closes_with_3010_and_claims_nothing() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 6)))
    async with a_hub(log, ring_events=1) as hub:
        session, ear = a_listener(hub)

        async def broken_read(**bounds: object) -> object:
            raise ConnectionError("gone")

        log.read = broken_read  # type: ignore[method-assign,assignment]
        await resume(hub, session, after=1)
        assert ear.closed == (3010, "lost its place")
        assert ear.heard == []


async def test_a_log_that_was_cut_while_it_was_read_closes_with_3010() -> None:
    log = ImaginaryLog(*(a_record(seq) for seq in range(1, 6)))
    async with a_hub(log, ring_events=1) as hub:
        session, ear = a_listener(hub)
        read = log.read

        async def cutting_read(**bounds: object) -> object:
            log.floor = 4
            return await read(**bounds)  # type: ignore[arg-type]

        log.read = cutting_read  # type: ignore[method-assign,assignment]
        await resume(hub, session, after=1)
        assert ear.closed == (3010, "lost its place")


async def test_a_peer_that_takes_nothing_while_it_resumes_is_closed_with_3008(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realtime.hub.replay.STALLED_AFTER", 0.05)
    monkeypatch.setattr("realtime.hub.replay.COMFORTABLE_UNSENT", 1_000)
    log = ImaginaryLog(*(a_record(seq, data="{}" + "x" * 70_000) for seq in range(1, 6)))
    async with a_hub(log) as hub:
        session, ear = a_listener(hub)
        ear.deaf = True
        await resume(hub, session, after=0)
        assert ear.closed == (3008, "too slow")


@given(
    rooms=st.lists(st.sampled_from(["a", "b", "a,b", "c"]), min_size=1, max_size=40),
    cuts=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=4),
    ring_events=st.sampled_from([1, 5, 10_000]),
)
def test_wherever_the_line_is_cut_the_listener_has_each_event_once_and_in_order(
    rooms: list[str], cuts: list[tuple[int, int]], ring_events: int
) -> None:
    async def scenario() -> None:
        log = ImaginaryLog()
        async with a_hub(log, ring_events=ring_events) as hub:
            heard: list[int] = []
            session, ear = a_listener(hub)
            hub.join(session, ["a", "b"])
            for seq, room in enumerate(rooms, start=1):
                log.write(a_record(seq, rooms=room))
                hub.offer(a_batch(seq, rooms=room))
                await hub._follower.reach(seq)
                for _place, lost in [cut for cut in cuts if cut[0] + 1 == seq]:
                    hub._writes.flush()
                    got = [int(message) for message in ear.heard if message != "resumed"]
                    # The line breaks; the last of what was written never arrived.
                    heard += got[: max(0, len(got) - lost)]
                    hub.leave(session)
                    session, ear = a_listener(hub)
                    await resume(hub, session, after=heard[-1] if heard else 0, rooms=("a", "b"))
            hub._writes.flush()
            heard += [int(message) for message in ear.heard if message != "resumed"]
            assert heard == [at + 1 for at, room in enumerate(rooms) if room != "c"]

    asyncio.run(scenario())
