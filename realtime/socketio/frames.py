"""Outgoing packets as WebSocket frames, whatever carries them.

An event is framed once for all its listeners; so frames are what every session is given. A WebSocket takes
them as they are. They also tell text from binary and one packet from the next, so that they can wait for a
poll, be read again for its answer, or go out unchanged when the session is upgraded meanwhile.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from realtime.transport.frames import text_frame

__all__ = ["binary_frame", "frame", "packets_of", "text_frame"]

_FINAL_TEXT = 0x81
_SMALL = 125
_MEDIUM = 126


def binary_frame(payload: bytes) -> bytes:
    """``payload`` as one binary message."""
    # The two differ in the first byte only.
    return b"\x82" + text_frame(payload)[1:]


def frame(packet: str | bytes) -> bytes:
    """A packet as one message."""
    return text_frame(packet.encode()) if isinstance(packet, str) else binary_frame(packet)


def packets_of(frames: bytes) -> Iterator[tuple[bool, bytes]]:
    """Whether it is text, and the payload, for each of our own ``frames``."""
    place, end = 0, len(frames)
    while place < end:
        is_text = frames[place] == _FINAL_TEXT
        size = frames[place + 1]
        place += 2
        if size == _MEDIUM:
            (size,) = struct.unpack_from("!H", frames, place)
            place += 2
        elif size > _SMALL:
            (size,) = struct.unpack_from("!Q", frames, place)
            place += 8
        yield is_text, frames[place : place + size]
        place += size
