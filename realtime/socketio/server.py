"""Namespaces with handlers behind a connection: what comes in is handled in order, one thing at a time for
each connection, and a slow handler delays nobody else.

What the handlers do is not decided here; nothing of rooms, users or events is known.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from realtime.socketio.connection import Connection
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.errors import ProtocolError
from realtime.socketio.limits import DEFAULT, Limits
from realtime.socketio.packets import Encoded, encode_event
from realtime.socketio.sockets import (
    Acknowledged,
    ConnectAsked,
    EventCame,
    Left,
    Send,
    SocketEvent,
    SocketSession,
)

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 45.0
#: What waits to be handled, until no more is read from the peer.
MOST_WAITING = 100
#: A WebSocket's code and reason.
COME_BACK = (3010, "come back")
LEFT_BY_PEER, LEFT_BY_US = "client namespace disconnect", "server namespace disconnect"


class ConnectRefusedError(Exception):
    """A peer is not let into a namespace; it reads ``message`` and ``data``."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class ComeBackError(Exception):
    """Nobody can be let in just now. The transport is closed: a client comes back from that by itself, but
    not from a refusal."""


class Namespace(Protocol):
    """What lives in a namespace. For one connection these are called one after the other."""

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Let the peer in by ``socket.accept``, or raise ``ConnectRefusedError`` or ``ComeBackError``."""

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:
        """Handle an event; what is returned acknowledges it, where the peer asked for that."""

    def disconnected(self, socket: Socket, reason: str) -> None:
        """A socket whose ``connect`` has returned is gone, and all it said before is handled."""


class Socket:
    """A peer in one namespace. After it is gone whatever it is told is ignored."""

    __slots__ = ("_listener", "connection", "id", "is_gone", "namespace", "outlet", "state", "was_let_in")

    def __init__(self, listener: SocketListener, connection: Connection, namespace: str) -> None:
        self._listener = listener
        self.connection = connection
        self.namespace = namespace
        self.id = ""
        self.is_gone = False
        self.was_let_in = False
        #: Whatever the namespace wants to keep with it.
        self.state: Any = None
        #: Where packets go. Whoever sends other things to the peer too, puts its own queue here.
        self.outlet: Callable[[Encoded], None] = self._send

    def accept(self, *, id: str | None = None, pid: str | None = None) -> bool:  # noqa: A002
        """Let the peer in; False where it has gone meanwhile."""
        self.id = id or secrets.token_urlsafe(15)
        packet = None if self.is_gone else self._listener.session.accept(self.namespace, sid=self.id, pid=pid)
        if packet is not None:
            self._send(packet)
        return packet is not None

    def emit(self, name: str, *arguments: Any) -> None:
        """Send an event."""
        if not self.is_gone:
            self.outlet(encode_event(name, *arguments, namespace=self.namespace))

    async def call(self, name: str, *arguments: Any, patience: float) -> list[Any]:
        """Send an event and wait for its acknowledgement. Raises ``TimeoutError``, or ``ConnectionError`` for
        a peer that is gone."""
        if self.is_gone:
            raise ConnectionError("the peer is gone")
        return await self._listener.call(self, name, *arguments, patience=patience)

    def disconnect(self, *, at_once: bool = False) -> None:
        """Put the peer out of the namespace. It stays away, until it is told otherwise by its user.
        ``at_once``: before whatever waits in the outlet."""
        self._listener.put_out(self, self._send if at_once else self.outlet)

    def _send(self, packet: Encoded) -> None:
        self.connection.say(packet.frames())


class SocketServer:
    """The namespaces that there are. Makes a listener for each connection."""

    def __init__(
        self,
        namespaces: Mapping[str, Namespace],
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        limits: Limits = DEFAULT,
    ) -> None:
        self.namespaces = namespaces
        self.connect_timeout = connect_timeout
        self.limits = limits

    def __call__(self, connection: Connection) -> SocketListener:
        """Our end of ``connection``."""
        return SocketListener(self, connection)


class SocketListener:
    """Socket.IO on one connection."""

    __slots__ = (
        "_asked",
        "_connection",
        "_has_room",
        "_inbox",
        "_server",
        "_sockets",
        "_timer",
        "_worker",
        "session",
    )

    def __init__(self, server: SocketServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self.session = SocketSession(namespaces=server.namespaces, limits=server.limits)
        self._sockets: dict[str, Socket] = {}
        self._inbox: deque[tuple[Socket, Callable[[], Awaitable[None]]]] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._has_room: asyncio.Event | None = None
        self._asked: dict[tuple[str, int], asyncio.Future[list[Any]]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._watch()

    # ------------------------------------------------------------------ as a connection's listener

    def received(self, message: str | bytes) -> None:
        """Take a message."""
        try:
            for event in self.session.receive(message):
                self._take(event)
        except ProtocolError:
            self._connection.close(CloseReason.PARSE_ERROR)
            return
        self._watch()

    def closed(self, reason: CloseReason) -> None:
        """Let everything that was received be handled, and then tell the namespaces."""
        self._stop_timer()
        for socket in list(self._sockets.values()):
            self._part(socket, reason)
        for future in (self._asked or {}).values():
            future.cancel()

    async def settled(self) -> None:
        """Wait until there is room for more."""
        while self._inbox is not None and len(self._inbox) >= MOST_WAITING:
            self._has_room = self._has_room or asyncio.Event()
            self._has_room.clear()
            await self._has_room.wait()

    async def finished(self) -> None:
        """Wait until everything that was received is handled."""
        while self._worker is not None:
            await asyncio.wait((self._worker,))

    # ------------------------------------------------------------------ for sockets

    async def call(self, socket: Socket, name: str, *arguments: Any, patience: float) -> list[Any]:
        """Send an event and wait for its acknowledgement."""
        asked = self.session.ask(socket.namespace, name, *arguments)
        if asked is None:
            raise ConnectionError("the peer is not in the namespace")
        number, packet = asked
        key = (socket.namespace, number)
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._asked = self._asked or {}
        self._asked[key] = future
        socket.outlet(packet)
        try:
            async with asyncio.timeout(patience):
                return await future
        except asyncio.CancelledError:
            if future.cancelled() and socket.is_gone:
                raise ConnectionError("the peer is gone") from None
            raise
        finally:
            del self._asked[key]
            self.session.give_up(*key)

    def put_out(self, socket: Socket, send: Callable[[Encoded], None]) -> None:
        """Put a peer out of its namespace."""
        if not socket.is_gone and (packet := self.session.put_out(socket.namespace)) is not None:
            send(packet)
            self._part(socket, LEFT_BY_US)
            self._watch()

    # ------------------------------------------------------------------ what comes in

    def _take(self, event: SocketEvent) -> None:
        match event:
            case Send(packet):
                self._connection.say(packet.frames())
            case Acknowledged(namespace, number, arguments):
                # At once: a handler may be waiting for it.
                future = (self._asked or {}).get((namespace, number))
                if future is not None and not future.done():
                    future.set_result(arguments)
            case ConnectAsked(namespace, auth):
                socket = self._sockets[namespace] = Socket(self, self._connection, namespace)
                self._queue(socket, lambda: self._connect(socket, auth))
            case EventCame(namespace):
                socket = self._sockets[namespace]
                self._queue(socket, lambda: self._handle(socket, event))
            case Left(namespace):
                self._part(self._sockets[namespace], LEFT_BY_PEER)

    def _part(self, socket: Socket, reason: str) -> None:
        """``socket`` is gone from now on, and its namespace is told in its turn."""
        socket.is_gone = True
        if self._sockets.get(socket.namespace) is socket:
            del self._sockets[socket.namespace]

        async def tell() -> None:
            if socket.was_let_in:
                self._server.namespaces[socket.namespace].disconnected(socket, reason)

        self._queue(socket, tell)

    async def _connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        try:
            await self._server.namespaces[socket.namespace].connect(socket, auth)
        except ConnectRefusedError as refusal:
            self._refuse(socket, refusal.message, refusal.data)
        except ComeBackError:
            self._connection.hang_up(*COME_BACK)
        except Exception:
            logger.exception("nobody could be let into %s", socket.namespace)
            self._connection.hang_up(*COME_BACK)
        else:
            socket.was_let_in = True

    def _refuse(self, socket: Socket, message: str, data: Any) -> None:
        if socket.is_gone:
            return
        socket.is_gone = True
        del self._sockets[socket.namespace]
        try:
            packet = self.session.refuse(socket.namespace, message, data)
        except ProtocolError:
            self._connection.close(CloseReason.PARSE_ERROR)
            return
        if packet is not None:
            self._connection.say(packet.frames())
        self._watch()

    async def _handle(self, socket: Socket, event: EventCame) -> None:
        if not socket.was_let_in:
            return
        outcome = await self._server.namespaces[socket.namespace].event(socket, event)
        if outcome is None or event.id is None or socket.is_gone:
            return
        packet = self.session.acknowledge(socket.namespace, event.id, outcome)
        if packet is not None:
            socket.outlet(packet)

    # ------------------------------------------------------------------ in order

    def _queue(self, socket: Socket, work: Callable[[], Awaitable[None]]) -> None:
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.append((socket, work))
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """Lives only while there is something to handle."""
        inbox = self._inbox
        try:
            while inbox:
                socket, work = inbox.popleft()
                try:
                    await work()
                except Exception:
                    logger.exception("a message in %s could not be handled", socket.namespace)
                if self._has_room is not None and len(inbox) < MOST_WAITING:
                    self._has_room.set()
        finally:
            self._worker = None
            self._inbox = None
            if self._has_room is not None:
                self._has_room.set()

    # ------------------------------------------------------------------ a connection that is nowhere

    def _watch(self) -> None:
        """A peer that is in no namespace has a while to ask for one."""
        if self.session.is_anywhere or not self._connection.is_open:
            self._stop_timer()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._server.connect_timeout, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        self._connection.close(CloseReason.SERVER)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
