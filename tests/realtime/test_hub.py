"""The hub: who hears what, once, in order, and at whose expense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from realtime.hub.hub import Hub, HubLimits
from realtime.hub.session import CloseCode, State
from realtime.records import Position
from tests.realtime.imaginary import (
    EPOCH,
    ImaginaryLog,
    PlainDialect,
    a_batch,
    a_record,
    a_session,
    a_wire,
)
from tests.realtime.waiting import until


@asynccontextmanager
async def a_hub(log: ImaginaryLog | None = None, **limits: int) -> AsyncIterator[Hub]:
    hub = Hub(source=log or ImaginaryLog(), limits=HubLimits(**limits), silence=60)
    hub.start()
    assert await hub.ready()
    yield hub
    await hub.stop()


async def settle(hub: Hub, seq: int) -> None:
    """Until event `seq` is out of the hub's hands."""
    await until(lambda: hub.position.seq >= seq)
    await asyncio.sleep(0.01)


async def test_an_event_is_built_and_framed_once_however_many_hear_it() -> None:
    dialect = PlainDialect()
    wire = a_wire(dialect)
    async with a_hub() as hub:
        ears = []
        for _listener in range(50):
            session, ear = a_session(wire)
            hub.open(session)
            hub.join(session, ["all"])
            ears.append(ear)
        hub.offer(a_batch(1))
        await settle(hub, 1)
        assert dialect.built == [1]
        assert all(ear.heard == ["1"] for ear in ears)
        assert len({id(ear.writes[0]) for ear in ears}) == 1


async def test_nothing_is_built_that_nobody_hears() -> None:
    dialect = PlainDialect()
    async with a_hub() as hub:
        session, ear = a_session(a_wire(dialect))
        hub.open(session)
        hub.join(session, ["elsewhere"])
        hub.offer(a_batch(1))
        await settle(hub, 1)
        assert dialect.built == []
        assert ear.heard == []


async def test_a_connection_hears_an_event_once_in_however_many_of_its_rooms_it_is() -> None:
    wire = a_wire()
    async with a_hub() as hub:
        both, in_both = a_session(wire)
        one, in_one = a_session(wire)
        for session in (both, one):
            hub.open(session)
        hub.join(both, ["a", "b", "c"])
        hub.join(one, ["b"])
        hub.offer(a_batch(1, rooms="a,b,c"))
        await settle(hub, 1)
        assert in_both.heard == ["1"]
        assert in_one.heard == ["1"]


async def test_wires_with_different_framing_each_get_their_own() -> None:
    joined, single = a_wire(), a_wire(joins=False)
    async with a_hub() as hub:
        first, first_ear = a_session(joined)
        second, second_ear = a_session(single)
        for session in (first, second):
            hub.open(session)
            hub.join(session, ["all"])
        hub.offer(a_batch(1, 2, 3))
        await settle(hub, 3)
        assert first_ear.writes == [b"<1><2><3>"]
        assert second_ear.writes == [b"<1>", b"<2>", b"<3>"]


async def test_events_that_come_together_leave_in_one_write() -> None:
    async with a_hub() as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.join(session, ["all"])
        hub.offer(a_batch(*range(1, 101)))
        await settle(hub, 100)
        assert ear.heard == [str(seq) for seq in range(1, 101)]
        assert len(ear.writes) <= 3


async def test_whoever_joins_hears_exactly_what_comes_after_the_place_returned() -> None:
    async with a_hub() as hub:
        hub.offer(a_batch(1, 2))
        await settle(hub, 2)
        session, ear = a_session(a_wire())
        hub.open(session)
        assert hub.join(session, ["all"]) == Position(EPOCH, 2)
        hub.offer(a_batch(3))
        await settle(hub, 3)
        assert ear.heard == ["3"]


async def test_whoever_parts_or_leaves_hears_no_more() -> None:
    async with a_hub() as hub:
        parted, parted_ear = a_session(a_wire())
        left, left_ear = a_session(a_wire())
        for session in (parted, left):
            hub.open(session)
            hub.join(session, ["all"])
        hub.part(parted, ["all"])
        hub.leave(left)
        hub.offer(a_batch(1))
        await settle(hub, 1)
        assert parted_ear.heard == []
        assert left_ear.heard == []
        assert hub.sessions == {parted}


async def test_an_answer_keeps_its_place_among_the_events() -> None:
    async with a_hub() as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.join(session, ["all"])
        hub.offer(a_batch(1))
        await settle(hub, 1)
        hub.send(session, b"answer")
        hub.offer(a_batch(2))
        await settle(hub, 2)
        assert ear.heard == ["1", "answer", "2"]


async def test_a_peer_with_too_much_unsent_is_closed_and_delays_nobody() -> None:
    async with a_hub(unsent_bytes=1_000) as hub:
        wire = a_wire()
        stuck, stuck_ear = a_session(wire, deaf=True)
        well, well_ear = a_session(wire)
        for session in (stuck, well):
            hub.open(session)
            hub.join(session, ["all"])
        stuck_ear.backlog = 1_001
        hub.offer(a_batch(1))
        await settle(hub, 1)
        assert stuck_ear.closed == (CloseCode.TOO_SLOW, "too slow")
        assert stuck_ear.heard == []
        assert stuck not in hub.sessions
        assert well_ear.heard == ["1"]


async def test_an_event_that_can_not_be_shown_is_left_out_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = ImaginaryLog()
    async with a_hub(log) as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.join(session, ["all"])
        log.write(a_record(1), a_record(2, data="unspeakable"), a_record(3))
        await hub._follower.reach(3)
        await settle(hub, 3)
        assert ear.heard == ["1", "3"]
        assert "evt_2 can't be shown" in caplog.text


async def test_another_epoch_closes_everybody_with_3010() -> None:
    log = ImaginaryLog(a_record(1))
    async with a_hub(log) as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.join(session, ["all"])
        log.epoch, log.records = "newone", []
        hub.offer(a_batch(2, epoch="newone"))
        await until(lambda: ear.closed is not None)
        assert ear.closed == (3010, "lost its place")
        assert hub.position == Position("newone", 0)


async def test_when_the_hub_stops_everybody_is_sent_away_with_3001_after_all_was_written() -> None:
    async with a_hub() as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.send(session, b"last")
    assert ear.heard == ["last"]
    assert ear.closed == (3001, "shutting down")


async def test_connections_of_one_user_and_of_one_address_are_limited() -> None:
    wire = a_wire()
    async with a_hub(per_holder=2, per_address=3) as hub:
        first, _ = a_session(wire, holder="user:1", address="192.0.2.1")
        second, _ = a_session(wire, holder="user:1", address="192.0.2.2")
        third, _ = a_session(wire, holder="user:1", address="192.0.2.3")
        assert hub.open(first)
        assert hub.open(second)
        assert not hub.open(third)
        hub.leave(first)
        assert hub.open(third)
        guests = [a_session(wire, address="192.0.2.9")[0] for _guest in range(4)]
        assert [hub.open(guest) for guest in guests] == [True, True, True, False]


async def test_a_guest_who_signs_in_counts_as_that_user() -> None:
    wire = a_wire()
    async with a_hub(per_holder=1) as hub:
        guest, _ = a_session(wire)
        other, _ = a_session(wire)
        hub.open(guest)
        hub.open(other)
        assert hub.belong(guest, holder="user:1")
        assert hub.belong(guest, holder="user:1")
        assert not hub.belong(other, holder="user:1")
        assert hub.holders() == {"user:1"}


async def test_a_session_that_was_closed_ignores_everything() -> None:
    async with a_hub() as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.close(session, CloseCode.NOT_ALLOWED)
        hub.close(session, CloseCode.TOO_SLOW)
        hub.join(session, ["all"])
        hub.send(session, b"hello")
        hub.offer(a_batch(1))
        await settle(hub, 1)
        assert ear.closed == (3507, "not allowed")
        assert ear.heard == []
        assert session.state is State.CLOSED


async def test_an_ephemeral_event_is_heard_and_not_remembered() -> None:
    async with a_hub() as hub:
        session, ear = a_session(a_wire())
        hub.open(session)
        hub.join(session, ["all"])
        hub.whisper(a_record(0))
        await settle(hub, 0)
        assert ear.heard == ["0"]
        assert hub.position.seq == 0
        assert len(hub._ring) == 0
