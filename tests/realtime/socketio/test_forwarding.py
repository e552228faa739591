"""Polls that come to another process than their session's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from config.embedded.redis import Redis
from realtime import layer
from realtime.forwarding import post
from realtime.forwarding.sids import new_sid, owner_of
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.polling import refuse_too_large
from realtime.socketio.requests import Answer, EngineRequest, Refusal
from tests.realtime.socketio.processes import CALM, OK, QUICK, Process, Wire, processes
from tests.realtime.waiting import until

UNKNOWN = Answer.refusing(Refusal.UNKNOWN_SID)
BAD = Answer.refusing(Refusal.BAD_REQUEST)
COME_BACK = Answer.refusing(Refusal.UNAVAILABLE)
CLOSED = Answer(b"1")


# ------------------------------------------------------------------------------------------- ids


def test_an_id_names_its_owner_and_no_two_are_alike() -> None:
    sids = {new_sid("0123456789ab") for _each in range(1_000)}
    assert len(sids) == 1_000
    assert {owner_of(sid) for sid in sids} == {"0123456789ab"}
    assert {len(sid) for sid in sids} == {32}


def test_an_id_that_differs_in_one_character_is_nobodys() -> None:
    sid = new_sid("0123456789ab")
    for place in range(len(sid)):
        other = "A" if sid[place] != "A" else "B"
        assert owner_of(sid[:place] + other + sid[place + 1 :]) is None


@pytest.mark.parametrize(
    "sid", ["", "x", "A" * 31, "A" * 32, "A" * 33, "ü" * 32, "A" * 31 + "=", "A" * 31 + "\n"]
)
def test_what_is_no_id_of_ours_is_nobodys(sid: str) -> None:
    assert owner_of(sid) is None


async def test_an_id_that_nobody_gave_is_refused_without_asking_anybody() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        forged = ear.connection.sid[:-1] + ("A" if ear.connection.sid[-1] != "A" else "B")
        for sid in (forged, "nonsense", new_sid(other.forwarding.process)):
            assert await other.ask("GET", sid) == UNKNOWN
            assert await other.ask("POST", sid, b"4a") == UNKNOWN
        assert wire.bundles == 0


async def test_where_there_are_no_other_processes_nobody_is_asked() -> None:
    async with processes(2, reaches_others=False) as (wire, (owner, other)):
        ear = await owner.open()
        assert await other.ask("GET", ear.connection.sid) == UNKNOWN
        assert wire.bundles == 0


# ------------------------------------------------------------------------------- polls and posts


async def test_what_is_posted_by_way_of_another_process_reaches_the_session() -> None:
    async with processes(3) as (_wire, (owner, second, third)):
        ear = await owner.open()
        assert await second.post(ear.connection.sid, "one") == OK
        assert await third.post(ear.connection.sid, "two") == OK
        assert await owner.post(ear.connection.sid, "three") == OK
        assert ear.heard == ["one", "two", "three"]


async def test_bytes_travel_as_they_are() -> None:
    async with processes(2) as (_wire, (owner, other)):
        ear = await owner.open()
        body = b"4gr\xc3\xb6\xc3\x9fe \xf0\x9f\x98\x80\x1ebAP+A"
        assert await other.ask("POST", ear.connection.sid, body) == OK
        assert ear.heard == ["größe 😀", b"\x00\xff\x80"]


async def test_what_the_session_says_is_polled_by_way_of_any_process() -> None:
    async with processes(3) as (_wire, every):
        ear = await every[0].open()
        for number in range(12):
            ear.say(f"before {number}")
            assert await every[number % 3].ask("GET", ear.connection.sid) == Answer(b"4before %d" % number)
            waiting = every[(number + 1) % 3].poll(ear.connection.sid)
            await asyncio.sleep(0.01)
            assert not waiting.done()
            ear.say(f"while it waits {number}")
            assert await waiting == Answer(b"4while it waits %d" % number)


async def test_a_poll_that_waits_for_long_is_neither_given_up_nor_sent_again() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        await asyncio.sleep(2 * QUICK.patience)
        assert not waiting.done()
        assert wire.said.count(post.ASKED) == 1
        ear.say("at last")
        assert await waiting == Answer(b"4at last")


async def test_a_poll_and_a_post_are_under_way_at_once() -> None:
    async with processes(2) as (_wire, (owner, other)):
        ear = await owner.open()
        waiting = other.poll(ear.connection.sid)
        assert await other.post(ear.connection.sid, "hello") == OK
        ear.say("hello yourself")
        assert await waiting == Answer(b"4hello yourself")


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_two_polls_at_once_by_whatever_ways_end_the_session(place: int) -> None:
    async with processes(3) as (wire, every):
        ear = await every[0].open()
        first = every[1].poll(ear.connection.sid)
        await until(lambda: post.IN_HAND in wire.said)
        assert await every[place].ask("GET", ear.connection.sid) == BAD
        assert await first == CLOSED
        assert ear.reason is CloseReason.LOST


async def test_two_posts_at_once_by_different_ways_end_the_session() -> None:
    async with processes(3) as (_wire, (owner, second, third)):
        ear = await owner.open()
        ear.gate = asyncio.Event()
        first = asyncio.create_task(second.post(ear.connection.sid, "one"))
        await until(lambda: ear.heard == ["one"])
        assert await third.post(ear.connection.sid, "two") == BAD
        ear.gate.set()
        assert (await first).status == 400 or first.result() == OK
        assert (ear.heard, ear.reason) == (["one"], CloseReason.LOST)


async def test_a_malformed_post_is_answered_by_the_owner() -> None:
    async with processes(2) as (_wire, (owner, other)):
        ear = await owner.open()
        assert await other.ask("POST", ear.connection.sid, b"abc") == BAD
        assert ear.reason is CloseReason.PARSE_ERROR


async def test_a_session_that_is_over_is_unknown_to_its_owner_too() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        assert await owner.ask("POST", ear.connection.sid, b"1") == OK
        assert await owner.ask("GET", ear.connection.sid) == Answer(b"6")
        assert await other.ask("GET", ear.connection.sid) == UNKNOWN
        # Whoever had to wait would have asked twice.
        assert wire.said.count(post.ASKED) == 1


async def test_other_methods_are_refused_where_they_come() -> None:
    async with processes(2) as (wire, (owner, other)):
        ear = await owner.open()
        for method in ("PUT", "DELETE", "HEAD"):
            assert await other.ask(method, ear.connection.sid) == BAD
        assert (wire.bundles, ear.reason) == (0, None)


async def test_a_post_that_brings_too_much_ends_the_session_wherever_it_is() -> None:
    async with processes(2) as (_wire, (owner, other)):
        ear = await owner.open()
        request = EngineRequest("POST", "polling", ear.connection.sid, "4", {}, {})
        assert refuse_too_large(other.endpoint, request).status == 413
        await until(lambda: ear.reason is CloseReason.TOO_LARGE)


# ------------------------------------------------------------------------------------------ limits


async def test_no_more_requests_are_under_way_than_the_limit() -> None:
    async with processes(2, limits=replace(QUICK, most_requests=2)) as (_wire, (owner, other)):
        ears = [await owner.open() for _each in range(3)]
        waiting = [other.poll(ear.connection.sid) for ear in ears[:2]]
        await asyncio.sleep(0.01)
        assert await other.ask("GET", ears[2].connection.sid) == COME_BACK
        assert await other.post(ears[2].connection.sid, "a") == COME_BACK
        ears[0].say("a")
        assert await waiting[0] == Answer(b"4a")
        assert await other.post(ears[2].connection.sid, "a") == OK
        ears[1].say("b")
        await waiting[1]


async def test_no_more_bytes_are_under_way_than_the_limit_and_confirmed_ones_do_not_count() -> None:
    async with processes(2, limits=replace(QUICK, most_bytes=100)) as (wire, (owner, other)):
        first, second = await owner.open(), await owner.open()
        assert await other.post(first.connection.sid, "x" * 100) == COME_BACK
        first.gate = asyncio.Event()
        posting = asyncio.create_task(other.post(first.connection.sid, "x" * 90))
        await asyncio.sleep(0)
        assert await other.post(second.connection.sid, "x" * 20) == COME_BACK
        await until(lambda: post.IN_HAND in wire.said)
        assert await other.post(second.connection.sid, "x" * 20) == OK
        first.gate.set()
        assert await posting == OK


async def test_nothing_is_kept_of_what_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "PAUSE_AFTER_FAILURE", 0.0)
    async with processes(2, limits=replace(QUICK, most_remembered=10)) as (wire, (owner, other)):
        for _each in range(30):
            ear = await owner.open()
            waiting = other.poll(ear.connection.sid)
            await other.post(ear.connection.sid, "a")
            waiting.cancel()
        await until(lambda: not owner.endpoint.connections)
        await until(lambda: not owner.forwarding._answering._in_hand)
        await until(lambda: owner.forwarding._answering._confirming is None)
        assert len(owner.forwarding._answering._remembered) <= 10
        for process in (owner, other):
            assert not process.forwarding._asking._under_way
            assert process.forwarding._asking._bytes == 0
            await until(lambda process=process: not process.forwarding._post._routes)  # type: ignore[misc]
            assert not process.forwarding._answering._unconfirmed
        assert wire.said.count(post.ABANDONED) == 30


async def test_an_event_for_many_polls_travels_in_few_bundles() -> None:
    # However long the three hundred take, nobody says anything but what is counted.
    calm = replace(QUICK, first_patience=60, patience=60, resend_after=60, taken_after=60)
    async with processes(2, limits=calm) as (wire, (owner, other)):
        ears = [await owner.open() for _each in range(300)]
        waiting = [other.poll(ear.connection.sid) for ear in ears]
        await until(lambda: wire.said.count(post.ASKED) == 300)
        before = wire.bundles
        for ear in ears:
            ear.say("news")
        assert [await poll for poll in waiting] == [Answer(b"4news")] * 300
        assert wire.bundles - before < 12


async def test_large_answers_wait_for_each_other() -> None:
    settings = EngineSettings(ping_interval=60, ping_timeout=60, max_payload=1_000_000)
    async with processes(2, settings=settings) as (wire, (owner, other)):
        under_way, most = 0, 0
        original = wire.tell

        async def tell(group: str, message: dict[str, object]) -> None:
            nonlocal under_way, most
            for said in message["said"]:  # type: ignore[attr-defined]
                under_way += said["kind"] == post.ANSWERED
                under_way -= said["kind"] == post.RECEIVED
                most = max(most, under_way)
            await original(group, message)

        for process in (owner, other):
            process.forwarding._post._tell = tell
        ears = [await owner.open() for _each in range(8)]
        for ear in ears:
            ear.say("x" * 600_000)
        answers = await asyncio.gather(*(other.ask("GET", ear.connection.sid) for ear in ears))
        assert {len(answer.body) for answer in answers} == {600_001}
        assert most == 1


async def test_a_receipt_that_is_lost_holds_the_next_up_for_a_moment_only() -> None:
    async with processes(2, limits=replace(QUICK, first_patience=3.0)) as (wire, (owner, other)):
        ears = [await owner.open() for _each in range(2)]
        for ear in ears:
            ear.say("x" * 600_000)
        wire.loses_all_of = {post.RECEIVED}
        answers = await asyncio.gather(*(other.ask("GET", ear.connection.sid) for ear in ears))
        assert {len(answer.body) for answer in answers} == {600_001}


# ------------------------------------------------------------------------------------- over Redis


@asynccontextmanager
async def over_redis(number: int) -> AsyncIterator[list[Process]]:
    made = [
        Process(Wire(), tell=layer.send, limits=replace(QUICK, first_patience=5.0)) for _each in range(number)
    ]
    for process in made:
        process.forwarding.start()
    try:
        yield made
    finally:
        for process in made:
            await process.endpoint.stop()
            await process.forwarding.stop()


async def reach(process: Process, other: Process) -> None:
    """Wait until the readers have subscribed."""
    ear = await process.open()
    async with asyncio.timeout(10):
        while (await other.post(ear.connection.sid, "hello")) != OK:
            ear = await process.open()


async def test_the_largest_body_travels_over_redis_both_ways() -> None:
    async with over_redis(2) as (owner, other):
        await reach(owner, other)
        await reach(other, owner)
        ear = await owner.open()
        body = "ü" * 499_999
        assert len(body.encode()) == CALM.max_payload - 2
        assert await other.post(ear.connection.sid, body) == OK
        assert ear.heard == [body]
        ear.say(body)
        assert await other.ask("GET", ear.connection.sid) == Answer(b"4" + body.encode())


async def test_a_redis_that_is_restarted_is_used_again(own_redis: Redis, settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [own_redis.url], "prefix": "own"},
        }
    }
    async with over_redis(2) as (owner, other):
        await reach(owner, other)
        first, second = await owner.open(), await owner.open()
        waiting = other.poll(first.connection.sid)
        await until(lambda: bool(owner.forwarding._answering._in_hand))
        await asyncio.to_thread(own_redis.stop)
        began = time.monotonic()
        assert await other.post(second.connection.sid, "one") == COME_BACK
        assert await waiting == UNKNOWN
        assert time.monotonic() - began < 20
        await asyncio.to_thread(own_redis.start)
        await reach(owner, other)
        ear = await owner.open()
        assert await other.post(ear.connection.sid, "two") == OK
        assert (second.heard, ear.heard) == ([], ["two"])


async def test_a_session_is_polled_over_redis_by_way_of_three_processes_in_turn() -> None:
    async with over_redis(3) as every:
        await reach(every[0], every[1])
        await reach(every[0], every[2])
        ear = await every[0].open()
        heard: list[bytes] = []

        async def listen() -> None:
            place = 0
            while len(heard) < 100:
                place += 1
                answer = await every[place % 3].ask("GET", ear.connection.sid)
                assert answer.status == 200
                heard.extend(answer.body.split(b"\x1e"))

        listening = asyncio.create_task(listen())
        for number in range(100):
            assert await every[number % 3].post(ear.connection.sid, f"said {number}") == OK
            ear.say(f"heard {number}")
        async with asyncio.timeout(20):
            await listening
        assert ear.heard == [f"said {number}" for number in range(100)]
        assert heard == [b"4heard %d" % number for number in range(100)]
