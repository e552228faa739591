"""Whatever comes, in whatever order, over polls and WebSockets at once: requests are answered, nobody raises,
and whoever else is connected notices nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.socketio.connection import Connection
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import Transport
from realtime.socketio.frames import packets_of
from realtime.socketio.limits import Limits
from realtime.socketio.polling import answer
from realtime.socketio.requests import EngineRequest
from realtime.socketio.server import ConnectRefusedError, Socket, SocketServer
from realtime.socketio.sockets import EventCame

SETTINGS = EngineSettings(
    ping_interval=60, ping_timeout=60, max_payload=2_000, linger=0.01, limits=Limits(packets=20)
)
STATUSES = {200, 400, 403, 413}


class Sayer:
    """A namespace that lets most in and says back what it hears."""

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        if "refuse" in auth:
            raise ConnectRefusedError("no")
        socket.accept()

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:
        socket.emit("said", event.name, *event.arguments)
        if event.name == "leave":
            socket.disconnect()
        return event.arguments

    def disconnected(self, socket: Socket, reason: str) -> None:
        assert socket.is_gone


class Wire:
    """A WebSocket that takes everything."""

    def __init__(self) -> None:
        self.heard: list[str | bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.heard += [payload.decode() if is_text else payload for is_text, payload in packets_of(data)]

    def unsent(self) -> int:
        return 0

    def close(self, _code: int, _reason: str) -> None:
        self.is_closed = True


words = st.sampled_from(
    [
        *(
            "40",
            "40{}",
            '40{"refuse":1}',
            "40/other,",
            "40/nowhere,",
            "41",
            "41/other,",
            '42["a"]',
            '421["a",{"b":[1]}]',
        ),
        *(
            '42["leave"]',
            "430[]",
            '451-["a",{"_placeholder":true,"num":0}]',
            '44{"message":"x"}',
            "46",
            "4",
            "40[",
            "49",
        ),
        *(
            "2probe",
            "5",
            "2",
            "3",
            "1",
            "6",
            "0",
            "bAAEC",
            "b!",
            "",
            "\x1e",
            '42["a"]\x1e42["b"]\x1e3',
            "3\x1e1\x1e42",
        ),
        *(
            '42["connect"]',
            "42[5]",
            '42["\\ud83d"]',
            '42["a",' + "[" * 40,
            "4200000000000000000000[]",
            "x" * 2_001,
        ),
    ]
)
texts = st.one_of(words, st.lists(words, min_size=1, max_size=4).map("".join), st.text(max_size=30))
messages = st.one_of(texts, st.binary(max_size=20))
bodies = st.one_of(texts.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=30))
places = st.integers(0, 2)
steps = st.one_of(
    st.tuples(st.just("open")),
    st.tuples(st.just("get"), places),
    st.tuples(st.just("post"), places, bodies),
    st.tuples(st.just("break_off"), places),
    st.tuples(st.just("websocket"), places),
    st.tuples(st.just("probe"), places),
    st.tuples(st.just("message"), places, messages),
    st.tuples(st.just("lose"), places),
    st.tuples(st.just("settle")),
)


class Crowd:
    """Clients that do anything, each call as the doors would make it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.sids: list[str] = []
        self.wires: list[tuple[Connection, Wire]] = []
        self.requests: list[asyncio.Task[Any]] = []
        self.statuses: set[int] = set()

    async def play(self, step: str, *given_: Any) -> None:
        await getattr(self, f"play_{step}")(*given_)

    async def play_open(self) -> None:
        before = set(self.endpoint.connections)
        await self._ask(a_request("GET", ""))
        self.sids += set(self.endpoint.connections) - before

    async def play_get(self, place: int) -> None:
        self._start(a_request("GET", self._sid(place)), b"")

    async def play_post(self, place: int, body: bytes) -> None:
        self._start(a_request("POST", self._sid(place)), body)

    async def play_break_off(self, place: int) -> None:
        if place < len(self.requests):
            self.requests[place].cancel()

    async def play_websocket(self, _place: int) -> None:
        wire = Wire()
        connection = self.endpoint.open(a_request("GET", "", "websocket"), Transport.WEBSOCKET, carrier=wire)
        self.wires.append((connection, wire))

    async def play_probe(self, place: int) -> None:
        connection = self.endpoint.connections.get(self._sid(place))
        wire = Wire()
        if connection is not None and connection.begin_probe(wire):
            self.wires.append((connection, wire))

    async def play_message(self, place: int, message: str | bytes) -> None:
        for connection, wire in self.wires[place : place + 1]:
            connection.websocket_message(wire, message)
            await connection.settled()

    async def play_lose(self, place: int) -> None:
        for connection, wire in self.wires[place : place + 1]:
            connection.websocket_lost(wire)
            self.wires.remove((connection, wire))

    async def play_settle(self) -> None:
        for _turn in range(5):
            await asyncio.sleep(0)

    async def end(self) -> None:
        """See that every request is answered or was broken off, and that nothing is left."""
        await self.endpoint.stop()
        async with asyncio.timeout(5):
            done = await asyncio.gather(*self.requests, return_exceptions=True)
        for outcome in done:
            assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
        # Those that were polled have a moment for a last poll.
        await asyncio.sleep(2 * SETTINGS.linger)
        assert self.endpoint.connections == {}

    def _sid(self, place: int) -> str:
        return self.sids[place] if place < len(self.sids) else "nobody"

    def _start(self, request: EngineRequest, body: bytes) -> None:
        self.requests.append(asyncio.create_task(self._ask(request, body)))

    async def _ask(self, request: EngineRequest, body: bytes = b"") -> None:
        self.statuses.add((await answer(self.endpoint, request, body)).status)


def a_request(method: str, sid: str, transport: str = "polling") -> EngineRequest:
    query = f"EIO=4&transport={transport}" + (f"&sid={sid}" if sid else "")
    return EngineRequest.of({"method": method, "headers": [], "query_string": query.encode()})


class Bystander:
    """A well-behaved client at the same endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._wire = Wire()
        self._connection = endpoint.open(
            a_request("GET", "", "websocket"), Transport.WEBSOCKET, carrier=self._wire
        )
        self._connection.websocket_message(self._wire, "40")

    async def is_heard(self) -> bool:
        """Whether what it says is said back, once, and nothing else."""
        await self._connection.finished()
        self._wire.heard.clear()
        self._connection.websocket_message(self._wire, '427["hello",1]')
        await self._connection.finished()
        return self._wire.heard == ['42["said","hello",1]', "437[1]"] and not self._wire.is_closed


async def play(played: Sequence[tuple[object, ...]]) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    endpoint = Endpoint(listen=SocketServer({"/": Sayer(), "/other": Sayer()}), settings=SETTINGS)
    crowd, bystander = Crowd(endpoint), Bystander(endpoint)
    for step, *given_ in played:
        await crowd.play(str(step), *given_)
    assert await bystander.is_heard()
    await crowd.end()
    assert crowd.statuses <= STATUSES
    assert complaints == []


@settings(max_examples=100)
@given(st.lists(steps, max_size=40))
def test_whatever_comes_every_request_is_answered_and_nobody_else_notices(
    played: list[tuple[object, ...]],
) -> None:
    # The log is the place where an error would be seen that nobody hears of.
    with pytest.MonkeyPatch.context() as patch:
        told: list[logging.LogRecord] = []
        patch.setattr(logging.getLogger("realtime.socketio"), "handle", told.append)
        patch.setattr(logging.getLogger("realtime.socketio.server"), "handle", told.append)
        patch.setattr(logging.getLogger("realtime.socketio.connection"), "handle", told.append)
        asyncio.run(play(played))
    assert told == []


headers = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=5)


@given(query=st.binary(max_size=200), method=st.text(max_size=8), headers=headers)
def test_no_request_raises_whatever_is_in_it(
    query: bytes, method: str, headers: list[tuple[bytes, bytes]]
) -> None:
    request = EngineRequest.of({"method": method, "query_string": query, "headers": headers})
    assert request.transport in ("", "polling", "websocket")
    assert isinstance(request.origin, str | None)
