"""The hub's smaller parts: rooms, ring, joined writes, the watch."""

from __future__ import annotations

import asyncio
import time

import pytest

from realtime.hub.encoded import EncodedEvent
from realtime.hub.ring import Ring
from realtime.hub.rooms import RoomIndex
from realtime.hub.session import CloseCode, Session, State
from realtime.hub.watch import MOST_PENDING, Watch
from realtime.hub.wire import Message, Told
from realtime.hub.writes import JoinedWrites
from tests.realtime.imaginary import a_record, a_session, a_wire
from tests.realtime.waiting import until


def ring_of(*seqs: int, events: int = 100, size: int = 10**6) -> Ring:
    ring = Ring(events=events, size=size)
    for seq in seqs:
        ring.append(EncodedEvent(a_record(seq)))
    return ring


def seqs_after(ring: Ring, seq: int) -> list[int] | None:
    found = ring.after(seq)
    return None if found is None else [event.record.seq for event in found]


def test_the_ring_gives_everything_after_a_place_or_says_that_it_can_not() -> None:
    ring = ring_of(5, 6, 7)
    assert seqs_after(ring, 4) == [5, 6, 7]
    assert seqs_after(ring, 6) == [7]
    assert seqs_after(ring, 7) == []
    assert seqs_after(ring, 3) is None
    assert seqs_after(ring_of(), 0) is None


def test_the_ring_is_bounded_by_number_and_by_bytes() -> None:
    assert seqs_after(ring_of(1, 2, 3, 4, events=2), 2) == [3, 4]
    assert seqs_after(ring_of(1, 2, 3, 4, events=2), 1) is None
    one = EncodedEvent(a_record(1)).size
    assert len(ring_of(1, 2, 3, 4, size=3 * one)) == 3


def test_rooms_forget_whoever_left_and_are_empty_at_the_end() -> None:
    rooms, wire = RoomIndex(), a_wire()
    session, _ = a_session(wire)
    rooms.add(session, "a")
    rooms.add(session, "b")
    assert rooms.sizes() == {"a": 1, "b": 1}
    assert list(rooms.wires()) == [wire]
    rooms.discard_all(session, ["a", "b", "never"])
    assert rooms.sizes() == {}
    assert list(rooms.wires()) == []


def test_an_audience_has_nobody_twice_and_nobody_of_another_wire() -> None:
    rooms, wire, other = RoomIndex(), a_wire(), a_wire()
    sessions = [a_session(wire)[0] for _each in range(4)]
    stranger, _ = a_session(other)
    for session in sessions:
        rooms.add(session, "big")
    for session in sessions[:2]:
        rooms.add(session, "small")
    alone, _ = a_session(wire)
    rooms.add(alone, "small")
    rooms.add(stranger, "big")
    heard = [s for audience in rooms.audiences(wire, ["small", "big", "none"]) for s in audience]
    assert len(heard) == 5
    assert set(heard) == {*sessions, alone}


def test_what_repeats_an_event_is_not_for_whoever_was_sent_that_event() -> None:
    """Who joined the room before it was, has been sent it; who joined at it or later, has not."""
    message = Message(("user",), a_record(9), lambda _record: b"", repeats=Told("product", 5))
    everybody = {}
    for name, rooms in {
        "in neither": {},
        "only in its own": {"user": 1},
        "before": {"user": 1, "product": 4},
        "at it": {"user": 1, "product": 5},
        "after it": {"user": 1, "product": 8},
    }.items():
        everybody[name], _ = a_session(a_wire())
        everybody[name].rooms = rooms
    heard = set(message.among(set(everybody.values())))
    assert {name for name, one in everybody.items() if one in heard} == {
        "in neither", "only in its own", "at it", "after it",
    }  # fmt: skip
    assert [message.is_for(one) for one in everybody.values()] == [True, True, False, True, True]


def test_an_event_for_many_rooms_takes_its_room_in_the_ring() -> None:
    few, many = EncodedEvent(a_record(1)), EncodedEvent(a_record(1))
    wire = a_wire()
    few.messages(wire.dialect)[0].rooms = ("a",)
    many.messages(wire.dialect)[0].rooms = tuple(f"user:{number}" for number in range(1_000))
    assert many.size - few.size == 99_900


def never_shed(session: Session) -> None:
    raise AssertionError("nobody was too slow")


async def test_the_first_frame_leaves_in_its_tick_and_what_follows_closely_leaves_together() -> None:
    writes = JoinedWrites(shed=never_shed, most_unsent=1_000, window=0.3)
    session, ear = a_session(a_wire())
    writes.add([session], b"<1>")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert ear.writes == [b"<1>"]
    writes.add([session], b"<2>")
    writes.add([session], b"<3>")
    await asyncio.sleep(0)
    assert ear.writes == [b"<1>"]
    await until(lambda: len(ear.writes) == 2)
    assert ear.writes == [b"<1>", b"<2><3>"]


async def test_sessions_with_the_same_frames_waiting_share_the_joined_bytes() -> None:
    writes = JoinedWrites(shed=never_shed, most_unsent=1_000)
    wire = a_wire()
    pairs = [a_session(wire) for _each in range(3)]
    writes.add([session for session, _ear in pairs], b"<1>")
    writes.add([pairs[2][0]], b"<own>")
    writes.add([session for session, _ear in pairs], b"<2>")
    writes.flush()
    (_, first), (_, second), (_, third) = pairs
    assert first.writes == second.writes == [b"<1><2>"]
    assert first.writes[0] is second.writes[0]
    assert third.writes == [b"<1><own><2>"]


async def test_many_sessions_are_written_to_in_slices_that_leave_the_loop_its_turn() -> None:
    writes = JoinedWrites(shed=never_shed, most_unsent=1_000, slice_size=10)
    wire = a_wire()
    pairs = [a_session(wire) for _each in range(25)]
    writes.add([session for session, _ear in pairs], b"<1>")
    done = []
    for _tick in range(4):
        await asyncio.sleep(0)
        done.append(sum(1 for _session, ear in pairs if ear.writes))
    assert done[-1] == 25
    assert 10 in done


async def test_what_comes_during_a_round_leaves_with_it_or_waits_for_the_next_one() -> None:
    writes = JoinedWrites(shed=never_shed, most_unsent=1_000, slice_size=10, window=0.05)
    wire = a_wire()
    pairs = [a_session(wire) for _each in range(25)]
    everybody = [session for session, _ear in pairs]
    writes.add(everybody, b"<1>")
    await asyncio.sleep(0)
    had = [bool(ear.writes) for _session, ear in pairs]
    assert had.count(True) == 10
    for frame in (b"<2>", b"<3>"):
        writes.add(everybody, frame)
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    for (_session, ear), was_first in zip(pairs, had, strict=True):
        # The third frame found one more slice written.
        assert ear.writes in ([[b"<1>"]] if was_first else [[b"<1><2>"], [b"<1><2><3>"]])
    await until(lambda: all(b"".join(ear.writes) == b"<1><2><3>" for _session, ear in pairs))
    for (_session, ear), was_first in zip(pairs, had, strict=True):
        assert len(ear.writes) <= 2
        assert not was_first or ear.writes == [b"<1>", b"<2><3>"]


async def test_after_a_long_round_the_loop_has_time_for_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs = iter([0.0, 0.8])
    monkeypatch.setattr("realtime.hub.writes.time.thread_time", lambda: next(costs, 0.8))
    monkeypatch.setattr("realtime.hub.writes.LONGEST_REST", 1.0)
    writes = JoinedWrites(shed=never_shed, most_unsent=1_000, window=0.001)
    session, ear = a_session(a_wire())
    writes.add([session], b"<1>")
    await until(lambda: ear.writes == [b"<1>"])
    writes.add([session], b"<2>")
    assert await until(lambda: ear.writes == [b"<1>", b"<2>"]) > 0.1


async def test_a_held_session_is_passed_over_until_it_is_released() -> None:
    writes = JoinedWrites(shed=never_shed, most_unsent=1_000)
    session, ear = a_session(a_wire())
    session.state = State.HELD
    writes.add([session], b"<1>")
    writes.flush()
    writes.add([session], b"<2>")
    writes.flush()
    assert ear.writes == []
    session.state = State.LIVE
    writes.release(session)
    writes.flush()
    assert ear.writes == [b"<1><2>"]


class Closings:
    def __init__(self) -> None:
        self.codes: list[int] = []

    def close(self, session: Session, code: CloseCode) -> None:
        session.state = State.CLOSED
        self.codes.append(code)


def test_a_byte_that_waits_longer_than_five_seconds_closes_with_3008() -> None:
    closings = Closings()
    watch = Watch(close=closings.close, most_unsent=10**6)
    session, ear = a_session(a_wire(), deaf=True)
    session.written, ear.backlog = 100, 100
    watch.look([session], now=0.0)
    session.written += 50
    ear.backlog += 50
    watch.look([session], now=4.0)
    watch.look([session], now=5.0)
    assert closings.codes == []
    watch.look([session], now=10.1)
    assert closings.codes == [3008]


def test_what_a_door_said_before_the_hub_said_anything_gives_the_peer_the_same_time() -> None:
    closings = Closings()
    watch = Watch(close=closings.close, most_unsent=10**6)
    session, ear = a_session(a_wire(), deaf=True)
    session.written, ear.backlog = 30, 100
    watch.look([session], now=1_000.0)
    watch.look([session], now=1_004.9)
    assert closings.codes == []
    watch.look([session], now=1_005.1)
    assert closings.codes == [3008]


def test_a_slow_peer_that_keeps_taking_what_is_old_stays() -> None:
    closings = Closings()
    watch = Watch(close=closings.close, most_unsent=10**6)
    session, ear = a_session(a_wire(), deaf=True)
    for second in range(60):
        # There is always something unsent, and never for longer than three seconds.
        session.written += 100
        ear.backlog = min(session.written, 300)
        watch.look([session], now=float(second))
    assert closings.codes == []


def test_too_much_unsent_closes_without_waiting_for_the_next_event() -> None:
    closings = Closings()
    watch = Watch(close=closings.close, most_unsent=1_000)
    session, ear = a_session(a_wire(), deaf=True)
    session.written = ear.backlog = 1_001
    watch.look([session], now=0.0)
    assert closings.codes == [3008]


def test_credentials_that_have_expired_close_with_3005() -> None:
    closings = Closings()
    watch = Watch(close=closings.close, most_unsent=1_000)
    expired, _ = a_session(a_wire())
    expired.expires_at = time.time() - 0.1
    good, _ = a_session(a_wire())
    good.expires_at = time.time() + 60
    watch.look([expired, good], now=0.0)
    assert closings.codes == [3005]
    assert good.state is State.LIVE


@pytest.mark.parametrize("state", [State.HELD, State.LIVE])
def test_a_session_that_piles_up_events_loses_its_place(state: State) -> None:
    closings = Closings()
    watch = Watch(close=closings.close, most_unsent=1_000)
    session, _ = a_session(a_wire())
    session.state = state
    session.pending = (b"x",) * (MOST_PENDING + 1)
    watch.look([session], now=0.0)
    assert closings.codes == [3010]
