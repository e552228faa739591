"""One Engine.IO session, without any I/O: what has come, and the time, go in; what is to be done comes out.

A session is carried by polls or by a WebSocket; one that began with polls may be *probed* by a WebSocket and
then goes on over that one. Malformed input ends the session; nothing here raises because of a peer. Times are
seconds of any steady clock; `next_at` says when `tick` is due.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from realtime.socketio.engine_events import (
    Answer,
    Closed,
    CloseReason,
    DropProbe,
    EngineEvent,
    HangUp,
    Received,
    Transport,
    Upgraded,
    Write,
    WriteProbe,
)
from realtime.socketio.engine_packets import (
    EnginePacket,
    EngineType,
    decode_packet,
    decode_payload,
    payload_of,
)
from realtime.socketio.errors import ProtocolError
from realtime.socketio.frames import text_frame
from realtime.socketio.limits import Limits

CLOSE, PING, NOOP = text_frame(b"1"), text_frame(b"2"), text_frame(b"6")
PROBE, PROBE_ANSWER = "probe", text_frame(b"3probe")
NEVER = float("inf")
#: How long a poll waits while the session is probed; the client waits for it before it goes on.
NOOP_AFTER = 0.1


class State(enum.Enum):
    """``CLOSING``: has ended, and waits for the poll that takes the last packets."""

    OPEN = enum.auto()
    CLOSING = enum.auto()
    CLOSED = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How sessions behave. Times in seconds, sizes in bytes."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    #: What one POST or one WebSocket message may bring; told to the client.
    max_payload: int = 1_000_000
    upgrade_timeout: float = 10.0
    #: How long the last packets wait for a poll.
    linger: float = 5.0
    #: Packets that wait for polls.
    most_unsent: int = 2 * 1024 * 1024
    limits: Limits = field(default_factory=Limits)


class _Probe(enum.Enum):
    NONE = enum.auto()
    BEGUN = enum.auto()
    ANSWERED = enum.auto()


class EngineSession:
    """One session, from its handshake on."""

    __slots__ = (
        "_farewell",
        "_linger_until",
        "_noop_at",
        "_out",
        "_ping_at",
        "_poll_waits",
        "_pong_by",
        "_probe",
        "_settings",
        "_unsent",
        "_upgrade_by",
        "sid",
        "state",
        "transport",
    )

    def __init__(self, *, sid: str, settings: EngineSettings, transport: Transport, now: float) -> None:
        self.sid = sid
        self.state = State.OPEN
        self.transport = transport
        self._settings = settings
        self._out: list[bytes] = []
        self._unsent = 0
        #: What the last poll is answered with.
        self._farewell = CLOSE
        self._poll_waits = False
        self._probe = _Probe.NONE
        self._ping_at = now + settings.ping_interval
        self._pong_by = self._noop_at = self._upgrade_by = self._linger_until = NEVER

    # ------------------------------------------------------------------ what is known of it

    @property
    def next_at(self) -> float:
        """When ``tick`` is due."""
        if self.state is State.OPEN:
            heartbeat = self._ping_at if self._pong_by == NEVER else self._pong_by
            return min(heartbeat, self._noop_at, self._upgrade_by)
        return self._linger_until if self.state is State.CLOSING else NEVER

    @property
    def unsent(self) -> int:
        """Bytes that wait for a poll."""
        return self._unsent

    def greeting(self) -> bytes:
        """The packet that opens the session, as text."""
        settings = self._settings
        upgrades = [Transport.WEBSOCKET] if self.transport is Transport.POLLING else []
        handshake: dict[str, Any] = {
            "sid": self.sid,
            "upgrades": upgrades,
            "pingInterval": round(settings.ping_interval * 1000),
            "pingTimeout": round(settings.ping_timeout * 1000),
            "maxPayload": settings.max_payload,
        }
        return b"0" + orjson.dumps(handshake)

    # ------------------------------------------------------------------ time

    def tick(self, now: float) -> list[EngineEvent]:
        """Do what is due."""
        if self.state is not State.OPEN:
            if now >= self._linger_until:
                self._finish()
            return []
        events: list[EngineEvent] = []
        if now >= self._upgrade_by:
            events += self._drop_probe()
        if now >= self._noop_at:
            events += self._answer(NOOP)
        if now >= self._pong_by:
            events += self._end(CloseReason.PING_TIMEOUT)
        elif now >= self._ping_at and self._pong_by == NEVER:
            self._pong_by = now + self._settings.ping_timeout
            events += self.send(PING)
        return events

    # ------------------------------------------------------------------ long polling

    def poll(self, now: float) -> list[EngineEvent]:
        """A GET has come. An ``Answer`` follows, now or later, if the session is not ``CLOSED`` after it."""
        events = self.tick(now)
        if self.state is State.CLOSED:
            return events
        if self._poll_waits:
            # Two at once could take packets out of order.
            return events + self._end(CloseReason.LOST)
        self._poll_waits = True
        if self._out or self.state is State.CLOSING:
            events += self._answer(self._farewell)
        elif self._probe is _Probe.ANSWERED:
            self._noop_at = now + NOOP_AFTER
        return events

    def poll_lost(self) -> list[EngineEvent]:
        """The waiting GET was broken off. What is answered to nobody would be lost without a word."""
        self._poll_waits = False
        return self._end(CloseReason.LOST) if self.transport is Transport.POLLING else []

    def release_poll(self) -> list[EngineEvent]:
        """Answer the waiting GET, though there is nothing to hear: the client is to make another one."""
        return self._answer(NOOP)

    def post(self, body: bytes, now: float) -> list[EngineEvent]:
        """A POST has come."""
        events = self.tick(now)
        if self.state is not State.OPEN:
            return events
        if len(body) > self._settings.max_payload:
            return events + self._end(CloseReason.TOO_LARGE)
        try:
            packets = decode_payload(body, most=self._settings.limits.packets)
        except ProtocolError:
            return events + self._end(CloseReason.PARSE_ERROR)
        return events + self._take(packets, now)

    def lose(self, reason: CloseReason) -> list[EngineEvent]:
        """A request for the session was such that it can't go on."""
        return self._end(reason)

    # ------------------------------------------------------------------ a WebSocket

    def websocket_message(self, message: str | bytes, now: float) -> list[EngineEvent]:
        """A message of the WebSocket that carries the session."""
        if self.state is not State.OPEN:
            return []
        if _is_longer(message, self._settings.max_payload):
            return self._end(CloseReason.TOO_LARGE)
        try:
            packet = decode_packet(message)
        except ProtocolError:
            return self._end(CloseReason.PARSE_ERROR)
        return self._take((packet,), now)

    def websocket_lost(self) -> list[EngineEvent]:
        """The WebSocket that carried the session has gone."""
        return self._end(CloseReason.CLIENT)

    # ------------------------------------------------------------------ upgrade

    def begin_probe(self, now: float) -> bool:
        """A WebSocket has come for the session; whether it is welcome."""
        if self.state is not State.OPEN or self.transport is Transport.WEBSOCKET:
            return False
        if self._probe is not _Probe.NONE:
            return False
        self._probe = _Probe.BEGUN
        self._upgrade_by = now + self._settings.upgrade_timeout
        return True

    def probe_message(self, message: str | bytes) -> list[EngineEvent]:
        """A message of the WebSocket that probes."""
        if self._probe is _Probe.NONE:
            return []
        try:
            packet = decode_packet(message)
        except ProtocolError:
            return self._drop_probe()
        if packet == EnginePacket(EngineType.PING, PROBE):
            self._probe = _Probe.ANSWERED
            return [WriteProbe(PROBE_ANSWER), *self._answer(NOOP)]
        if packet.type is EngineType.UPGRADE and self._probe is _Probe.ANSWERED:
            return self._upgrade()
        return self._drop_probe()

    def probe_lost(self) -> list[EngineEvent]:
        """The WebSocket that probed has gone. The polls carry on."""
        self._forget_probe()
        return []

    def _upgrade(self) -> list[EngineEvent]:
        self._forget_probe()
        events: list[EngineEvent] = self._answer(NOOP, keep=True)
        self.transport = Transport.WEBSOCKET
        events.append(Upgraded())
        if self._out:
            events.append(Write(self._take_out()))
        return events

    def _drop_probe(self) -> list[EngineEvent]:
        if self._probe is _Probe.NONE:
            return []
        self._forget_probe()
        return [DropProbe()]

    def _forget_probe(self) -> None:
        self._probe = _Probe.NONE
        self._upgrade_by = self._noop_at = NEVER

    # ------------------------------------------------------------------ sending and ending

    def send(self, frames: bytes) -> list[EngineEvent]:
        """Send packets, framed."""
        if self.state is not State.OPEN:
            return []
        if self.transport is Transport.WEBSOCKET:
            return [Write(frames)]
        self._out.append(frames)
        self._unsent += len(frames)
        if self._poll_waits:
            return self._answer(b"")
        if self._unsent > self._settings.most_unsent:
            return self._end(CloseReason.TOO_SLOW)
        return []

    def close(self, reason: CloseReason, now: float) -> list[EngineEvent]:
        """End the session after what was sent. With polls the last packets wait a while to be taken."""
        if self.state is not State.OPEN:
            return []
        if self.transport is Transport.WEBSOCKET:
            return self._end(reason)
        return self._linger(reason, CLOSE, now)

    # ------------------------------------------------------------------ inside

    def _take(self, packets: Iterable[EnginePacket], now: float) -> list[EngineEvent]:
        events: list[EngineEvent] = []
        for packet in packets:
            match packet.type:
                case EngineType.MESSAGE:
                    events.append(Received(packet.data))
                case EngineType.PONG:
                    self._pong_by = NEVER
                    self._ping_at = now + self._settings.ping_interval
                case EngineType.NOOP:
                    pass
                case EngineType.CLOSE:
                    return events + self._closed_by_client(now)
                case _:
                    # Pings come from the server, and the rest is for handshakes.
                    return events + self._end(CloseReason.PARSE_ERROR)
        return events

    def _closed_by_client(self, now: float) -> list[EngineEvent]:
        if self.transport is Transport.WEBSOCKET:
            return self._end(CloseReason.CLIENT)
        # Its poll may still be on the way.
        self._take_out()
        return self._linger(CloseReason.CLIENT, NOOP, now)

    def _linger(self, reason: CloseReason, farewell: bytes, now: float) -> list[EngineEvent]:
        events = self._drop_probe()
        self.state = State.CLOSING
        self._linger_until = now + self._settings.linger
        self._farewell = farewell
        return [*events, *self._answer(farewell), Closed(reason)]

    def _answer(self, otherwise: bytes, *, keep: bool = False) -> list[EngineEvent]:
        """Answer the poll, if one waits, with what is there, or else with ``otherwise``. ``keep``: what is
        there goes another way.

        The farewell has an answer of its own. Client libraries handle packets after the payload that they
        came in, and the end within it: what comes together with the end they keep for the next connection,
        and say there that they have not heard it.
        """
        if not self._poll_waits:
            return []
        self._poll_waits = False
        self._noop_at = NEVER
        if self._out and not keep:
            return [Answer(payload_of(self._take_out()))]
        if self.state is State.CLOSING:
            self._finish()
        return [Answer(payload_of(otherwise))]

    def _end(self, reason: CloseReason) -> list[EngineEvent]:
        """End at once: what was not taken yet is not wanted any more."""
        if self.state is State.CLOSED:
            return []
        was_open = self.state is State.OPEN
        events = self._drop_probe()
        self._take_out()
        events += self._answer(CLOSE)
        self._finish()
        if was_open:
            if self.transport is Transport.WEBSOCKET:
                events.append(HangUp(reason))
            events.append(Closed(reason))
        return events

    def _finish(self) -> None:
        self.state = State.CLOSED
        self._linger_until = NEVER

    def _take_out(self) -> bytes:
        frames = b"".join(self._out)
        self._out = []
        self._unsent = 0
        return frames


def _is_longer(message: str | bytes, most: int) -> bool:
    if len(message) > most:
        return True
    # A character has four bytes at most.
    if isinstance(message, bytes) or len(message) * 4 <= most:
        return False
    return len(message.encode("utf-8", "surrogatepass")) > most
