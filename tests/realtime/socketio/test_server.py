"""Namespaces behind a connection: what comes in is handled in order, and a slow handler is nobody else's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from realtime.socketio.connection import Connection
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import CloseReason, Transport
from realtime.socketio.frames import packets_of, text_frame
from realtime.socketio.polling import answer, refuse_too_large
from realtime.socketio.requests import Answer, EngineRequest
from realtime.socketio.server import MOST_WAITING, ComeBackError, ConnectRefusedError, Socket, SocketServer
from realtime.socketio.sockets import EventCame
from realtime.socketio.writer import SocketWriter

SETTINGS = EngineSettings(ping_interval=60, ping_timeout=60, most_unsent=10_000)
Handle = Callable[[Socket, EventCame], Awaitable[Sequence[Any] | None]]


async def nothing(_socket: Socket, _event: EventCame) -> None:
    return None


class Room:
    """A namespace that does as the test says, and remembers what it was told."""

    def __init__(self, handle: Handle = nothing, *, refusal: Exception | None = None) -> None:
        self.handle = handle
        self.refusal = refusal
        self.may_connect = asyncio.Event()
        self.may_connect.set()
        self.told: list[str] = []
        self.sockets: list[Socket] = []

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        self.told.append(f"connect {auth}")
        await self.may_connect.wait()
        if self.refusal is not None:
            raise self.refusal
        socket.accept(id="s1")
        self.sockets.append(socket)

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:
        outcome = await self.handle(socket, event)
        self.told.append(event.name)
        return outcome

    def disconnected(self, socket: Socket, reason: str) -> None:
        self.told.append(reason)


class Wire:
    """A WebSocket that keeps what is written to it; slow peers take nothing."""

    def __init__(self) -> None:
        self.heard: list[str | bytes] = []
        self.code: int | None = None
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.heard += [payload.decode() if is_text else payload for is_text, payload in packets_of(data)]

    def unsent(self) -> int:
        return self.waiting

    def close(self, code: int, _reason: str) -> None:
        self.code = code


class Peer:
    """A client on a WebSocket, without the socket."""

    def __init__(self, room: Room, *, connect_timeout: float = 60, transport: str = "websocket") -> None:
        server = SocketServer({"/": room, "/other": room}, connect_timeout=connect_timeout)
        self.endpoint = Endpoint(listen=server, settings=SETTINGS)
        self.wire = Wire()
        scope = {"headers": [], "query_string": b""}
        request = EngineRequest.of(scope)
        if transport == "polling":
            self.connection: Connection = self.endpoint.open(request, Transport.POLLING)
        else:
            self.connection = self.endpoint.open(request, Transport.WEBSOCKET, carrier=self.wire)

    async def say(self, *messages: str | bytes) -> None:
        for message in messages:
            packet = "4" + message if isinstance(message, str) else message
            self.connection.websocket_message(self.wire, packet)
        await self.handled()

    async def handled(self) -> None:
        async with asyncio.timeout(5):
            await self.connection.finished()


async def test_a_peer_that_is_let_in_reads_its_id_and_is_told_apart_from_its_session() -> None:
    room = Room()
    peer = Peer(room)
    await peer.say('0{"token":"a"}')
    assert peer.wire.heard == ['40{"sid":"s1"}']
    assert room.told == ["connect {'token': 'a'}"]
    assert room.sockets[0].id != peer.connection.sid


async def test_a_peer_that_is_refused_reads_why_and_keeps_its_connection() -> None:
    room = Room(refusal=ConnectRefusedError("invalid_token", {"code": "token_expired"}))
    peer = Peer(room)
    await peer.say("0")
    assert peer.wire.heard == ['44{"message":"invalid_token","data":{"code":"token_expired"}}']
    assert peer.connection.is_open
    room.refusal = None
    await peer.say("0")
    assert peer.wire.heard[1:] == ['40{"sid":"s1"}']


@pytest.mark.parametrize("failure", [RuntimeError("secret"), ComeBackError()])
async def test_a_namespace_that_fails_closes_the_transport_so_that_the_client_comes_back(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    peer = Peer(Room(refusal=failure))
    with caplog.at_level(logging.CRITICAL):
        await peer.say("0")
    assert peer.wire.heard == []
    assert not peer.connection.is_open


async def test_events_are_handled_one_after_the_other_however_long_each_takes() -> None:
    async def handle(_socket: Socket, event: EventCame) -> Sequence[Any]:
        await asyncio.sleep(0.05 if event.name == "slow" else 0)
        return [event.name]

    room = Room(handle)
    peer = Peer(room)
    await peer.say("0")
    await peer.say('21["slow"]', '22["quick"]')
    assert peer.wire.heard[1:] == ['431["slow"]', '432["quick"]']


async def test_a_slow_handler_delays_no_other_connection() -> None:
    gate = asyncio.Event()

    async def handle(_socket: Socket, event: EventCame) -> Sequence[Any]:
        if event.name == "slow":
            await gate.wait()
        return []

    room = Room(handle)
    slow, quick = Peer(room), Peer(room)
    await slow.say("0")
    await quick.say("0")
    slow.connection.websocket_message(slow.wire, '421["slow"]')
    await quick.say('21["quick"]')
    assert quick.wire.heard[1:] == ["431[]"]
    assert slow.wire.heard[1:] == []
    gate.set()
    await slow.handled()
    assert slow.wire.heard[1:] == ["431[]"]


async def test_an_event_without_an_id_is_not_acknowledged() -> None:
    async def handle(_socket: Socket, _event: EventCame) -> Sequence[Any]:
        return ["yes"]

    peer = Peer(Room(handle))
    await peer.say("0")
    await peer.say('2["a"]', '27["a"]')
    assert peer.wire.heard[1:] == ['437["yes"]']


async def test_a_handler_that_fails_leaves_the_connection_and_the_next_event_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(_socket: Socket, event: EventCame) -> Sequence[Any]:
        if event.name == "bad":
            raise RuntimeError
        return []

    peer = Peer(Room(handle))
    with caplog.at_level(logging.CRITICAL):
        await peer.say("0")
        await peer.say('21["bad"]', '22["good"]')
    assert peer.wire.heard[1:] == ["432[]"]


async def test_what_was_said_before_leaving_is_handled_before_the_namespace_hears_of_it() -> None:
    async def handle(_socket: Socket, _event: EventCame) -> None:
        await asyncio.sleep(0.02)

    room = Room(handle)
    peer = Peer(room)
    await peer.say("0")
    await peer.say('2["a"]', '2["b"]', "1")
    assert room.told[1:] == ["a", "b", "client namespace disconnect"]
    assert room.sockets[0].is_gone


async def test_what_was_said_before_the_connection_went_is_handled_too() -> None:
    room = Room()
    peer = Peer(room)
    await peer.say("0")
    peer.connection.websocket_message(peer.wire, '42["a"]')
    peer.connection.websocket_lost(peer.wire)
    await peer.handled()
    assert room.told[1:] == ["a", "transport close"]
    assert peer.endpoint.connections == {}


async def test_a_peer_that_goes_while_it_is_let_in_is_let_in_to_nothing() -> None:
    room = Room()
    room.may_connect.clear()
    peer = Peer(room)
    peer.connection.websocket_message(peer.wire, "40")
    await asyncio.sleep(0)
    peer.connection.websocket_message(peer.wire, "41")
    peer.connection.websocket_message(peer.wire, '40{"again":true}')
    room.may_connect.set()
    await peer.handled()
    assert peer.wire.heard == ['40{"sid":"s1"}']
    assert room.told == ["connect {}", "client namespace disconnect", "connect {'again': True}"]
    assert [socket.is_gone for socket in room.sockets] == [True, False]


async def test_a_peer_that_is_put_out_reads_it_and_its_later_words_are_passed_over() -> None:
    async def handle(socket: Socket, _event: EventCame) -> Sequence[Any]:
        socket.disconnect()
        socket.emit("too late")
        return ["too late"]

    room = Room(handle)
    peer = Peer(room)
    await peer.say("0")
    await peer.say('21["a"]')
    await peer.say('22["b"]')
    assert peer.wire.heard[1:] == ["41"]
    assert room.told[1:] == ["a", "server namespace disconnect"]
    assert peer.connection.is_open


async def test_a_call_returns_what_the_peer_acknowledges() -> None:
    answers: list[list[Any]] = []

    async def handle(socket: Socket, _event: EventCame) -> None:
        answers.append(await socket.call("name?", 1, patience=5))

    peer = Peer(Room(handle))
    await peer.say("0")
    peer.connection.websocket_message(peer.wire, '42["ask me"]')
    await asyncio.sleep(0.01)
    assert peer.wire.heard[1:] == ['420["name?",1]']
    await peer.say('30["Ann",2]')
    assert answers == [["Ann", 2]]


async def test_a_call_that_is_not_acknowledged_ends_by_time_or_with_the_peer() -> None:
    room = Room()
    peer = Peer(room)
    await peer.say("0")
    (socket,) = room.sockets
    with pytest.raises(TimeoutError):
        await socket.call("name?", patience=0.01)
    calling = asyncio.create_task(socket.call("name?", patience=5))
    await asyncio.sleep(0)
    peer.connection.close()
    with pytest.raises(ConnectionError):
        await calling
    with pytest.raises(ConnectionError):
        await socket.call("name?", patience=5)


async def test_a_call_that_is_cancelled_by_its_caller_stays_cancelled() -> None:
    room = Room()
    peer = Peer(room)
    await peer.say("0")
    calling = asyncio.create_task(room.sockets[0].call("name?", patience=5))
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


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


async def test_packets_may_be_given_another_way_out() -> None:
    sent: list[bytes] = []

    async def handle(socket: Socket, _event: EventCame) -> Sequence[Any]:
        socket.outlet = lambda packet: sent.append(packet.text)
        socket.emit("hello")
        return []

    peer = Peer(Room(handle))
    await peer.say("0")
    await peer.say('21["a"]')
    assert sent == [b'42["hello"]', b"431[]"]
    assert peer.wire.heard == ['40{"sid":"s1"}']


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
