"""One listener of a benchmark: a raw socket that reads WebSocket frames and nothing more.

It shakes hands (WebSocket, and Socket.IO's connection on top where the door speaks that), answers pings,
counts events, and notes when each came. What is made of that belongs to `listeners`.
"""

from __future__ import annotations

import socket
import struct
import time
from array import array
from dataclasses import dataclass, field
from typing import NamedTuple

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
SHORT, MEDIUM = 126, 127
SWITCHED = b"HTTP/1.1 101"
HEAD_ENDS = b"\r\n\r\n"
OTHER_EVENT = b"42["

# Linux: the kernel notes when what is read had come. (The socket module has no name for it.)
SO_TIMESTAMPNS = 35
TIMESPEC = struct.Struct("@qq")
ANCILLARY = 64

# As over a real network. Of a listener on the same machine the kernel would keep megabytes on the way.
NARROW_BUFFER, NARROW_SEGMENT = 2048, 536


class Door(NamedTuple):
    """How listeners come in, and what an event looks like to them.

    `greeting` is in the message that says that all is ready; none: the handshake itself says it. `event`
    begins each message that counts. The digits between `mark` and `mark_ends` are its number.
    """

    path: str
    greeting: str
    event: str
    mark: str
    mark_ends: str = '"'
    is_socketio: bool = False


@dataclass
class Heard:
    """What all listeners together have heard since the last look."""

    events: int = 0
    bytes: int = 0
    closed: int = 0
    since: float = 0.0
    #: Of each event: its number, and when it came (microseconds of the monotonic clock).
    numbers: array[int] = field(default_factory=lambda: array("q"))
    moments: array[float] = field(default_factory=lambda: array("d"))
    #: When what a listener had said was answered.
    answers: list[float] = field(default_factory=list)


class Clock:
    """The monotonic clock in microseconds, which the senders read too; and the kernel's notes in its
    terms."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self.look()

    def now(self) -> float:
        """Give the present moment."""
        return time.monotonic_ns() / 1000

    def look(self) -> None:
        """See by how much the kernel's clock, which tells the time of day, is ahead."""
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if after - before < 5_000 or not self._ahead:  # else the core was lost in between
            self._ahead = (wall - (before + after) / 2) / 1000

    def of_note(self, ancillary: list[tuple[int, int, bytes]]) -> float:
        """Give the moment that the kernel noted; the present one where it noted none."""
        for _level, kind, data in ancillary:
            if kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = TIMESPEC.unpack(data[: TIMESPEC.size])
                return float(seconds * 1e6 + nanoseconds / 1e3 - self._ahead)
        return self.now()


class Listener:
    """One connection. `read` is called whenever there is something to read."""

    __slots__ = (
        "_door",
        "_event",
        "_kept",
        "_left",
        "_mark",
        "_mark_ends",
        "events",
        "heard",
        "is_open",
        "is_timed",
        "socket",
    )

    def __init__(self, *, port: int, door: Door, heard: Heard, is_narrow: bool = False) -> None:
        self.heard = heard
        self.events = 0
        self.is_open = False
        #: Whether the moments of events are noted too; else they are only counted.
        self.is_timed = False
        self._door = door
        self._event, self._mark, self._mark_ends = (
            text.encode() for text in (door.event, door.mark, door.mark_ends)
        )
        self._kept = b""
        # Of the event that is passed over: bytes that are still to come.
        self._left = 0
        self.socket = socket.socket()
        if is_narrow:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BUFFER)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, NARROW_SEGMENT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.socket.sendall(
            f"GET {door.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def note_moments(self, wanted: bool) -> None:
        """Have the kernel note when what is read had come, or not."""
        self.is_timed = wanted
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, int(wanted))

    def say(self, text: bytes) -> None:
        """Send a message."""
        self._send(TEXT, text)

    def read(self, buffer: bytearray, view: memoryview, clock: Clock) -> bool:
        """Read what there is; False where the connection has ended."""
        heard, place = self.heard, len(self._kept)
        moment = 0.0
        try:
            if self.is_timed:
                size, ancillary, _flags, _address = self.socket.recvmsg_into((view[place:],), ANCILLARY)
                moment = clock.of_note(ancillary)
            else:
                size = self.socket.recv_into(view[place:] if place else view)
        except BlockingIOError:
            return True
        except OSError:
            size = 0
        if not size:
            heard.closed += 1
            return False
        heard.bytes += size
        if place:
            buffer[:place] = self._kept
            self._kept = b""
        at = self._left
        end = place + size
        if at:
            if at > end:
                self._left = at - end
                return True
            self._left = 0
            self._had()
        elif not self.is_open and (at := self._head(buffer, end)) < 0:
            return True
        at = self._frames(buffer, at, end, moment)
        if at < end:
            self._kept = bytes(view[at:end])
        return True

    def _had(self) -> None:
        self.events += 1
        self.heard.events += 1

    def _head(self, buffer: bytearray, end: int) -> int:
        """Pass the answer to the handshake; -1 where it isn't all there yet, or has been passed before."""
        if not buffer.startswith(b"HTTP"):
            return 0
        over = buffer.find(HEAD_ENDS, 0, end)
        if over < 0:
            self._kept = bytes(buffer[:end])
            return -1
        if not buffer.startswith(SWITCHED):
            raise SystemExit(f"{self._door.path} is answered with {buffer[:over].decode('latin-1')}")
        self.is_open = not self._door.greeting
        return over + len(HEAD_ENDS)

    def _frames(self, buffer: bytearray, at: int, end: int, moment: float) -> int:
        """Take frames; gives the place from which something is missing still."""
        mark, event, timing = self._mark, self._event, self.is_timed
        had = 0
        while end - at >= 2:
            size = buffer[at + 1]
            start = at + 2
            if size >= SHORT:
                start = at + (4 if size == SHORT else 10)
                if start > end:
                    break
                size = int.from_bytes(buffer[at + 2 : start])
            stop = start + size
            if stop > end and (timing or end - start < len(event)):
                break
            if not buffer.startswith(event, start):
                if stop > end:
                    break
                if not buffer.startswith(OTHER_EVENT, start):
                    self._message(buffer[at] & 0x0F, bytes(buffer[start:stop]), moment)
            elif timing:
                had += 1
                found = buffer.find(mark, start, stop) + len(mark)
                self.heard.numbers.append(int(buffer[found : buffer.index(self._mark_ends, found, stop)]))
                self.heard.moments.append(moment)
            elif stop > end:
                # The rest of an event is not even looked at.
                self._left = stop - end
                at = end
                break
            else:
                had += 1
            at = stop
        self.events += had
        self.heard.events += had
        return at

    def _message(self, opcode: int, payload: bytes, moment: float) -> None:
        """Take whatever is no event."""
        if opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self._send(CLOSE, payload)
        elif self._door.is_socketio and payload == b"2":
            self.say(b"3")
        elif self._door.is_socketio and payload.startswith(b"0"):
            self.say(b"40")
        elif payload.startswith(b"43"):
            self.heard.answers.append(moment)
        if self._door.greeting.encode() in payload:
            self.is_open = True

    def _send(self, opcode: int, payload: bytes) -> None:
        # A mask of zeros leaves the payload as it is.
        size = len(payload)
        header = (
            struct.pack("!BB", 0x80 | opcode, 0x80 | size)
            if size < SHORT
            else struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
        )
        self.socket.sendall(header + bytes(4) + payload)
