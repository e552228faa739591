"""The doors over real sockets: each case of the Engine.IO protocol's suite, and what it leaves out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from websockets.exceptions import InvalidStatus

from realtime.socketio.engine import EngineSettings
from tests.realtime.socketio.bare_door import CALM, FRAMES, PLAIN, Door, serving

BRISK = EngineSettings(ping_interval=0.2, ping_timeout=0.8, max_payload=10_000)
#: Another ping follows an answered one only.
PATIENT = replace(BRISK, ping_timeout=30)


@pytest.fixture(params=[FRAMES, PLAIN])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async with serving(request.param) as door:
        yield door


@pytest.fixture(params=[FRAMES, PLAIN])
async def brisk_door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async with serving(request.param, settings=BRISK) as door:
        yield door


@pytest.fixture(params=[FRAMES, PLAIN])
async def patient_door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async with serving(request.param, settings=PATIENT) as door:
        yield door


# -------------------------------------------------------------------------------------- handshake


async def test_a_first_get_opens_a_session(door: Door) -> None:
    reply = await door.ask("EIO=4&transport=polling")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/plain; charset=UTF-8"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.body[:1] == b"0"
    greeting = json.loads(reply.body[1:])
    assert isinstance(greeting.pop("sid"), str)
    assert greeting == {
        "upgrades": ["websocket"],
        "pingInterval": 60_000,
        "pingTimeout": 60_000,
        "maxPayload": 10_000,
    }


async def test_a_websocket_opens_a_session_with_nothing_to_upgrade_to(door: Door) -> None:
    caller = await door.call()
    assert caller.greeting["upgrades"] == []
    assert set(caller.greeting) == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


@pytest.mark.parametrize(
    ("method", "query", "status", "code", "message"),
    [
        ("GET", "transport=polling", 400, 5, "Unsupported protocol version"),
        ("GET", "EIO=abc&transport=polling", 400, 5, "Unsupported protocol version"),
        ("GET", "EIO=3&transport=polling", 400, 5, "Unsupported protocol version"),
        ("GET", "EIO=4", 400, 0, "Transport unknown"),
        ("GET", "EIO=4&transport=abc", 400, 0, "Transport unknown"),
        ("GET", "EIO=4&transport=websocket", 400, 3, "Bad request"),
        ("POST", "EIO=4&transport=polling", 400, 2, "Bad handshake method"),
        ("PUT", "EIO=4&transport=polling", 400, 2, "Bad handshake method"),
        ("GET", "EIO=4&transport=polling&sid=unknown", 400, 1, "Session ID unknown"),
        ("POST", "EIO=4&transport=polling&sid=unknown", 400, 1, "Session ID unknown"),
        ("GET", "&".join(f"a{number}=1" for number in range(100)), 400, 0, "Transport unknown"),
    ],
)
async def test_a_request_that_is_none_of_ours_is_told_why(
    method: str, query: str, status: int, code: int, message: str
) -> None:
    async with serving() as door:
        reply = await door.ask(query, method=method)
        assert (reply.status, reply.json) == (status, {"code": code, "message": message})


async def test_a_session_is_not_put_or_deleted(door: Door) -> None:
    sid = await door.open()
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await door.ask(f"EIO=4&transport=polling&sid={sid}", method=method)).status == 400
    assert (await door.post(sid, b"4a")).status == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("transport=websocket", 5),
        ("EIO=abc&transport=websocket", 5),
        ("EIO=4", 0),
        ("EIO=4&transport=abc", 0),
        ("EIO=4&transport=polling", 3),
        ("EIO=4&transport=websocket&sid=unknown", 1),
    ],
)
async def test_a_websocket_that_is_none_of_ours_is_refused_at_the_handshake(query: str, code: int) -> None:
    async with serving() as door:
        with pytest.raises(InvalidStatus) as refused:
            await door.call(query)
        assert refused.value.response.status_code == 400
        assert json.loads(refused.value.response.body or b"")["code"] == code


async def test_a_path_without_the_last_slash_is_the_same(door: Door) -> None:
    assert await Door(door.port, "/engine.io").open()


async def test_nobody_is_at_other_paths() -> None:
    async with serving() as door:
        elsewhere = Door(door.port, "/elsewhere/")
        assert (await elsewhere.ask("EIO=4&transport=polling")).status == 404
        with pytest.raises(InvalidStatus) as refused:
            await elsewhere.call()
        assert refused.value.response.status_code == 404


# -------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    "body", [b"4hello", b"4test1\x1e4test2\x1e4test3", b"4hello\x1ebAQIDBA==", "4größe 😀".encode()]
)
async def test_what_is_posted_is_echoed_to_the_next_poll(body: bytes) -> None:
    async with serving() as door:
        sid = await door.open()
        posted = await door.post(sid, body)
        assert (posted.status, posted.body) == (200, b"ok")
        polled = await door.poll(sid)
        assert (polled.status, polled.body) == (200, body)


async def test_a_poll_waits_until_there_is_something_to_hear(door: Door) -> None:
    sid = await door.open()
    poll = asyncio.create_task(door.poll(sid))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await door.post(sid, b"4hello")
    assert (await poll).body == b"4hello"


async def test_messages_of_a_websocket_are_echoed(door: Door) -> None:
    caller = await door.call()
    await caller.say("4hello", b"\x01\x02\x03\x04", "4" + "x" * 5_000)
    assert await caller.hear() == "4hello"
    assert await caller.hear() == b"\x01\x02\x03\x04"
    assert await caller.hear() == "4" + "x" * 5_000


async def test_a_malformed_post_closes_the_session(door: Door) -> None:
    sid = await door.open()
    assert (await door.post(sid, b"abc")).status == 400
    assert (await door.poll(sid)).status == 400


async def test_a_malformed_message_closes_the_websocket(door: Door) -> None:
    caller = await door.call()
    await caller.say("abc")
    assert await caller.closed() == 3501


async def test_two_polls_at_once_close_the_session(door: Door) -> None:
    sid = await door.open()
    first = asyncio.create_task(door.poll(sid))
    await asyncio.sleep(0.1)
    assert (await door.poll(sid)).status == 400
    reply = await first
    assert (reply.status, reply.body) == (200, b"1")
    assert (await door.poll(sid)).status == 400


async def test_a_poll_that_is_broken_off_closes_the_session(door: Door) -> None:
    sid = await door.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await door.poll(sid)
    async with asyncio.timeout(10):
        while (await door.post(sid, b"4a")).status != 400:  # noqa: ASYNC110  the server finds out by itself
            await asyncio.sleep(0.02)


async def test_too_large_a_post_is_refused_and_closes_the_session(door: Door) -> None:
    sid = await door.open()
    reply = await door.post(sid, b"4" + b"x" * 10_000)
    assert (reply.status, reply.json) == (413, {"code": 3, "message": "Payload too large"})
    assert (await door.poll(sid)).status == 400


async def test_too_large_a_post_is_refused_before_all_of_it_has_come(door: Door) -> None:
    sid = await door.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(
        f"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: a\r\n"
        "Content-Length: 1000000000\r\n\r\n".encode()
        + b"x" * 20_000
    )
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_too_large_a_message_closes_the_websocket(door: Door) -> None:
    caller = await door.call()
    await caller.say("4" + "x" * 10_000)
    assert await caller.closed() == 1009


# -------------------------------------------------------------------------------------- heartbeat


async def test_a_polling_client_that_answers_pings_stays(patient_door: Door) -> None:
    sid = await patient_door.open()
    for _ in range(3):
        polled = await patient_door.poll(sid)
        assert (polled.status, polled.body) == (200, b"2")
        assert (await patient_door.post(sid, b"3")).status == 200


async def test_a_polling_client_that_answers_none_is_forgotten(brisk_door: Door) -> None:
    sid = await brisk_door.open()
    await asyncio.sleep(1.2)
    assert (await brisk_door.poll(sid)).status == 400


async def test_a_websocket_client_that_answers_pings_stays(patient_door: Door) -> None:
    caller = await patient_door.call()
    for _ in range(3):
        assert await caller.hear() == "2"
        await caller.say("3")


async def test_a_websocket_client_that_answers_none_is_hung_up_on(brisk_door: Door) -> None:
    caller = await brisk_door.call()
    assert await caller.closed() == 3012


# -------------------------------------------------------------------------------------- the end


async def test_a_polling_client_that_closes_has_its_poll_ended(door: Door) -> None:
    sid = await door.open()
    poll = asyncio.create_task(door.poll(sid))
    await asyncio.sleep(0.1)
    assert (await door.post(sid, b"1")).status == 200
    polled = await poll
    assert (polled.status, polled.body) == (200, b"6")
    assert (await door.poll(sid)).status == 400


async def test_a_websocket_client_that_closes_is_hung_up_on(door: Door) -> None:
    caller = await door.call()
    await caller.say("1")
    assert await caller.closed() == 1000


# -------------------------------------------------------------------------------------- upgrade


async def test_a_session_goes_over_from_polls_to_a_websocket(door: Door) -> None:
    sid = await door.open()
    poll = asyncio.create_task(door.poll(sid))
    await asyncio.sleep(0.1)
    caller = await door.probe(sid)
    await caller.say("2probe")
    assert await caller.hear() == "3probe"
    assert (await poll).body == b"6"
    await caller.say("5", "4hello")
    assert await caller.hear() == "4hello"


async def test_a_poll_during_the_probe_is_let_go(door: Door) -> None:
    sid = await door.open()
    caller = await door.probe(sid)
    await caller.say("2probe")
    assert await caller.hear() == "3probe"
    assert (await door.poll(sid)).body == b"6"


async def test_what_waited_for_a_poll_is_heard_first_on_the_websocket(door: Door) -> None:
    sid = await door.open()
    await door.post(sid, b"4first\x1ebAQ==")
    caller = await door.probe(sid)
    await caller.say("2probe", "5", "4second")
    assert [await caller.hear() for _ in range(4)] == ["3probe", "4first", b"\x01", "4second"]


async def test_after_the_upgrade_polls_and_posts_are_refused_and_do_no_harm(door: Door) -> None:
    sid = await door.open()
    caller = await door.probe(sid)
    await caller.say("2probe", "5")
    assert await caller.hear() == "3probe"
    await caller.say("4there?")
    assert await caller.hear() == "4there?"
    assert (await door.poll(sid)).json == {"code": 3, "message": "Bad request"}
    assert (await door.post(sid, b"4a")).status == 400
    assert (await door.post(sid, b"4" * 20_000)).status == 413
    await caller.say("4hello")
    assert await caller.hear() == "4hello"


async def test_a_second_websocket_is_closed_and_does_no_harm(door: Door) -> None:
    sid = await door.open()
    caller = await door.probe(sid)
    await caller.say("2probe", "5")
    second = await door.probe(sid)
    assert await second.closed() == 1000
    assert await caller.hear() == "3probe"
    await caller.say("4hello")
    assert await caller.hear() == "4hello"


async def test_a_websocket_that_goes_away_before_the_upgrade_leaves_the_polls(door: Door) -> None:
    sid = await door.open()
    caller = await door.probe(sid)
    await caller.say("2probe")
    await caller.hear()
    await caller.connection.close()
    await door.post(sid, b"4hello")
    assert (await door.poll(sid)).body == b"4hello"


# -------------------------------------------------------------------------------------- other pages


async def test_a_page_of_another_origin_may_read_and_bring_credentials_where_it_is_allowed() -> None:
    async with serving() as door:
        reply = await door.ask("EIO=4&transport=polling", headers={"Origin": "https://shop.example"})
        assert reply.status == 200
        assert reply.headers["access-control-allow-origin"] == "https://shop.example"
        assert reply.headers["access-control-allow-credentials"] == "true"
        assert reply.headers["vary"] == "Origin"


async def test_a_page_that_is_not_allowed_reads_its_refusal_but_brings_no_credentials() -> None:
    async with serving(is_allowed_origin=lambda _origin, _host: False) as door:
        reply = await door.ask("EIO=4&transport=polling", headers={"Origin": "https://evil.example"})
        assert reply.headers["access-control-allow-origin"] == "https://evil.example"
        assert "access-control-allow-credentials" not in reply.headers


async def test_errors_can_be_read_by_pages_too() -> None:
    async with serving() as door:
        reply = await door.ask("EIO=3&transport=polling", headers={"Origin": "https://shop.example"})
        assert reply.status == 400
        assert reply.headers["access-control-allow-origin"] == "https://shop.example"


async def test_a_preflight_allows_what_the_page_wants_to_send() -> None:
    async with serving() as door:
        reply = await door.ask(
            "EIO=4&transport=polling",
            method="OPTIONS",
            headers={
                "Origin": "https://shop.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == "https://shop.example"
        assert reply.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
        assert reply.headers["access-control-allow-headers"] == "authorization,content-type"


async def test_a_flood_of_garbage_costs_its_own_connections_only() -> None:
    async with serving(settings=CALM) as door:
        good = await door.call()
        for garbage in ("abc", b"\xff" * 20_000, "4" + "[" * 20_000, "\x1e" * 100, "0", "2" * 9_000):
            bad = await door.call()
            await bad.say(garbage)
            await bad.closed()
        await good.say("4hello")
        assert await good.hear() == "4hello"
