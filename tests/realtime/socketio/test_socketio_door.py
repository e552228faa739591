"""Socket.IO over real sockets: each case of the protocol's own suite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from realtime.socketio.engine import EngineSettings
from tests.realtime.socketio.bare_door import CALM, FRAMES, PLAIN, Caller, Door, serving

BRISK = EngineSettings(ping_interval=0.3, ping_timeout=5, max_payload=10_000)


@pytest.fixture(params=[FRAMES, PLAIN])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async with serving(request.param, settings=CALM) as door:
        door.path = "/socket.io/"
        yield door


@pytest.fixture
async def caller(door: Door) -> Caller:
    """A client in the main namespace."""
    caller = await door.call()
    await caller.say("40")
    await connected(caller, "40")
    assert await caller.hear() == '42["auth",{}]'
    return caller


async def connected(caller: Caller, prefix: str) -> None:
    """Hear the answer to a CONNECT: an id, which is not the session's, and nothing else."""
    answer = await caller.hear()
    assert isinstance(answer, str)
    assert answer.startswith(prefix + "{")
    handshake = json.loads(answer.removeprefix(prefix))
    assert set(handshake) == {"sid"}
    assert handshake["sid"] != caller.greeting["sid"]


@pytest.mark.parametrize(
    ("connect", "prefix", "auth"),
    [
        ("40", "40", '42["auth",{}]'),
        ('40{"token":"123"}', "40", '42["auth",{"token":"123"}]'),
        ("40/custom,", "40/custom,", '42/custom,["auth",{}]'),
        ('40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'),
    ],
)
async def test_a_client_is_let_into_a_namespace_with_what_it_brings(
    door: Door, connect: str, prefix: str, auth: str
) -> None:
    caller = await door.call()
    await caller.say(connect)
    await connected(caller, prefix)
    assert await caller.hear() == auth


async def test_a_client_is_refused_an_unknown_namespace(door: Door) -> None:
    caller = await door.call()
    await caller.say("40/random")
    assert await caller.hear() == '44/random,{"message":"Invalid namespace"}'


async def test_a_client_that_begins_with_nonsense_is_hung_up_on(door: Door) -> None:
    caller = await door.call()
    await caller.say("4abc")
    assert await caller.closed() == 3501


async def test_a_client_that_asks_for_nothing_is_hung_up_on(door: Door) -> None:
    caller = await door.call()
    assert await caller.closed() == 1000


async def test_a_client_that_leaves_the_main_namespace_still_hears_pings() -> None:
    async with serving(settings=BRISK) as door:
        door.path = "/socket.io/"
        caller = await door.call()
        await caller.say("40")
        await connected(caller, "40")
        assert await caller.hear() == '42["auth",{}]'
        await caller.say("41")
        assert await caller.hear() == "2"


async def test_a_client_that_leaves_one_namespace_is_heard_in_the_other(door: Door, caller: Caller) -> None:
    await caller.say("40/custom")
    await connected(caller, "40/custom,")
    assert await caller.hear() == '42/custom,["auth",{}]'
    await caller.say("41/custom", '42["message","message to main namespace"]')
    assert await caller.hear() == '42["message-back","message to main namespace"]'


async def test_a_plain_event_comes_back(caller: Caller) -> None:
    await caller.say('42["message",1,"2",{"3":[true]}]')
    assert await caller.hear() == '42["message-back",1,"2",{"3":[true]}]'


PLACES = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'


async def test_an_event_with_attachments_comes_back(caller: Caller) -> None:
    await caller.say(f'452-["message",{PLACES}]', b"\x01\x02\x03", b"\x04\x05\x06")
    assert await caller.hear() == f'452-["message-back",{PLACES}]'
    assert await caller.hear() == b"\x01\x02\x03"
    assert await caller.hear() == b"\x04\x05\x06"


async def test_a_plain_event_is_acknowledged(caller: Caller) -> None:
    await caller.say('42456["message-with-ack",1,"2",{"3":[false]}]')
    assert await caller.hear() == '43456[1,"2",{"3":[false]}]'


async def test_an_event_with_attachments_is_acknowledged_with_attachments(caller: Caller) -> None:
    await caller.say(f'452-789["message-with-ack",{PLACES}]', b"\x01\x02\x03", b"\x04\x05\x06")
    assert await caller.hear() == f"462-789[{PLACES}]"
    assert await caller.hear() == b"\x01\x02\x03"
    assert await caller.hear() == b"\x04\x05\x06"


@pytest.mark.parametrize("message", ["4abc", "42{}", '42abc["message-with-ack",1,"2",{"3":[false]}]'])
async def test_a_malformed_message_closes_the_connection(caller: Caller, message: str) -> None:
    await caller.say(message)
    assert await caller.closed() == 3501


async def test_polls_carry_all_of_it_too(door: Door) -> None:
    sid = await door.open()
    await door.post(sid, b'40{"token":"123"}')
    heard = await hear_all(door, sid, 2)
    assert heard[0].startswith(b'40{"sid":"')
    assert heard[1] == b'42["auth",{"token":"123"}]'
    place = b'{"_placeholder":true,"num":0}'
    await door.post(sid, b'451-7["message-with-ack",' + place + b"]\x1ebAQID")
    assert await hear_all(door, sid, 2) == [b"461-7[" + place + b"]", b"bAQID"]


async def test_what_is_said_during_an_upgrade_is_heard_once_and_in_order(door: Door) -> None:
    sid = await door.open()
    await door.post(sid, b"40")
    await hear_all(door, sid, 2)
    await door.post(sid, b"\x1e".join(b'42["message",%d]' % number for number in range(5)))
    caller = await door.probe(sid)
    await caller.say("2probe")
    assert await caller.hear() == "3probe"
    await caller.say("5", *(f'42["message",{number}]' for number in range(5, 10)))
    heard = [await caller.hear() for _ in range(10)]
    assert heard == [f'42["message-back",{number}]' for number in range(10)]


async def hear_all(door: Door, sid: str, count: int) -> list[bytes]:
    """Poll until so many packets have come."""
    heard: list[bytes] = []
    async with asyncio.timeout(10):
        while len(heard) < count:
            heard += (await door.poll(sid)).body.split(b"\x1e")
    return heard
