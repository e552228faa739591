"""Engine.IO's packets: alone, as a WebSocket message; joined, as the payload of long polling."""

from __future__ import annotations

import binascii
import enum
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from realtime.socketio.errors import ProtocolError
from realtime.socketio.frames import packets_of

SEPARATOR = "\x1e"
_BINARY = "b"


class EngineType(enum.StrEnum):
    """The first character of a packet."""

    OPEN = "0"
    CLOSE = "1"
    PING = "2"
    PONG = "3"
    MESSAGE = "4"
    UPGRADE = "5"
    NOOP = "6"


_TYPES = {kind.value: kind for kind in EngineType}


@dataclass(frozen=True, slots=True)
class EnginePacket:
    """One packet. Binary data is a message always."""

    type: EngineType
    data: str | bytes = ""


def decode_packet(message: str | bytes) -> EnginePacket:
    """A WebSocket message as a packet. Raises ``ProtocolError``."""
    if isinstance(message, bytes):
        return EnginePacket(EngineType.MESSAGE, message)
    kind = _TYPES.get(message[:1])
    if kind is None:
        raise ProtocolError("not a packet type of Engine.IO")
    return EnginePacket(kind, message[1:])


def encode_packet(packet: EnginePacket) -> str | bytes:
    """A packet as a WebSocket message."""
    if isinstance(packet.data, bytes):
        return packet.data
    return packet.type.value + packet.data


def decode_payload(body: bytes, *, most: int) -> list[EnginePacket]:
    """The packets in the body of a POST, at most ``most``. Raises ``ProtocolError``."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ProtocolError("a payload is UTF-8") from None
    parts = text.split(SEPARATOR, most)
    if len(parts) > most:
        raise ProtocolError("too many packets in one payload")
    return [_decode_part(part) for part in parts]


def encode_payload(packets: Iterable[EnginePacket]) -> bytes:
    """Packets as the body of an answer. Text must not contain the separator; JSON never does."""
    return SEPARATOR.join(_encode_part(packet) for packet in packets).encode()


def payload_of(frames: bytes) -> bytes:
    """Packets that were framed already as the body of an answer."""
    return b"\x1e".join(
        payload if is_text else b"b" + b64encode(payload) for is_text, payload in packets_of(frames)
    )


def _decode_part(part: str) -> EnginePacket:
    if not part.startswith(_BINARY):
        return decode_packet(part)
    try:
        return EnginePacket(EngineType.MESSAGE, b64decode(part[1:].encode(), validate=True))
    except (binascii.Error, ValueError):
        raise ProtocolError("not base64") from None


def _encode_part(packet: EnginePacket) -> str:
    if isinstance(packet.data, bytes):
        return _BINARY + b64encode(packet.data).decode()
    return packet.type.value + packet.data
