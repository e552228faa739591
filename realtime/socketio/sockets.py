"""Socket.IO on one Engine.IO session, without any I/O: which namespaces it is in, and what is said there."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from realtime.socketio.errors import ProtocolError
from realtime.socketio.limits import DEFAULT, Limits
from realtime.socketio.packets import Decoder, Encoded, Packet, PacketType, encode, encode_event


@dataclass(frozen=True, slots=True)
class ConnectAsked:
    """The peer wants to be in a namespace. ``accept`` or ``refuse`` is to follow."""

    namespace: str
    auth: dict[str, Any]
    query: str = ""


@dataclass(frozen=True, slots=True)
class EventCame:
    """The peer has sent an event; with an ``id`` it waits for ``acknowledge``."""

    namespace: str
    name: str
    arguments: list[Any]
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The peer has acknowledged the event that was sent with ``id``."""

    namespace: str
    id: int
    arguments: list[Any]


@dataclass(frozen=True, slots=True)
class Left:
    """The peer has left a namespace."""

    namespace: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send this to the peer."""

    packet: Encoded


SocketEvent: TypeAlias = ConnectAsked | EventCame | Acknowledged | Left | Send


class _Stage(enum.Enum):
    ASKED = enum.auto()
    IN = enum.auto()
    #: The server has put the peer out; what the peer sent before it knew is passed over.
    PUT_OUT = enum.auto()


@dataclass(slots=True)
class _Membership:
    stage: _Stage = _Stage.ASKED
    next_id: int = 0
    awaited: set[int] = field(default_factory=set)


class SocketSession:
    """The namespaces of one connection. ``receive`` raises ``ProtocolError`` for whatever a peer must not
    send; then the connection is to be closed."""

    __slots__ = ("_decoder", "_known", "_limits", "_memberships", "_refusals")

    def __init__(self, *, namespaces: Collection[str], limits: Limits = DEFAULT) -> None:
        self._known = namespaces
        self._limits = limits
        self._decoder = Decoder(limits)
        self._memberships: dict[str, _Membership] = {}
        self._refusals = 0

    @property
    def is_anywhere(self) -> bool:
        """Whether the peer is in a namespace, or waits to be let in."""
        return any(member.stage is not _Stage.PUT_OUT for member in self._memberships.values())

    def receive(self, message: str | bytes) -> Sequence[SocketEvent]:
        """What a message of the peer means."""
        packet = self._decoder.feed(message)
        if packet is None:
            return ()
        member = self._memberships.get(packet.namespace)
        if packet.type is PacketType.CONNECT:
            return self._on_connect(packet, member)
        if member is not None and member.stage is _Stage.PUT_OUT:
            return ()
        if packet.type is PacketType.DISCONNECT and member is not None:
            del self._memberships[packet.namespace]
            return (Left(packet.namespace),)
        if member is None or member.stage is not _Stage.IN:
            raise ProtocolError("not in this namespace")
        if packet.type is PacketType.EVENT:
            name, *arguments = packet.data
            return (EventCame(packet.namespace, str(name), arguments, packet.id),)
        if packet.type is PacketType.ACK:
            return self._on_ack(packet, member)
        raise ProtocolError(f"{packet.type.name} comes from servers only")

    def _on_connect(self, packet: Packet, member: _Membership | None) -> Sequence[SocketEvent]:
        if member is not None and member.stage is not _Stage.PUT_OUT:
            raise ProtocolError("in this namespace already")
        if packet.namespace not in self._known:
            return (Send(self._refusal(packet.namespace, "Invalid namespace", None)),)
        self._memberships[packet.namespace] = _Membership()
        return (ConnectAsked(packet.namespace, packet.data or {}, packet.query),)

    def _on_ack(self, packet: Packet, member: _Membership) -> Sequence[SocketEvent]:
        if packet.id is None or packet.id not in member.awaited:
            # Too late, or twice, or never asked for.
            return ()
        member.awaited.discard(packet.id)
        return (Acknowledged(packet.namespace, packet.id, packet.data),)

    # ------------------------------------------------------------------ what the server says

    def is_in(self, namespace: str) -> bool:
        """Whether the peer was let in, and is in still."""
        member = self._memberships.get(namespace)
        return member is not None and member.stage is _Stage.IN

    def accept(self, namespace: str, *, sid: str, pid: str | None = None) -> Encoded | None:
        """Let the peer in, if it still waits. ``pid``: what it may recover this connection by."""
        member = self._memberships.get(namespace)
        if member is None or member.stage is not _Stage.ASKED:
            return None
        member.stage = _Stage.IN
        answer = {"sid": sid} if pid is None else {"sid": sid, "pid": pid}
        return encode(Packet(PacketType.CONNECT, namespace, answer))

    def refuse(self, namespace: str, message: str, data: Any = None) -> Encoded | None:
        """Keep the peer out, if it waits still. Raises ``ProtocolError`` for one refused too often."""
        member = self._memberships.get(namespace)
        if member is None or member.stage is not _Stage.ASKED:
            return None
        del self._memberships[namespace]
        return self._refusal(namespace, message, data)

    def _refusal(self, namespace: str, message: str, data: Any) -> Encoded:
        self._refusals += 1
        if self._refusals > self._limits.refusals:
            raise ProtocolError("refused too often")
        shown = {"message": message} if data is None else {"message": message, "data": data}
        return encode(Packet(PacketType.CONNECT_ERROR, namespace, shown))

    def ask(self, namespace: str, name: str, *arguments: Any) -> tuple[int, Encoded] | None:
        """An event that the peer is to acknowledge, and its id; nothing where the peer is not in."""
        member = self._memberships.get(namespace)
        if member is None or member.stage is not _Stage.IN:
            return None
        number = member.next_id
        encoded = encode_event(name, *arguments, namespace=namespace, id=number)
        member.next_id += 1
        member.awaited.add(number)
        return number, encoded

    def give_up(self, namespace: str, number: int) -> None:
        """Wait no longer for an acknowledgement."""
        if (member := self._memberships.get(namespace)) is not None:
            member.awaited.discard(number)

    def acknowledge(self, namespace: str, number: int, arguments: Sequence[Any]) -> Encoded | None:
        """The acknowledgement of the peer's event ``number``."""
        if not self.is_in(namespace):
            return None
        return encode(Packet(PacketType.ACK, namespace, list(arguments), number))

    def put_out(self, namespace: str) -> Encoded | None:
        """Tell the peer to leave, and to stay away."""
        member = self._memberships.get(namespace)
        if member is None or member.stage is _Stage.PUT_OUT:
            return None
        member.stage = _Stage.PUT_OUT
        return encode(Packet(PacketType.DISCONNECT, namespace))
