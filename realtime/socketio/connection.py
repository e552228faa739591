"""One session with its transports and timers: what the sans-IO session says is done here, nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from realtime.socketio import engine_events as happened
from realtime.socketio.carriers import Carrier
from realtime.socketio.engine import NEVER, EngineSession, EngineSettings, State
from realtime.socketio.engine_events import CloseReason, EngineEvent, Transport
from realtime.socketio.requests import EngineRequest

logger = logging.getLogger(__name__)

#: What a WebSocket is closed with; below 3500 means "come back", as on `/ws`.
_CODES = {
    CloseReason.CLIENT: 1000,
    CloseReason.LOST: 3010,
    CloseReason.PING_TIMEOUT: 3012,
    CloseReason.PARSE_ERROR: 3501,
    CloseReason.TOO_LARGE: 1009,
    CloseReason.TOO_SLOW: 3008,
    CloseReason.SERVER: 1000,
}
#: A POST that meets one of these, or brings it about, was right.
_NOBODY_S_FAULT = (None, CloseReason.CLIENT, CloseReason.SERVER)
PROBE_FAILED = (1000, "not an upgrade")


class Listener(Protocol):
    """Whoever is at our end of a connection. Nothing here may wait."""

    def received(self, message: str | bytes) -> None:
        """A message of the peer."""

    def closed(self, reason: CloseReason) -> None:
        """The connection has ended. Called once."""

    async def settled(self) -> None:
        """Wait until more messages are welcome."""

    async def finished(self) -> None:
        """Wait until everything that was received is handled."""


class Connection:
    """A session, and what carries it. Also what a hub needs of a writer, but for the close codes' meaning."""

    __slots__ = (
        "__weakref__",
        "_carrier",
        "_forget",
        "_listener",
        "_loop",
        "_poll",
        "_probe",
        "_session",
        "_settings",
        "_timer",
        "arrival",
        "is_posting",
        "reason",
        "request",
    )

    def __init__(
        self,
        session: EngineSession,
        *,
        settings: EngineSettings,
        request: EngineRequest,
        listen: Callable[[Connection], Listener],
        forget: Callable[[Connection], None],
        carrier: Carrier | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._session = session
        self._settings = settings
        self._forget = forget
        self._carrier = carrier
        self._probe: Carrier | None = None
        self._poll: asyncio.Future[bytes] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_posting = False
        #: Why it has ended, once it has.
        self.reason: CloseReason | None = None
        #: The request that opened it; whoever has read it may put `None` here.
        self.request: EngineRequest | None = request
        #: What was read of it.
        self.arrival: Any = None
        self._listener = listen(self)
        self._schedule()

    # ------------------------------------------------------------------ what is known of it

    @property
    def sid(self) -> str:
        """The session's id, which is not the id of any Socket.IO socket."""
        return self._session.sid

    @property
    def transport(self) -> Transport:
        """What carries it just now."""
        return self._session.transport

    @property
    def is_open(self) -> bool:
        """Whether anything can still be said on it."""
        return self._session.state is State.OPEN

    def greeting(self) -> bytes:
        """The packet that opens it, as text."""
        return self._session.greeting()

    # ------------------------------------------------------------------ what we say

    def write(self, data: bytes) -> None:
        """Send whole frames; after the end they are ignored."""
        if self._carrier is not None:
            self._carrier.write(data)
        elif self._session.state is State.OPEN:
            self._do(self._session.send(data))

    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._session.unsent if self._carrier is None else self._carrier.unsent()

    def say(self, data: bytes) -> None:
        """As ``write``, and hang up on a peer that takes nothing. For whoever does not look after that."""
        self.write(data)
        if self.unsent() > self._settings.most_unsent:
            self.close(CloseReason.TOO_SLOW)

    def close(self, reason: CloseReason = CloseReason.SERVER) -> None:
        """Close the transport, after what was written. Clients come back from that."""
        self._do(self._session.close(reason, self._loop.time()))

    def hang_up(self, code: int, reason: str) -> None:
        """As ``close``, with a WebSocket code of one's own."""
        carrier, self._carrier = self._carrier, None
        self._do(self._session.close(CloseReason.SERVER, self._loop.time()))
        if carrier is not None:
            carrier.close(code, reason)

    async def settled(self) -> None:
        """Wait until the listener takes more."""
        await self._listener.settled()

    async def finished(self) -> None:
        """Wait until the listener has handled everything."""
        await self._listener.finished()

    # ------------------------------------------------------------------ what comes in

    async def poll(self) -> bytes | None:
        """A GET: the answer once there is one, or nothing for a session that is over."""
        now = self._loop.time()
        if self._poll is not None:
            # The session ends: the first poll is told so, this one is not answered.
            self._do(self._session.poll(now))
            return None
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._poll = answer
        self._do(self._session.poll(now))
        if self._session.state is State.CLOSED and not answer.done():
            self._poll = None
            return None
        try:
            return await answer
        except asyncio.CancelledError:
            self._poll = None
            self._do(self._session.poll_lost())
            raise

    def release_poll(self) -> None:
        """Have the client make its GET anew."""
        self._do(self._session.release_poll())

    def post(self, body: bytes) -> bool:
        """A POST; whether it was right."""
        self._do(self._session.post(body, self._loop.time()))
        return self.reason in _NOBODY_S_FAULT

    def lose(self, reason: CloseReason) -> None:
        """A request for it was such that it can't go on."""
        self._do(self._session.lose(reason))

    def websocket_message(self, carrier: Carrier, message: str | bytes) -> None:
        """A message of a WebSocket: of the one that carries the session, or of the one that probes it."""
        if carrier is self._probe:
            self._do(self._session.probe_message(message))
        elif carrier is self._carrier:
            self._do(self._session.websocket_message(message, self._loop.time()))

    def websocket_lost(self, carrier: Carrier) -> None:
        """A WebSocket has gone."""
        if carrier is self._probe:
            self._probe = None
            self._do(self._session.probe_lost())
        elif carrier is self._carrier:
            self._carrier = None
            self._do(self._session.websocket_lost())

    def begin_probe(self, carrier: Carrier) -> bool:
        """A WebSocket has come for the session; whether it is welcome."""
        welcome = self._session.begin_probe(self._loop.time())
        if welcome:
            self._probe = carrier
            self._schedule()
        return welcome

    # ------------------------------------------------------------------ inside

    def _do(self, events: list[EngineEvent]) -> None:
        for event in events:
            self._do_one(event)
        if self._session.state is State.CLOSED:
            self._vanish()
        else:
            self._schedule()

    def _do_one(self, event: EngineEvent) -> None:
        match event:
            case happened.Received(data):
                # It may have hung up on a message before this one.
                if self.reason is None:
                    self._listener.received(data)
            case happened.Answer(payload):
                answer, self._poll = self._poll, None
                if answer is not None and not answer.done():
                    answer.set_result(payload)
            case happened.Write(frames):
                if self._carrier is not None:
                    self._carrier.write(frames)
            case happened.HangUp(reason):
                carrier, self._carrier = self._carrier, None
                if carrier is not None:
                    carrier.close(_CODES[reason], reason)
            case happened.Closed(reason):
                self.reason = reason
                self._listener.closed(reason)
            case _:
                self._do_with_probe(event)

    def _do_with_probe(self, event: EngineEvent) -> None:
        probe = self._probe
        match event:
            case happened.WriteProbe(frames):
                if probe is not None:
                    probe.write(frames)
            case happened.DropProbe():
                self._probe = None
                if probe is not None:
                    probe.close(*PROBE_FAILED)
            case happened.Upgraded():
                self._carrier, self._probe = probe, None

    def _schedule(self) -> None:
        """One timer, moved only when something is due earlier: heartbeats put it off all the time."""
        due = self._session.next_at
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._tick) if due != NEVER else None

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        self._do(self._session.tick(now))

    def _vanish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._forget(self)
