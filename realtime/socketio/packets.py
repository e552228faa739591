"""Socket.IO's packets, as the messages of Engine.IO carry them.

``<type>[<attachments>-][<namespace>,][<id>][JSON]``, and after it one binary message for each attachment; in
the JSON a placeholder stands where an attachment belongs. That a packet has attachments is a matter of the
wire alone: outside of this module there are events and acknowledgements, with bytes among their data or not.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from realtime.socketio.errors import ProtocolError
from realtime.socketio.frames import binary_frame, text_frame
from realtime.socketio.limits import DEFAULT, Limits

MAIN = "/"


class PacketType(enum.IntEnum):
    """What a packet is."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. ``query`` is what followed the namespace's name after a question mark."""

    type: PacketType
    namespace: str = MAIN
    data: Any = None
    id: int | None = None
    query: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A packet to be sent: its text, which is a WebSocket message and a packet of a poll's answer alike, and
    its attachments."""

    text: bytes
    attachments: tuple[bytes, ...] = ()

    def frames(self) -> bytes:
        """The same as WebSocket frames, in order."""
        if not self.attachments:
            return text_frame(self.text)
        return text_frame(self.text) + b"".join(map(binary_frame, self.attachments))


# ---------------------------------------------------------------------------------------- encoding

_BINARY_TYPES = {PacketType.EVENT: b"5", PacketType.ACK: b"6"}
_PLACEHOLDER = "_placeholder"


def encode(packet: Packet) -> Encoded:
    """``packet``, with Engine.IO's mark of a message in front. Raises ``TypeError`` for data that is no
    JSON."""
    attachments: list[bytes] = []

    def place(value: Any) -> dict[str, Any]:
        if isinstance(value, bytes | bytearray | memoryview):
            attachments.append(bytes(value))
            return {_PLACEHOLDER: True, "num": len(attachments) - 1}
        raise TypeError(f"{type(value).__name__} can't be sent")

    body = b"" if packet.data is None else orjson.dumps(packet.data, default=place)
    if not attachments:
        kind = b"%d" % packet.type
    elif packet.type in _BINARY_TYPES:
        kind = b"%b%d-" % (_BINARY_TYPES[packet.type], len(attachments))
    else:
        raise TypeError("only events and acknowledgements bear attachments")
    namespace = b"" if packet.namespace == MAIN else packet.namespace.encode() + b","
    number = b"" if packet.id is None else b"%d" % packet.id
    return Encoded(b"4" + kind + namespace + number + body, tuple(attachments))


def encode_event(name: str, *arguments: Any, namespace: str = MAIN, id: int | None = None) -> Encoded:  # noqa: A002
    """An event, for one listener or for a million."""
    return encode(Packet(PacketType.EVENT, namespace, [name, *arguments], id))


# ---------------------------------------------------------------------------------------- decoding

_DIGITS = re.compile(r"[0-9]*")
_ATTACHMENTS = re.compile(r"([0-9]{1,4})-")
#: Every escape of a JSON text, pairs of surrogates as one, so that a lone one can be told.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_RESERVED = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)


@dataclass(slots=True)
class _Partial:
    """A packet that waits for attachments."""

    packet: Packet
    awaited: int
    attachments: list[bytes] = field(default_factory=list)
    size: int = 0


class Decoder:
    """Makes packets of messages. One for each connection, since attachments come by themselves."""

    __slots__ = ("_limits", "_partial")

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._limits = limits
        self._partial: _Partial | None = None

    def feed(self, message: str | bytes) -> Packet | None:
        """The packet that ``message`` completes, if any. Raises ``ProtocolError``, after which the decoder
        is of no use."""
        if isinstance(message, bytes):
            return self._feed_attachment(message)
        if self._partial is not None:
            raise ProtocolError("a text where an attachment was due")
        packet, attachments = _decode_text(message, self._limits)
        if attachments is None:
            return packet
        self._partial = _Partial(packet, attachments)
        return self._completed(self._partial)

    def _feed_attachment(self, attachment: bytes) -> Packet | None:
        partial = self._partial
        if partial is None:
            raise ProtocolError("an attachment of nothing")
        partial.attachments.append(attachment)
        partial.size += len(attachment)
        if partial.size > self._limits.attachment_bytes:
            raise ProtocolError("too large attachments")
        return self._completed(partial)

    def _completed(self, partial: _Partial) -> Packet | None:
        if len(partial.attachments) < partial.awaited:
            return None
        self._partial = None
        packet = partial.packet
        data = _put_back(packet.data, partial.attachments)
        return Packet(packet.type, packet.namespace, data, packet.id, packet.query)


def _decode_text(text: str, limits: Limits) -> tuple[Packet, int | None]:
    """The packet, and the number of its attachments where it has any to come."""
    mark, place = text[:1], 1
    attachments = None
    if mark in ("5", "6"):
        found = _ATTACHMENTS.match(text, place)
        if found is None or (attachments := int(found[1])) > limits.attachments:
            raise ProtocolError("not a number of attachments")
        place = found.end()
        kind = PacketType.EVENT if mark == "5" else PacketType.ACK
    elif mark in ("0", "1", "2", "3", "4"):
        kind = PacketType(int(mark))
    else:
        raise ProtocolError("not a packet type of Socket.IO")
    namespace, query, place = _namespace(text, place, limits)
    digits = _DIGITS.match(text, place)
    number = digits[0] if digits is not None else ""
    if len(number) > limits.id_digits:
        raise ProtocolError("too long an id")
    data = _json(text[place + len(number) :])
    # Most are flat: then counting is enough.
    if text.count("[") + text.count("{") > limits.depth and _is_deep(data, limits.depth):
        if mark != "2" or not isinstance(data, list):
            raise ProtocolError("too deeply nested")
        # An argument that nobody would read: its event is refused, and costs no more than that.
        data = [None if _is_deep(argument, limits.depth - 1) else argument for argument in data]
    packet = Packet(kind, namespace, data, int(number) if number else None, query)
    _check(packet)
    return packet, attachments


def _namespace(text: str, place: int, limits: Limits) -> tuple[str, str, int]:
    if not text.startswith("/", place):
        return MAIN, "", place
    end = text.find(",", place)
    end = len(text) if end < 0 else end
    if end - place > limits.namespace:
        raise ProtocolError("too long a namespace")
    name, _, query = text[place:end].partition("?")
    return name, query, end + 1


def _json(text: str) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _json_mended(text)


def _json_mended(text: str) -> Any:
    """JavaScript sends half an emoji as half an escape. It is no text; what it stands for is unknown."""
    try:
        return orjson.loads(_ESCAPE.sub(lambda found: "\\ufffd" if found[1] else found[0], text))
    except orjson.JSONDecodeError:
        raise ProtocolError("not JSON") from None


def _is_deep(value: Any, most: int) -> bool:
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(most):
        layer = [inner for outer in layer for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not layer:
            return False
    return bool(layer)


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)


def _check(packet: Packet) -> None:
    """Whether the payload is one that its type may have."""
    data = packet.data
    match packet.type:
        case PacketType.CONNECT:
            right = data is None or isinstance(data, dict)
        case PacketType.DISCONNECT:
            right = data is None
        case PacketType.EVENT:
            right = isinstance(data, list) and bool(data) and _is_name(data[0])
        case PacketType.ACK:
            right = isinstance(data, list) and packet.id is not None
        case PacketType.CONNECT_ERROR:
            right = isinstance(data, str | dict)
    if not right:
        raise ProtocolError(f"not the payload of {packet.type.name}")


def _is_name(value: Any) -> bool:
    """JavaScript also takes numbers for names."""
    if isinstance(value, str):
        return value not in _RESERVED
    return isinstance(value, int | float) and not isinstance(value, bool)


def _put_back(value: Any, attachments: list[bytes]) -> Any:
    """``value`` with each attachment where its placeholder stands, each exactly once: one that is repeated
    would make a small message a huge one."""
    taken: set[int] = set()

    def visit(inner: Any) -> Any:
        if isinstance(inner, list):
            return [visit(item) for item in inner]
        if not isinstance(inner, dict):
            return inner
        if inner.get(_PLACEHOLDER) is not True:
            return {key: visit(item) for key, item in inner.items()}
        number = inner.get("num")
        if type(number) is not int or not 0 <= number < len(attachments) or number in taken:
            raise ProtocolError("a placeholder of nothing")
        taken.add(number)
        return attachments[number]

    whole = visit(value)
    if len(taken) < len(attachments):
        raise ProtocolError("an attachment without a place")
    return whole
