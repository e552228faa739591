"""What an Engine.IO session says is to be done, and the words for it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias


class Transport(enum.StrEnum):
    """What carries a session."""

    POLLING = "polling"
    WEBSOCKET = "websocket"


class CloseReason(enum.StrEnum):
    """Why a session has ended, in the words of other Socket.IO servers."""

    CLIENT = "transport close"
    LOST = "transport error"
    PING_TIMEOUT = "ping timeout"
    PARSE_ERROR = "parse error"
    TOO_LARGE = "payload too large"
    TOO_SLOW = "too slow"
    SERVER = "forced close"


@dataclass(frozen=True, slots=True)
class Received:
    """A message has come."""

    data: str | bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the waiting poll."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """Write to the WebSocket that carries the session."""

    frames: bytes


@dataclass(frozen=True, slots=True)
class WriteProbe:
    """Write to the WebSocket that probes."""

    frames: bytes


@dataclass(frozen=True, slots=True)
class DropProbe:
    """Close the WebSocket that probes; the session goes on."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The WebSocket that probed carries the session from now on."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the WebSocket that carries the session."""

    reason: CloseReason


@dataclass(frozen=True, slots=True)
class Closed:
    """The session has ended. Comes exactly once, and no message after it."""

    reason: CloseReason


EngineEvent: TypeAlias = Received | Answer | Write | WriteProbe | DropProbe | Upgraded | HangUp | Closed
