"""All sessions of one path in this process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from realtime.socketio.carriers import Carrier
from realtime.socketio.connection import Connection, Listener
from realtime.socketio.engine import EngineSession, EngineSettings
from realtime.socketio.engine_events import CloseReason, Transport
from realtime.socketio.requests import Answer, EngineRequest, Refusal, RefusedError

OriginCheck = Callable[[str | None, str], bool]


class Elsewhere(Protocol):
    """Whoever knows of sessions that are not here."""

    async def answer(self, request: EngineRequest, body: bytes) -> Answer:
        """Answer a request for one. Raises ``RefusedError``."""

    def lose(self, sid: str, reason: CloseReason) -> None:
        """A request for it was such that it can't go on."""


def any_origin(_origin: str | None, _host: str) -> bool:
    """Every page may connect."""
    return True


def random_sid() -> str:
    """An id that nobody guesses: whoever knows it is taken for the session's owner."""
    return secrets.token_urlsafe(15)


class Endpoint:
    """``listen`` says what is at our end of each connection. ``is_allowed_origin`` is asked with the page's
    origin and the host that it asked for; ``make_sid`` gives new sessions their ids; ``elsewhere`` answers
    polls for sessions that are not here; ``forgotten`` is told of each session that is over. ``listen`` may
    raise ``RefusedError``."""

    def __init__(
        self,
        *,
        listen: Callable[[Connection], Listener],
        settings: EngineSettings | None = None,
        is_allowed_origin: OriginCheck = any_origin,
        make_sid: Callable[[], str] = random_sid,
        elsewhere: Elsewhere | None = None,
        forgotten: Callable[[Connection], None] | None = None,
    ) -> None:
        self.settings = settings or EngineSettings()
        self.is_allowed_origin = is_allowed_origin
        self.elsewhere = elsewhere
        self.connections: dict[str, Connection] = {}
        self._listen = listen
        self._make_sid = make_sid
        self._forgotten = forgotten
        self._stopping = False

    def open(
        self, request: EngineRequest, transport: Transport, *, carrier: Carrier | None = None
    ) -> Connection:
        """A new session. Raises ``RefusedError`` while the process ends."""
        if self._stopping:
            raise RefusedError(Refusal.UNAVAILABLE)
        now = asyncio.get_running_loop().time()
        session = EngineSession(sid=self._make_sid(), settings=self.settings, transport=transport, now=now)
        connection = Connection(
            session,
            settings=self.settings,
            request=request,
            listen=self._listen,
            forget=self._forget,
            carrier=carrier,
        )
        self.connections[session.sid] = connection
        return connection

    def find(self, sid: str) -> Connection:
        """The connection of a session that is here. Raises ``RefusedError``."""
        connection = self.connections.get(sid)
        if connection is None:
            raise RefusedError(Refusal.UNKNOWN_SID)
        return connection

    def stop_admitting(self) -> None:
        """Send newcomers elsewhere; who is here stays."""
        self._stopping = True

    async def stop(self, *, grace: float = 5.0) -> None:
        """Close every transport, and wait until the listeners have done what was asked of them."""
        self._stopping = True
        connections = list(self.connections.values())
        for connection in connections:
            connection.close(CloseReason.SERVER)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                for connection in connections:
                    await connection.finished()

    def _forget(self, connection: Connection) -> None:
        self.connections.pop(connection.sid, None)
        if self._forgotten is not None:
            self._forgotten(connection)
