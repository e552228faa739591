"""Several processes in the test's own loop, each with an endpoint, and a bad wire between them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any

from realtime.forwarding.forwarding import Forwarding
from realtime.forwarding.limits import Limits
from realtime.socketio import polling
from realtime.socketio.connection import Connection
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import CloseReason, Transport
from realtime.socketio.frames import text_frame
from realtime.socketio.requests import Answer, EngineRequest

CALM = EngineSettings(ping_interval=60, ping_timeout=60, max_payload=1_000_000)
#: As in earnest, only that nobody waits long.
QUICK = Limits(first_patience=0.6, patience=1.2, resend_after=0.25, taken_after=0.05, gone_for=1.0)
OK = Answer(b"ok")

Message = dict[str, Any]


class Wire:
    """The layer between them."""

    def __init__(self) -> None:
        self.hear: dict[str, Callable[[Message], None]] = {}
        #: Kinds of all that was said and not lost, in order.
        self.said: list[str] = []
        self.bundles = 0
        #: Kinds to lose, each as often as it is in here.
        self.lose: list[str] = []
        self.loses_all_of: set[str] = set()
        self.doubles = False
        self.fails = False

    async def tell(self, group: str, message: Message) -> None:
        """As `realtime.layer.send`."""
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError("no wire")
        self.bundles += 1
        kept = [said for said in message["said"] if not self._is_lost(said["kind"])]
        self.said += [said["kind"] for said in kept]
        hear = self.hear.get(group)
        for _time in range(2 if self.doubles else 1):
            if hear is not None:
                asyncio.get_running_loop().call_soon(hear, deepcopy({**message, "said": kept}))

    def _is_lost(self, kind: str) -> bool:
        if kind in self.lose:
            self.lose.remove(kind)
            return True
        return kind in self.loses_all_of


class Ear:
    """What is at our end of a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.heard: list[str | bytes] = []
        self.reason: CloseReason | None = None
        self.gate: asyncio.Event | None = None

    def received(self, message: str | bytes) -> None:
        self.heard.append(message)

    def closed(self, reason: CloseReason) -> None:
        self.reason = reason

    async def settled(self) -> None:
        if self.gate is not None:
            await self.gate.wait()

    async def finished(self) -> None:
        """Always."""

    def say(self, text: str) -> None:
        self.connection.say(text_frame(b"4" + text.encode()))


class Process:
    """One of them, as a client finds it."""

    def __init__(
        self, wire: Wire, *, limits: Limits = QUICK, settings: EngineSettings = CALM, **options: Any
    ) -> None:
        self.ears: dict[str, Ear] = {}
        options = {"listen": self._listen, "tell": wire.tell, "reaches_others": True, **options}
        process = secrets.token_hex(6)
        self.forwarding = Forwarding(settings=settings, limits=limits, process=process, **options)
        self.endpoint = self.forwarding.endpoint
        self.wire = wire
        wire.hear[self.forwarding.group] = self.forwarding.hear

    def _listen(self, connection: Connection) -> Ear:
        ear = self.ears[connection.sid] = Ear(connection)
        return ear

    async def ask(self, method: str, sid: str = "", body: bytes = b"") -> Answer:
        request = EngineRequest(
            method=method, transport=Transport.POLLING, sid=sid, protocol="4", query={}, headers={}
        )
        return await polling.answer(self.endpoint, request, body)

    async def open(self) -> Ear:
        """A session of its own; what is at our end of it."""
        answer = await self.ask("GET")
        return self.ears[json.loads(answer.body[1:])["sid"]]

    def poll(self, sid: str) -> asyncio.Task[Answer]:
        """A GET that may wait."""
        return asyncio.create_task(self.ask("GET", sid))

    async def post(self, sid: str, text: str) -> Answer:
        return await self.ask("POST", sid, b"4" + text.encode())

    def die(self) -> None:
        """As by `kill -9`: nothing is heard of it any more, and it hears nothing."""
        del self.wire.hear[self.forwarding.group]
        self.forwarding._post._tell = _into_the_void


async def _into_the_void(_group: str, _message: Message) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def processes(number: int, **options: Any) -> AsyncIterator[tuple[Wire, list[Process]]]:
    """So many of them on one wire."""
    wire = Wire()
    made = [Process(wire, **options) for _each in range(number)]
    try:
        yield wire, made
    finally:
        for process in made:
            await process.endpoint.stop()
            await process.forwarding.stop()
