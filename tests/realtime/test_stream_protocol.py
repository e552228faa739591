"""Streams on their way to peers that behave badly: what is shed, cut, bounded, and how a server ends them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime.hub.session import Session
from realtime.transport import body_writer, uvicorn_http
from realtime.transport.body_writer import BodyWriter
from tests.realtime.door import Door, serving
from tests.realtime.event_source import Response
from tests.realtime.log import LiveHalf, publish_soon, stock_reduced
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

BIG = "x" * 100_000
LIMIT = 1024 * 1024


@pytest.fixture
async def own_door(live_half: LiveHalf) -> AsyncIterator[Door]:
    """With our own protocol."""
    async with serving() as door:
        yield door


def only_session(live_half: LiveHalf) -> Session:
    (session,) = live_half.hub.sessions
    return session


def held_for(door: Door) -> int:
    """What the server keeps in its own buffers, whatever the writers say."""
    connections: list[Any] = list(door.server.server_state.connections)
    return sum(connection.transport.get_write_buffer_size() for connection in connections)


async def publish_until_shed(door: Door, live_half: LiveHalf, *, well: Response) -> int:
    """Big events, each heard at once by whoever reads; gives the most bytes that were kept for the other."""
    most = 0
    stuck = next(iter(live_half.hub.sessions - {session_of(live_half, well)}))
    for number in range(1, 61):
        await publish_soon(stock_reduced("prod_1", number, sku=BIG))
        assert (await well.event()).data["version"] == number
        kept = held_for(door) + (stuck.writer.unsent() if isinstance(stuck.writer, BodyWriter) else 0)
        most = max(most, kept)
        if len(live_half.hub.sessions) == 1:
            return most
    raise AssertionError("it was not shed")


def session_of(live_half: LiveHalf, stream: Response) -> Session:
    """Which of two streams' sessions is the one that has ``stock`` and ``products``."""
    return next(session for session in live_half.hub.sessions if "products" in session.rooms)


async def test_a_client_that_reads_nothing_is_shed_delays_nobody_and_costs_a_bounded_memory(
    door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_http, "GRACE", 0.5)
    monkeypatch.setattr(body_writer, "GRACE", 0.5)
    stuck = await door.listen("?topics=stock", buffer=4_096)
    well = await door.listen("?topics=stock,products")
    most = await publish_until_shed(door, live_half, well=well)
    # The limit, the write that went over it, and, where the server has flow control of its own, its buffer.
    assert LIMIT / 2 < most < LIMIT + 4 * len(BIG)
    # What waits for it is given up, and nobody is left behind.
    await until(lambda: len(door.server.server_state.tasks) == 1)
    await stuck.is_cut()
    await until(lambda: len(door.server.server_state.connections) == 1)
    await publish_soon(stock_reduced("prod_1", 99))
    assert (await well.event()).data["version"] == 99


async def test_a_client_that_is_shed_and_reads_on_misses_nothing(door: Door, live_half: LiveHalf) -> None:
    stuck = await door.listen("?topics=stock", buffer=4_096)
    number = 0
    while live_half.hub.sessions:
        number += 1
        await publish_soon(stock_reduced("prod_1", number, sku=BIG))
        await asyncio.sleep(0.01)
        assert number < 60
    number += 1
    await publish_soon(stock_reduced("prod_1", number, sku=BIG))
    heard = []
    # It reads on within the grace: the stream comes to its proper end, between two events.
    await stuck.ends()
    heard += [event.data["version"] for event in stuck.heard()]
    again = await door.listen("?topics=stock", headers={"Last-Event-ID": stuck.events.last_event_id})
    while len(heard) < number:
        heard.append((await again.event()).data["version"])
    assert heard == list(range(1, number + 1))
    assert 0 < len(stuck.heard()) < number


async def test_a_client_that_takes_nothing_for_five_seconds_is_shed_however_little_it_is(
    own_door: Door, live_half: LiveHalf
) -> None:
    await own_door.listen("?topics=stock", buffer=4_096)
    session = only_session(live_half)
    number = 0
    while not session.writer.unsent():
        # The kernel takes the first few.
        number += 1
        await publish_soon(stock_reduced("prod_1", number, sku=BIG))
        await until(lambda number=number: live_half.hub.position.seq == number)  # type: ignore[misc]
        await asyncio.sleep(0.01)
    assert session.writer.unsent() < LIMIT
    watch = live_half.hub._watch
    now = time.monotonic()
    watch.look([session], now=now)
    watch.look([session], now=now + 4.9)
    assert live_half.hub.sessions
    watch.look([session], now=now + 20)
    assert not live_half.hub.sessions


async def test_a_client_that_has_gone_without_a_word_is_found_out(
    own_door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uvicorn_http.DEAD_AFTER == 60
    monkeypatch.setattr(uvicorn_http, "DEAD_AFTER", 0.5)
    monkeypatch.setattr("realtime.consumers.events.KEEP_ALIVE_SECONDS", 0.1)
    stream = await own_door.listen("?topics=stock", buffer=4_096)
    # Like one that is gone it acknowledges nothing: it has no room. What it was sent fits into the kernel's
    # buffer, so that nothing seems to wait.
    stream.read_no_more()
    await publish_soon(stock_reduced("prod_1", 1, sku="x" * 300_000))
    session = only_session(live_half)
    await until(lambda: session.written > 300_000)
    assert session.writer.unsent() == 0
    await until(lambda: not live_half.hub.sessions)


async def test_a_server_that_shuts_down_ends_its_streams_at_once_and_properly(live_half: LiveHalf) -> None:
    async with serving(timeout_graceful_shutdown=3_600) as door:
        streams = [await door.listen("?topics=stock") for _each in range(3)]
        door.responses.clear()
        ending = asyncio.gather(*(stream.ends() for stream in streams))
    # uvicorn alone would have waited for an hour, and then torn them off.
    await ending
    assert not live_half.hub.sessions
    for stream in streams:
        await stream.hang_up()


async def test_another_request_behind_a_stream_does_not_hide_that_the_client_has_gone(
    own_door: Door, live_half: LiveHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.consumers.events.KEEP_ALIVE_SECONDS", 0.05)
    stream = await own_door.listen("?topics=stock")
    stream.say(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
    await publish_soon(stock_reduced())
    await stream.event_of("stock.reduced")
    # The server reads no further, so it finds out by writing.
    await stream.hang_up()
    await until(lambda: not live_half.hub.sessions)
    await until(lambda: not own_door.server.server_state.tasks)


async def test_the_request_before_a_stream_may_have_had_an_answer_on_the_same_connection(
    own_door: Door,
) -> None:
    refusal = await own_door.ask("?topics=admin", method="HEAD")
    assert refusal.status == 403
    refusal.say(b"GET /events?topics=stock HTTP/1.1\r\nHost: a\r\n\r\n")
    await refusal.next_answer()
    assert refusal.status == 200
    await publish_soon(stock_reduced())
    await refusal.event_of("stock.reduced")


async def test_writing_to_clients_that_come_and_go_is_safe(door: Door, live_half: LiveHalf) -> None:
    streams = [await door.listen("?topics=stock") for _each in range(20)]
    publishing = asyncio.create_task(
        publish_soon(*(stock_reduced("prod_1", version) for version in range(300)))
    )
    for stream in streams[::2]:
        await stream.hang_up()
        await asyncio.sleep(0.001)
    await publishing
    for stream in streams[1::2]:
        assert [(await stream.event()).data["version"] for _each in range(300)] == list(range(300))
    await until(lambda: len(live_half.hub.sessions) == 10)
