"""What a request asks for by its URL and headers, what it is answered, and the refusals that clients know.

Whether credentials are good is not decided here: they are read when a namespace is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from realtime.socketio.engine_events import Transport

PROTOCOL = "4"
#: More parameters than this are not ours.
MOST_PARAMETERS = 50


class Refusal(enum.Enum):
    """Why a request is refused: code and text as other servers give them, and the HTTP status."""

    UNKNOWN_TRANSPORT = (0, "Transport unknown", 400)
    UNKNOWN_SID = (1, "Session ID unknown", 400)
    BAD_METHOD = (2, "Bad handshake method", 400)
    BAD_REQUEST = (3, "Bad request", 400)
    FORBIDDEN = (4, "Forbidden", 403)
    UNSUPPORTED = (5, "Unsupported protocol version", 400)
    TOO_LARGE = (3, "Payload too large", 413)
    UNAVAILABLE = (3, "Come back later", 503)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[2]

    @property
    def body(self) -> bytes:
        """The answer's body."""
        code, message, _ = self.value
        return orjson.dumps({"code": code, "message": message})


class RefusedError(Exception):
    """A request that is not for us, or not like this."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


TEXT, JSON = "text/plain; charset=UTF-8", "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    body: bytes
    status: int = 200
    content_type: str = TEXT

    @classmethod
    def refusing(cls, refusal: Refusal) -> Answer:
        """The answer to a request that is refused."""
        return cls(refusal.body, refusal.status, JSON)


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """A request, read. ``transport`` is empty where it names none that there is."""

    method: str
    transport: str
    sid: str
    protocol: str
    #: As they were sent, for whoever wants to know who is there; names in lower case.
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    address: str = ""

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> EngineRequest:
        """Read an ASGI scope. Nothing in it is trusted, and nothing in it raises."""
        text = scope.get("query_string", b"").decode("latin-1")
        try:
            query = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS))
        except ValueError:
            query = {}
        transport = query.get("transport", "")
        client = scope.get("client")
        return cls(
            method=scope.get("method", "GET"),
            transport=transport if transport in _TRANSPORTS else "",
            sid=query.get("sid", ""),
            protocol=query.get("EIO", ""),
            query=query,
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
            },
            address=client[0] if client else "",
        )

    @property
    def origin(self) -> str | None:
        """The page that it comes from, if a browser says so."""
        return self.headers.get("origin")

    @property
    def host(self) -> str:
        """What the client calls this server."""
        return self.headers.get("host", "")

    def check(self, transport: Transport) -> None:
        """Whether it may be a request over ``transport`` at all. Raises ``RefusedError``."""
        if not self.transport:
            raise RefusedError(Refusal.UNKNOWN_TRANSPORT)
        if self.transport != transport:
            raise RefusedError(Refusal.BAD_REQUEST)
        if self.sid:
            return
        if self.method != "GET":
            raise RefusedError(Refusal.BAD_METHOD)
        if self.protocol != PROTOCOL:
            raise RefusedError(Refusal.UNSUPPORTED)


_TRANSPORTS = frozenset(Transport)
