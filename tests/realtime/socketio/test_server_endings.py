"""Connections to namespaces that end: of themselves, hung up on, sent away, with their endpoint."""

from __future__ import annotations

import asyncio

from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.frames import text_frame
from realtime.socketio.polling import answer, refuse_too_large
from realtime.socketio.requests import Answer, EngineRequest
from realtime.socketio.server import MOST_WAITING, Socket, SocketServer
from realtime.socketio.sockets import EventCame
from realtime.socketio.writer import SocketWriter
from tests.realtime.socketio.peers import SETTINGS, Peer, Room


async def test_a_malformed_message_closes_the_connection_and_what_follows_it_is_not_handled() -> None:
    room = Room()
    peer = Peer(room, transport="polling")
    assert peer.connection.post(b"40")
    await peer.handled()
    assert not peer.connection.post(b'42["a"]\x1e4abc\x1e42["b"]')
    await peer.handled()
    assert room.told[1:] == ["a", "parse error"]


async def test_a_peer_that_asks_for_no_namespace_is_hung_up_on() -> None:
    peer = Peer(Room(), connect_timeout=0.05)
    await asyncio.sleep(0.15)
    assert not peer.connection.is_open
    assert peer.wire.code == 1000


async def test_a_peer_that_left_every_namespace_has_a_while_to_ask_for_another() -> None:
    peer = Peer(Room(), connect_timeout=0.1)
    await peer.say("0")
    await asyncio.sleep(0.2)
    assert peer.connection.is_open
    await peer.say("1")
    assert peer.connection.is_open
    await asyncio.sleep(0.3)
    assert not peer.connection.is_open


async def test_a_peer_that_says_more_than_is_handled_is_read_no_further() -> None:
    gate = asyncio.Event()

    async def handle(_socket: Socket, _event: EventCame) -> None:
        await gate.wait()

    room = Room(handle)
    peer = Peer(room)
    await peer.say("0")
    for _ in range(MOST_WAITING):
        peer.connection.websocket_message(peer.wire, '42["a"]')
    await asyncio.sleep(0)
    waiting = asyncio.create_task(peer.connection.settled())
    await asyncio.sleep(0.01)
    assert waiting.done()
    peer.connection.websocket_message(peer.wire, '42["a"]')
    waiting = asyncio.create_task(peer.connection.settled())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    gate.set()
    async with asyncio.timeout(5):
        await waiting
    await peer.handled()
    assert room.told.count("a") == MOST_WAITING + 1


async def test_a_peer_that_takes_nothing_is_hung_up_on() -> None:
    async def handle(socket: Socket, _event: EventCame) -> None:
        socket.emit("more")

    peer = Peer(Room(handle))
    await peer.say("0")
    peer.wire.waiting = SETTINGS.most_unsent + 1
    await peer.say('2["a"]')
    assert peer.wire.code == 3008
    assert peer.connection.reason is CloseReason.TOO_SLOW


async def test_a_hub_that_sends_a_peer_away_says_so_only_where_it_is_for_good() -> None:
    for code, last in ((3001, '42["news"]'), (3500, "41")):
        room = Room()
        peer = Peer(room)
        await peer.say("0")
        writer = SocketWriter(room.sockets[0])
        writer.write(text_frame(b'42["news"]'))
        writer.close(code, "because")
        writer.write(text_frame(b'42["too late"]'))
        await peer.handled()
        assert (peer.wire.heard[-1], peer.wire.code) == (last, code)
        assert len(room.told) == 2
        assert not peer.connection.is_open


async def test_a_hub_that_sends_a_polling_peer_away_has_its_last_words_wait_for_a_poll() -> None:
    room = Room()
    peer = Peer(room, transport="polling")
    peer.connection.post(b"40")
    await peer.handled()
    assert await peer.connection.poll() == b'40{"sid":"s1"}'
    writer = SocketWriter(room.sockets[0])
    writer.write(text_frame(b'42["news"]') + text_frame(b'42["more"]'))
    assert writer.unsent() == 24
    writer.close(3500, "because")
    assert await peer.connection.poll() == b'42["news"]\x1e42["more"]\x1e41'
    assert await peer.connection.poll() == b"1"
    assert peer.endpoint.connections == {}


async def test_an_endpoint_that_stops_closes_transports_and_waits_for_its_handlers() -> None:
    async def handle(_socket: Socket, _event: EventCame) -> None:
        await asyncio.sleep(0.05)

    room = Room(handle)
    peer = Peer(room)
    await peer.say("0")
    peer.connection.websocket_message(peer.wire, '42["a"]')
    await peer.endpoint.stop()
    # A Socket.IO goodbye would mean "stay away".
    assert "41" not in peer.wire.heard
    assert room.told[1:] == ["a", "forced close"]


async def test_a_poll_for_a_session_that_is_not_here_is_answered_elsewhere() -> None:
    asked: list[tuple[str, bytes | str]] = []

    class Elsewhere:
        async def answer(self, request: EngineRequest, body: bytes) -> Answer:
            asked.append((request.sid, body))
            return Answer(b"ok")

        def lose(self, sid: str, reason: CloseReason) -> None:
            asked.append((sid, reason))

    endpoint = Endpoint(listen=SocketServer({"/": Room()}), settings=SETTINGS, elsewhere=Elsewhere())
    scope = {"method": "POST", "headers": [], "query_string": b"EIO=4&transport=polling&sid=there"}
    assert await answer(endpoint, EngineRequest.of(scope), b"4a") == Answer(b"ok")
    assert refuse_too_large(endpoint, EngineRequest.of(scope)).status == 413
    assert asked == [("there", b"4a"), ("there", "payload too large")]


async def test_two_posts_at_once_close_the_session() -> None:
    gate = asyncio.Event()

    async def handle(_socket: Socket, _event: EventCame) -> None:
        await gate.wait()

    peer = Peer(Room(handle), transport="polling")
    scope = {
        "method": "POST",
        "headers": [],
        "query_string": f"EIO=4&transport=polling&sid={peer.connection.sid}".encode(),
    }
    request = EngineRequest.of(scope)
    assert (await answer(peer.endpoint, request, b"40")).status == 200
    await peer.handled()
    first = asyncio.create_task(
        answer(peer.endpoint, request, b"\x1e".join([b'42["a"]'] * (MOST_WAITING + 1)))
    )
    await asyncio.sleep(0.01)
    assert not first.done()
    assert (await answer(peer.endpoint, request, b'42["b"]')).status == 400
    assert peer.connection.reason is CloseReason.LOST
    gate.set()
    await first
    await peer.handled()
