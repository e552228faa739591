"""The namespace ``/``: clients come in as whoever their token says, hear the rooms of everybody like them,
speak, and go. What they missed while away is sent after the CONNECT answer, and nothing of it twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError

from config.kernel.errors import NotAuthenticated, StockwireError
from realtime.consumers.shop import recovery
from realtime.consumers.shop.arguments import RefusedError
from realtime.consumers.shop.arrival import Arrival
from realtime.consumers.shop.commands import COMMANDS
from realtime.consumers.shop.recovery import Return
from realtime.consumers.shop.vestibule import Vestibule
from realtime.consumers.shop.visitor import Visitor
from realtime.consumers.shop.visitors import Visitors
from realtime.cursor import to_cursor
from realtime.dialects.shop import SHOP
from realtime.hub.hub import Hub, Resumed
from realtime.hub.session import Session
from realtime.hub.wire import Wire
from realtime.presence import floor
from realtime.principals import Principal, with_cart_of
from realtime.records import KeptRooms
from realtime.rooms import arefusals, rooms_of
from realtime.socketio.packets import encode_event
from realtime.socketio.server import ComeBackError, ConnectRefusedError, Socket
from realtime.socketio.sockets import EventCame
from realtime.socketio.writer import SocketWriter
from realtime.transport.frames import text_frame

log = structlog.get_logger(__name__)

FRAMES = Wire(SHOP, text_frame)
#: The first event of each connection. It brings nothing but a place in the log, so that also a client which
#: has heard no other event can say up to where it has heard everything.
READY = "ready"


class ShopNamespace:
    """Implements ``Namespace`` for the clients of the shop."""

    def __init__(self, hub: Hub, visitors: Visitors, vestibule: Vestibule) -> None:
        self._hub = hub
        self._visitors = visitors
        self._vestibule = vestibule

    # ------------------------------------------------------------------ coming in

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Let a client in, and bring it up to date. *Refuses* a foreign origin, a wrong credential, too many
        connections of one user or address."""
        arrival: Arrival = socket.connection.arrival
        if not arrival.origin_is_allowed:
            raise ConnectRefusedError("origin_not_allowed", {"code": "origin_not_allowed"})
        try:
            principal = await arrival.principal(auth)
            back = recovery.returning(auth)
            again = await _what_it_was_in(principal, back) if back is not None else None
        except NotAuthenticated as error:
            raise ConnectRefusedError("invalid_token", {"code": error.code}) from None
        except (DatabaseError, InterfaceError) as error:
            # A refusal would have the client stay away.
            raise ComeBackError from error
        if not await self._hub.ready():
            raise ComeBackError
        if again is not None:
            self._visitors.take_over(again.back.pid)
        visitor = self._take_in(socket, principal, arrival)
        try:
            if again is None:
                self._begin(visitor)
            else:
                await self._bring_back(visitor, again)
        except BaseException:
            # It was not let in, so nobody will say that it has gone.
            self._visitors.leave(visitor)
            self._hub.leave(visitor.session)
            raise

    def _take_in(self, socket: Socket, principal: Principal, arrival: Arrival) -> Visitor:
        session = Session(
            wire=FRAMES,
            writer=SocketWriter(socket),
            principal=principal,
            holder=principal.holder,
            address=arrival.address,
        )
        session.expires_at = principal.expires_at
        if socket.is_gone or self._hub.is_stopping:
            raise ComeBackError
        if not self._hub.open(session):
            raise ConnectRefusedError("too_many_connections", {"code": "too_many_connections"})
        visitor = Visitor(socket=socket, session=session, hub=self._hub)
        socket.state = visitor
        # In order with what the hub sends.
        socket.outlet = visitor.send
        return visitor

    def _begin(self, visitor: Visitor) -> None:
        """In one tick of the loop: the answer, the rooms, and the place from which they are heard."""
        place = self._hub.position
        self._let_in(visitor, recovery.new_pid(place))
        self._hub.join(visitor.session, rooms_of(visitor.principal))
        self._say_where(visitor, place.epoch, place.seq)

    async def _bring_back(self, visitor: Visitor, again: Again) -> None:
        back, session, newcomer = again.back, visitor.session, visitor.principal
        session.principal = again.principal
        session.id = recovery.socket_id_of(back.pid)
        # From here on it can be taken over itself, should it come back once more meanwhile.
        visitor.pid = back.pid
        self._visitors.enter(visitor)

        def decided(outcome: Resumed) -> None:
            if outcome.reason is None:
                visitor.heard_before = back.after.position
                self._let_in(visitor, back.pid)
                return
            # It fetches state, and begins anew: nobody knows which rooms it still wants, and what it showed
            # as a guest it shows again.
            session.principal = newcomer
            own = rooms_of(newcomer)
            self._hub.part(session, [room for room in again.rooms if room not in own])
            self._hub.join(session, own)
            self._let_in(visitor, recovery.new_pid(outcome.position))

        async with self._hub.resuming(
            session,
            rooms=again.rooms,
            cursor=back.after.position,
            skip=back.after.skip,
            decided=decided,
        ) as outcome:
            self._say_where(visitor, outcome.position.epoch, outcome.position.seq)
            if outcome.reason is None:
                visitor.tell_of_lost(again.lost)
        if again.is_kept and outcome.reason is None:
            await self._remember(visitor)

    def _let_in(self, visitor: Visitor, pid: str) -> None:
        self._visitors.leave(visitor)
        visitor.pid = pid
        visitor.session.id = recovery.socket_id_of(pid)
        if visitor.socket.accept(id=visitor.session.id, pid=pid):
            self._visitors.enter(visitor)
            self._vestibule.leave(visitor.socket.connection)
            # Not before: whoever waits for the answer to its CONNECT has to hear that first.
            visitor.warn_of_endings()
        else:
            self._hub.leave(visitor.session)

    @staticmethod
    async def _remember(visitor: Visitor) -> None:
        """What is remembered is of today again: it is forgotten when it is old."""
        try:
            await visitor.keep_rooms()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the rooms of a connection could not be kept", error=str(error).strip())

    @staticmethod
    def _say_where(visitor: Visitor, epoch: str, seq: int) -> None:
        visitor.send(encode_event(READY, to_cursor(epoch, seq)))

    # ------------------------------------------------------------------ speaking

    async def event(self, socket: Socket, event: EventCame) -> Sequence[Any] | None:
        """Do what a client says, and tell it how that went."""
        visitor: Visitor = socket.state
        visitor.asks = event.id is not None
        try:
            done = await _do(visitor, event)
        except RefusedError as refusal:
            return _refused(visitor, event, refusal)
        return [{"ok": True, **done}]

    # ------------------------------------------------------------------ going

    def disconnected(self, socket: Socket, reason: str) -> None:  # noqa: ARG002  as the protocol asks
        """Leave the hub."""
        visitor: Visitor = socket.state
        self._visitors.leave(visitor)
        if visitor.has_typed:
            floor.here().typing.gone(visitor.session.id)
        self._hub.leave(visitor.session)


@dataclass(frozen=True, slots=True)
class Again:
    """What a client that comes back was in, as far as it still may: ``rooms`` with the ``seq`` from which it
    heard each; ``lost`` are those that it is to be told of. ``is_kept``: it had joined or left some by
    hand."""

    back: Return
    principal: Principal
    rooms: Mapping[str, int]
    lost: Sequence[str]
    is_kept: bool


async def _what_it_was_in(principal: Principal, back: Return) -> Again:
    """Everything is asked before the client is taken in: what can't be asked leaves nothing behind."""
    kept = await recovery.rooms_kept(back.pid)
    if kept is not None:
        # What a guest has shown once it need not show again: only that connection was told its pid.
        principal = with_cart_of(principal, kept.holder)
    wanted = _rooms_again(principal, rooms_of(principal), back, kept)
    refused = await arefusals(principal, wanted)
    return Again(
        back=back,
        principal=principal,
        rooms={room: seq for room, seq in wanted.items() if room not in refused},
        lost=sorted(set(refused) - _own_kinds(wanted)),
        is_kept=kept is not None,
    )


def _rooms_again(
    principal: Principal, own: Sequence[str], back: Return, kept: KeptRooms | None
) -> dict[str, int]:
    """The rooms that a client was in, each with the ``seq`` from which it heard it."""
    began = dict.fromkeys(own, back.began.seq)
    if kept is None:
        return began
    if kept.holder == principal.key:
        return dict(kept.rooms)
    # Somebody else now, who keeps away from where the client went away from.
    began.pop("storefront", None)
    return {**began, **kept.rooms}


def _own_kinds(rooms: Mapping[str, int]) -> set[str]:
    """Rooms that one is put into: that they are somebody else's now is no news to whoever signed out."""
    return {room for room in rooms if room.partition(":")[0] in ("user", "role", "admin")}


async def _do(visitor: Visitor, event: EventCame) -> Mapping[str, Any]:
    """What the acknowledgement bears. Raises ``RefusedError`` for whatever went wrong."""
    if (wait := visitor.wait()) > 0:
        raise RefusedError("rate_limited", "too many events; wait a moment", retryAfter=wait)
    handle = COMMANDS.get(event.name)
    if handle is None:
        raise RefusedError("unknown_event", f"{event.name[:100]} is no event of ours")
    try:
        return await handle(visitor, event.arguments) or {}
    except RefusedError:
        raise
    except StockwireError as error:
        raise RefusedError(error.code, error.message) from None
    except (DatabaseError, InterfaceError) as error:
        log.warning("a client's event could not be handled", name=event.name, error=str(error).strip())
        raise RefusedError("unavailable", "this can't be done just now; try again") from None
    except Exception as error:
        log.exception("a client's event could not be handled", name=event.name)
        raise RefusedError("server_error", "something went wrong here") from error


def _refused(visitor: Visitor, event: EventCame, refusal: RefusedError) -> Sequence[Any] | None:
    if event.id is not None:
        return [{"ok": False, "error": refusal.message, "code": refusal.code, **refusal.details}]
    if refusal.told_as == "error":
        told = {"message": refusal.message, "code": refusal.code, "event": event.name[:100]}
    else:
        told = {"error": refusal.message, "code": refusal.code}
    visitor.emit(refusal.told_as, **told, **refusal.details)
    return None
