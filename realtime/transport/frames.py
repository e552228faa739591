"""WebSocket frames as a server sends them: never masked, never fragmented, never compressed (RFC 6455,
section 5)."""

from __future__ import annotations

import struct

_FINAL_TEXT = 0x81
_SMALL = 125
_MEDIUM = 0xFFFF


def text_frame(payload: bytes) -> bytes:
    """``payload``, which is UTF-8, as one text message."""
    size = len(payload)
    if size <= _SMALL:
        return b"%c%c%b" % (_FINAL_TEXT, size, payload)
    if size <= _MEDIUM:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size) + payload
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size) + payload


def as_it_is(payload: bytes) -> bytes:
    """No frame: for transports that frame by themselves."""
    return payload
