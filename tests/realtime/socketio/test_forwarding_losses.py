"""Forwarded polls where the wire between processes loses, doubles or fails, and where processes go away."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from realtime.forwarding import post
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.requests import Answer, Refusal
from tests.realtime.socketio.processes import OK, QUICK, processes
from tests.realtime.waiting import until

UNKNOWN = Answer.refusing(Refusal.UNKNOWN_SID)
COME_BACK = Answer.refusing(Refusal.UNAVAILABLE)
CLOSED = Answer(b"1")
#: Nobody loses patience, nor asks twice.
NEVER = replace(QUICK, first_patience=3_600.0, patience=3_600.0, resend_after=3_600.0)


# ------------------------------------------------------------------------------------- bad wires


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_that_is_lost_is_sent_again(method: str) -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        ear.say("hello")
        wire.lose = [post.ASKED]
        answer = await other.ask(method, ear.connection.sid, b"4said")
        assert answer == (Answer(b"4hello") if method == "GET" else OK)
        assert ear.heard == ([] if method == "GET" else ["said"])
        assert ear.reason is None


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_that_is_lost_for_good_is_refused_soon_and_its_session_ends(method: str) -> None:
    # The longer patience is for those of whom something was heard.
    async with processes(2, limits=replace(QUICK, patience=3_600.0)) as (wire, (owner, other)):
        ear = await owner.open()
        wire.loses_all_of = {post.ASKED}
        assert await other.ask(method, ear.connection.sid, b"4said") == UNKNOWN
        await until(lambda: ear.reason is CloseReason.LOST)
        assert ear.heard == []
        assert ear.connection.sid not in owner.endpoint.connections


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_that_is_lost_ends_the_session_though_it_was_given(method: str) -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        ear.say("hello")
        wire.lose = [post.ANSWERED]
        assert await other.ask(method, ear.connection.sid, b"4said") == UNKNOWN
        await until(lambda: ear.reason is CloseReason.LOST)
        assert ear.heard == ([] if method == "GET" else ["said"])
        # The request came twice, and was done once.
        assert wire.said.count(post.ASKED) == 2
        assert wire.said.count(post.ANSWERED) == 0


async def test_an_answer_that_is_lost_after_a_long_wait_is_missed_within_the_patience() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        await asyncio.sleep(2 * QUICK.patience)
        wire.lose = [post.ANSWERED]
        ear.say("hello")
        assert await waiting == UNKNOWN
        await until(lambda: ear.reason is CloseReason.LOST)


async def test_a_word_that_a_request_is_in_hand_may_be_lost() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        wire.lose = [post.IN_HAND]
        waiting = other.poll(ear.connection.sid)
        await asyncio.sleep(2 * QUICK.patience)
        ear.say("hello")
        assert await waiting == Answer(b"4hello")


async def test_a_poll_of_which_nothing_is_said_is_given_up_and_its_session_ends() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        wire.loses_all_of = {post.IN_HAND}
        assert await other.ask("GET", ear.connection.sid) == UNKNOWN
        await until(lambda: ear.reason is CloseReason.LOST)


@pytest.mark.parametrize("memory", [0.0, QUICK.memory])
async def test_what_comes_twice_is_done_once_as_long_as_it_is_remembered(memory: float) -> None:
    async with processes(2, limits=replace(QUICK, memory=memory)) as (wire, (owner, other)):
        ear = await owner.open()
        # The first answer comes, and the second bundle after it: nothing is in hand any more.
        original, late = wire.tell, asyncio.Event()

        async def tell(group: str, message: dict[str, object]) -> None:
            await original(group, message)
            if any(said["kind"] == post.ASKED for said in message["said"]):  # type: ignore[attr-defined]
                await asyncio.sleep(0.05)
                await original(group, message)
                late.set()

        other.forwarding._post._tell = tell
        assert await other.post(ear.connection.sid, "one") == OK
        await late.wait()
        if memory:
            await asyncio.sleep(0.05)
            assert ear.heard == ["one"]
        else:
            # The control: without a memory it is said twice.
            await until(lambda: ear.heard == ["one", "one"])


async def test_over_a_wire_that_doubles_everything_all_is_said_and_heard_once() -> None:
    async with processes(3) as (wire, every):
        wire.doubles = True
        ear = await every[0].open()
        heard = []
        for number in range(20):
            assert await every[number % 3].post(ear.connection.sid, f"said {number}") == OK
            waiting = every[(number + 1) % 3].poll(ear.connection.sid)
            await asyncio.sleep(0)
            ear.say(f"heard {number}")
            heard.append((await waiting).body.decode())
        assert ear.heard == [f"said {number}" for number in range(20)]
        assert heard == [f"4heard {number}" for number in range(20)]


async def test_what_was_given_up_is_not_done_when_it_comes_late() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        original, held = wire.tell, []

        async def tell(group: str, message: dict[str, object]) -> None:
            if any(said["kind"] == post.ASKED for said in message["said"]):  # type: ignore[attr-defined]
                held.append((group, message))
            else:
                await original(group, message)

        other.forwarding._post._tell = tell
        assert await other.post(ear.connection.sid, "one") == UNKNOWN
        await until(lambda: ear.reason is CloseReason.LOST)
        for group, message in held:
            await original(group, message)
        await asyncio.sleep(0.02)
        assert ear.heard == []


async def test_a_wire_that_fails_is_said_at_once_and_used_again_when_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(post, "PAUSE_AFTER_FAILURE", 0.1)
    async with processes(2, limits=NEVER) as (wire, (owner, other)):
        ear = await owner.open()
        wire.fails = True
        assert await other.post(ear.connection.sid, "one") == COME_BACK
        assert await other.ask("GET", ear.connection.sid) == COME_BACK
        wire.fails = False
        await asyncio.sleep(0.11)
        assert await other.post(ear.connection.sid, "two") == OK
        assert ear.heard == ["two"]


async def test_an_owner_whose_answer_can_not_be_sent_ends_the_session() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        await until(lambda: post.IN_HAND in wire.said)
        wire.fails = True
        ear.say("hello")
        await until(lambda: ear.reason is CloseReason.LOST)
        wire.fails = False
        assert await waiting == UNKNOWN


# --------------------------------------------------------------------------- who goes away


async def test_a_client_that_breaks_off_its_poll_ends_the_session_at_its_owner() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        await until(lambda: post.IN_HAND in wire.said)
        waiting.cancel()
        await until(lambda: ear.reason is CloseReason.LOST)
        assert await owner.ask("GET", ear.connection.sid) == UNKNOWN
        assert not other.forwarding.is_under_way


async def test_a_client_that_breaks_off_a_post_has_said_it() -> None:
    async with processes(2) as (_wire, (owner, other)):
        ear = await owner.open()
        ear.gate = asyncio.Event()
        posting = asyncio.create_task(other.post(ear.connection.sid, "one"))
        await until(lambda: ear.heard == ["one"])
        posting.cancel()
        await asyncio.sleep(0.05)
        ear.gate.set()
        assert await other.post(ear.connection.sid, "two") == OK
        assert (ear.heard, ear.reason) == (["one", "two"], None)


async def test_an_owner_that_is_killed_is_missed_within_moments_and_not_asked_again() -> None:
    async with processes(2, limits=replace(QUICK, gone_for=3_600.0)) as (wire, (owner, other)):
        ears = [await owner.open() for _each in range(3)]
        waiting = other.poll(ears[0].connection.sid)
        await asyncio.sleep(QUICK.patience)
        owner.die()
        assert await waiting == UNKNOWN
        bundles = wire.bundles
        assert await other.ask("GET", ears[1].connection.sid) == UNKNOWN
        assert await other.post(ears[2].connection.sid, "one") == UNKNOWN
        # It was not asked, and so nobody waited for an answer.
        assert wire.said.count(post.ASKED) == 1
        assert wire.bundles - bundles <= 1


async def test_an_owner_that_was_silent_is_asked_again_once_it_is_heard_of() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear, second = await owner.open(), await owner.open()
        del wire.hear[owner.forwarding.group]
        assert await other.ask("GET", ear.connection.sid) == UNKNOWN
        wire.hear[owner.forwarding.group] = owner.forwarding.hear
        third = await other.open()
        assert await owner.post(third.connection.sid, "hello") == OK
        assert await other.post(second.connection.sid, "hello") == OK


async def test_an_owner_that_is_known_to_live_may_be_busy_for_a_while() -> None:
    async with processes(2, limits=replace(QUICK, patience=3_600.0)) as (wire, (owner, other)):
        ear = await owner.open()
        assert await other.post(ear.connection.sid, "one") == OK
        del wire.hear[owner.forwarding.group]
        held: list[dict[str, object]] = []
        wire.hear[owner.forwarding.group] = held.append
        posting = asyncio.create_task(other.post(ear.connection.sid, "two"))
        await asyncio.sleep(1.2 * QUICK.first_patience)
        for message in held:
            owner.forwarding.hear(message)
        assert await posting == OK
        assert ear.heard == ["one", "two"]


async def test_a_process_that_ends_answers_the_polls_that_wait_for_its_sessions_elsewhere() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        await until(lambda: post.IN_HAND in wire.said)
        await owner.endpoint.stop()
        await owner.forwarding.stop()
        assert await waiting == CLOSED


async def test_a_process_that_is_about_to_end_sends_the_polls_of_others_on_and_no_session_ends() -> None:
    async with processes(3) as (wire, (owner, ending, third)):
        ear = await owner.open()
        waiting = ending.poll(ear.connection.sid)
        await until(lambda: post.IN_HAND in wire.said)
        ending.forwarding.release()
        assert await waiting == Answer(b"6")
        assert await ending.ask("GET", ear.connection.sid) == Answer(b"6")
        assert await ending.post(ear.connection.sid, "said") == OK
        ear.say("hello")
        assert await third.ask("GET", ear.connection.sid) == Answer(b"4hello")
        assert (ear.heard, ear.reason) == (["said"], None)


async def test_a_process_that_ends_with_polls_of_others_tells_both_sides() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        await until(lambda: post.IN_HAND in wire.said)
        await other.forwarding.stop()
        assert await waiting == COME_BACK
        await until(lambda: ear.reason is CloseReason.LOST)
