"""Namespaces behind a connection: what comes in is handled in order, and a slow handler is nobody else's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from realtime.socketio.server import ComeBackError, ConnectRefusedError, Socket
from realtime.socketio.sockets import EventCame
from tests.realtime.socketio.peers import Peer, Room
from tests.realtime.waiting import until


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
    await until(lambda: peer.wire.heard[1:] == ['420["name?",1]'])
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
