"""One client in the namespace: its session in the hub, its rights, its pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from config.kernel.clock import iso, now
from realtime.consumers.pace import Pace
from realtime.consumers.shop import recovery
from realtime.consumers.shop.arguments import RefusedError
from realtime.hub.hub import Hub
from realtime.hub.session import Session, State
from realtime.principals import Principal
from realtime.records import KeptRooms, Position
from realtime.rooms import Grant, agrant_names, arefusals, name_of_room, rooms_of
from realtime.socketio.packets import Encoded
from realtime.socketio.server import Socket

#: Events a second that one client may send.
PACE = 50.0
#: Messages a second in one chat.
PACE_OF_MESSAGES = 10.0
#: All of them are written anew whenever one is joined or left.
MOST_ROOMS = 250
ROOM_JOIN_ERROR = "room_join_error"


class Visitor:
    """What commands are given: whoever has said something."""

    __slots__ = (
        "asks",
        "chat_paces",
        "has_typed",
        "heard_before",
        "hub",
        "name",
        "pace",
        "pid",
        "session",
        "socket",
    )

    def __init__(self, *, socket: Socket, session: Session, hub: Hub) -> None:
        self.socket = socket
        self.session = session
        self.hub = hub
        self.pace: Pace | None = None
        self.pid = ""
        #: Whether what it says just now is to be acknowledged.
        self.asks = False
        #: Where it comes back to a connection that was cut off: up to where in the log it had heard, until it
        #: has written its first message.
        self.heard_before: Position | None = None
        #: Of the chats that it has written in.
        self.chat_paces: dict[str, Pace] | None = None
        self.has_typed = False
        #: Of the user, once it was needed.
        self.name: str | None = None

    @property
    def principal(self) -> Principal:
        """Whoever its credentials name."""
        return cast("Principal", self.session.principal)

    def send(self, packet: Encoded) -> None:
        """Send it a packet, in order with what the hub sends."""
        self.hub.send_frames(self.session, packet.frames())

    def emit(self, name: str, **payload: Any) -> None:
        """Tell it something that concerns nobody else; what has no ``timestamp`` gets one. It ends in an
        object, so that a client never takes it for a place in the log."""
        self.socket.emit(name, {"timestamp": iso(now()), **payload})

    @asynccontextmanager
    async def answered_first(self) -> AsyncIterator[None]:
        """What comes of something said inside is heard after the acknowledgement, which goes out in the turn
        of the loop in which the command is done."""
        # What the command before this one held back is let go now.
        await asyncio.sleep(0)
        with ExitStack() as holding:
            holding.enter_context(self.hub.snapshot(self.session))
            try:
                yield
            finally:
                asyncio.get_running_loop().call_soon(holding.pop_all().close)

    def wait(self) -> float:
        """Seconds until it may speak again; 0: now."""
        if self.pace is None:
            self.pace = Pace(PACE)
        return self.pace.wait(asyncio.get_running_loop().time())

    def wait_for_chat(self, chat: str) -> float:
        """Seconds until it may write in that chat again; 0: now."""
        if self.chat_paces is None or len(self.chat_paces) > MOST_ROOMS:
            self.chat_paces = {}
        pace = self.chat_paces.setdefault(chat, Pace(PACE_OF_MESSAGES))
        return pace.wait(asyncio.get_running_loop().time())

    # ------------------------------------------------------------------ rooms

    async def join(self, name: str) -> Grant:
        """Have it hear the room of that name, for as long as it recovers. Raises ``RefusedError`` where that
        can't be remembered."""
        (grant,) = await agrant_names(self.principal, [name])
        if grant.refusal is not None or grant.room in self.session.rooms:
            return grant
        if len(self.session.rooms) >= MOST_ROOMS:
            raise RefusedError("too_many_rooms", f"a connection is in at most {MOST_ROOMS} rooms")
        self.hub.join(self.session, [grant.room])
        try:
            await self.keep_rooms()
        except BaseException:
            self.hub.part(self.session, [grant.room])
            raise
        return grant

    async def leave(self, room: str) -> None:
        """Have it hear a room no more."""
        if room in self.session.rooms:
            self.hub.part(self.session, [room])
            await self.keep_rooms()

    async def keep_rooms(self) -> None:
        """Remember its rooms. One that has left the hub is in none any more; what was remembered of it
        before is what it comes back for."""
        if self.session.state is State.CLOSED:
            return
        await recovery.keep_rooms(self.pid, KeptRooms(self.principal.key, self.session.rooms))

    async def show_cart(self, digest: str) -> None:
        """It is a guest's, who has shown the token of a cart. The room of one that was shown before is
        left."""
        if self.principal.cart != digest:
            principal = replace(self.principal, cart=digest)
            refused = await arefusals(principal, self.session.rooms)
            self.session.principal = principal
            self.hub.part(self.session, refused)

    def tell_of_lost(self, rooms: Iterable[str]) -> None:
        """Tell it of rooms that it may not be in any more."""
        for room in rooms:
            name = name_of_room(room) or room
            self.emit(
                ROOM_JOIN_ERROR, room=name, error="this room is not for you any more", code="not_permitted"
            )

    async def become(self, principal: Principal) -> None:
        """Give it other credentials. What the new rights don't cover is heard no more; what comes with them
        is heard from now on. Raises ``RefusedError`` where whoever it is has too many connections."""
        # Before anything changes: it may be that this can't be asked.
        refused = await arefusals(principal, self.session.rooms)
        if not self.hub.belong(self.session, holder=principal.holder):
            raise RefusedError("too_many_connections", "close some connections first")
        before, self.session.principal = self.principal, principal
        self.name = None
        self.session.expires_at = principal.expires_at
        self.warn_of_endings()
        if before.key == principal.key:
            return
        self.hub.part(self.session, refused)
        self.hub.join(self.session, _new_rooms(principal, before))
        await self.keep_rooms()

    def warn_of_endings(self) -> None:
        """Have it told when its credentials end by themselves, and a minute later closed; when they are
        withdrawn, and closed at once; and of rooms that it may not be in any more."""
        self.session.warn_expired = None if self.session.expires_at is None else self._warn
        is_guest = self.principal.kind == "guest"
        self.session.tell_withdrawn = None if is_guest else self._tell_withdrawn
        self.session.tell_of_lost = None if is_guest else self.tell_of_lost

    def _warn(self) -> None:
        self.emit("token_expired")

    def _tell_withdrawn(self) -> None:
        self.emit("error", message="these credentials hold no longer", code="token_revoked")


def _new_rooms(principal: Principal, before: Principal) -> Iterable[str]:
    had = rooms_of(before)
    return [room for room in rooms_of(principal) if room not in had]
