"""Somebody who speaks TCP, and what else a test has it say: no client library would."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.realtime.waiting import until
from tests.server_process import ServerProcess

#: When nothing has come for so long, nothing more is to come.
QUIET = 0.5


class Peer:
    """A TCP connection, all that came on it, and no protocol of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = b""
        self.has_ended = False
        self._reader = reader
        self._writer = writer
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    @asynccontextmanager
    async def at(cls, server: ServerProcess) -> AsyncIterator[Peer]:
        """Connect, for as long as the block lasts."""
        peer = cls(*await asyncio.open_connection("127.0.0.1", server.port))
        try:
            yield peer
        finally:
            peer._writer.transport.abort()
            await peer._listening

    async def say(self, data: bytes) -> None:
        """Send something, to whoever still listens."""
        with suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def open(self) -> None:
        """Open a WebSocket, and wait for the session's greeting."""
        await self.say(upgrade())
        await until(lambda: b"maxPayload" in self.heard)

    async def enter(self) -> None:
        """Be let into the namespace, and hear nothing more there."""
        await self.open()
        await self.say(masked(b"40"))
        await until(lambda: b'"ready"' in self.heard)
        await self.say(masked(b'42["leave_room",{"room":"storefront"}]'))
        await until(lambda: b'"room_left"' in self.heard)

    async def until_quiet(self) -> None:
        """Wait until it has ended, or nothing has come for a while."""
        while not self.has_ended:
            size = len(self.heard)
            with suppress(TimeoutError):
                await until(lambda: self.has_ended or len(self.heard) > size, within=QUIET)  # noqa: B023
            if len(self.heard) == size:
                return

    async def _listen(self) -> None:
        with suppress(OSError):
            while part := await self._reader.read(65_536):
                self.heard += part
        self.has_ended = True


async def ask(server: ServerProcess, *requests: bytes) -> bytes:
    """Send requests one after the other, whatever is answered, and give all of it."""
    async with Peer.at(server) as peer:
        for request in requests:
            await peer.say(request)
        await peer.until_quiet()
        return peer.heard


def masked(payload: bytes, *, opcode: int = 1, mask: bytes = b"\x00\x00\x00\x00") -> bytes:
    """A frame, as a client sends it."""
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 2**16:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def upgrade(query: str = "EIO=4&transport=websocket") -> bytes:
    """The request that opens a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /socket.io/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def request(method: str, query: str, body: bytes = b"", *, more: str = "") -> bytes:
    """A request, of which anything may be wrong."""
    head = f"{method} /socket.io/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += f"Content-Length: {len(body)}\r\n{more}\r\n"
    return head.encode("latin-1") + body


def statuses(answer: bytes) -> list[int]:
    """The status of each HTTP answer in what came."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


async def a_session(server: ServerProcess) -> str:
    """The sid of a new session by polling."""
    answer = await ask(server, request("GET", "EIO=4&transport=polling", more="Connection: close\r\n"))
    body = answer.partition(b"\r\n\r\n")[2]
    return str(json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["sid"])
