"""A client of `/events` that looks at each byte of a response, and the reader that the HTML standard asks of
a browser (section 9.2.6), written from its text and not from ours."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 10.0
#: It comes whenever somebody comes or goes.
AMBIENT = ("presence", "stats", "metric")


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What a page's listener is called with."""

    type: str
    text: str
    last_event_id: str

    @property
    def data(self) -> Any:
        return json.loads(self.text)


@dataclass(slots=True)
class Reader:
    """The standard's event stream interpretation, line by line; bytes may come in any pieces.

    To the letter its buffer for the id begins empty with each stream, so that a first block without an id
    would make the page forget its place; browsers are kinder.
    """

    last_event_id: str = ""
    retry: int | None = None
    comments: int = 0
    blocks: int = 0
    _rest: bytes = b""
    _id: str = ""
    _type: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, received: bytes) -> list[Dispatched]:
        """Whatever is complete by now."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        dispatched = []
        for line in lines:
            assert not line.endswith(b"\r")
            if line:
                self._field(line.decode())
            elif (event := self._dispatch()) is not None:
                dispatched.append(event)
        return dispatched

    def _field(self, line: str) -> None:
        if line.startswith(":"):
            self.comments += 1
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        elif name == "retry":
            self.retry = int(value)
        else:
            raise AssertionError(f"a field that there is not: {line!r}")

    def _dispatch(self) -> Dispatched | None:
        self.blocks += 1
        self.last_event_id = self._id
        kind, data = self._type, self._data
        self._type, self._data = "", []
        return Dispatched(kind or "message", "\n".join(data), self.last_event_id) if data else None


class Chunks:
    """Opens the chunks of a body, whatever pieces they come in."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0
        self._is_open = False

    def feed(self, received: bytes) -> bytes:
        """What there is of the body by now."""
        self._rest += received
        opened = b""
        while True:
            if self._is_open:
                opened += self._rest[: self._left]
                taken = min(self._left, len(self._rest))
                self._left -= taken
                self._rest = self._rest[taken:]
                if self._left or len(self._rest) < 2:
                    return opened
                assert self._rest.startswith(b"\r\n")
                self._rest = self._rest[2:]
                self._is_open = False
            head, found, body = self._rest.partition(b"\r\n")
            if not found:
                return opened
            self._left = int(head, 16)
            assert self._left, "the stream has ended"
            self._rest = body
            self._is_open = True


class Response:
    """An answer to one request, read from the socket itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}
        #: The body as it came so far, its chunks opened.
        self.body = b""
        #: Whether the body came to its proper end.
        self.is_whole = False
        self.events = Reader()
        self._dispatched: deque[Dispatched] = deque()

    @classmethod
    async def of(
        cls,
        port: int,
        target: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        buffer: int | None = None,
    ) -> Response:
        """Ask, and read the head of the answer."""
        plain = socket.socket()
        if buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        except BaseException:
            plain.close()
            raise
        reader, writer = await asyncio.open_connection(sock=plain, limit=2**16)
        lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        response = cls(reader, writer)
        try:
            async with asyncio.timeout(PATIENCE):
                await response._read_head()
        except BaseException:
            await response.hang_up()
            raise
        return response

    async def _read_head(self) -> None:
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()[:-1]
        version, status, *_ = first.split()
        assert version == "HTTP/1.1"
        self.status = int(status)
        for line in lines:
            name, _, value = line.partition(": ")
            assert name.lower() not in self.headers, line
            self.headers[name.lower()] = value

    async def read_more(self) -> bytes:
        """The next chunk; nothing at the proper end, ``IncompleteReadError`` where the line is cut."""
        if self.is_whole:
            return b""
        if self.headers.get("transfer-encoding") == "chunked":
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            part = await self._reader.readexactly(size)
            assert await self._reader.readexactly(2) == b"\r\n"
            self.is_whole = size == 0
        else:
            part = await self._reader.readexactly(int(self.headers["content-length"]))
            self.is_whole = True
        self.body += part
        return part

    async def json(self) -> Any:
        """The whole body, which is not a stream."""
        async with asyncio.timeout(PATIENCE):
            await self.read_more()
        return json.loads(self.body)

    async def event(self, *, within: float = PATIENCE) -> Dispatched:
        """The next event that a page would hear of, save what staff hear of whoever is here."""
        async with asyncio.timeout(within):
            while (event := await self.any_event(within=within)).type in AMBIENT:
                pass
            return event

    async def any_event(self, *, within: float = PATIENCE) -> Dispatched:
        """The next event, whatever it is."""
        async with asyncio.timeout(within):
            while not self._dispatched:
                await self._listen()
            return self._dispatched.popleft()

    async def event_of(self, kind: str) -> Dispatched:
        """The next event, which has to be of this type."""
        event = await self.event()
        assert event.type == kind, event
        return event

    async def block(self, number: int = 1) -> None:
        """Read on until so many blocks have come, whatever is in them."""
        async with asyncio.timeout(PATIENCE):
            while self.events.blocks < number:
                await self._listen()

    async def ends(self, *, within: float = PATIENCE) -> None:
        """The stream comes to its proper end, and the connection with it."""
        async with asyncio.timeout(within):
            while not self.is_whole:
                self._dispatched.extend(self.events.feed(await self.read_more()))
            assert await self._reader.read() == b""

    def heard(self) -> list[Dispatched]:
        """What has come and was not asked for yet."""
        return list(self._dispatched)

    async def next_answer(self) -> None:
        """Begin to read the answer to another request on the same connection."""
        self.headers = {}
        async with asyncio.timeout(PATIENCE):
            await self._read_head()

    async def is_cut(self, *, within: float = PATIENCE) -> None:
        """The connection ends, properly or not; what comes before is thrown away."""
        async with asyncio.timeout(within):
            try:
                while await self._reader.read(65_536):
                    pass
            except ConnectionError:
                pass

    async def raw(self, size: int) -> bytes:
        """Some bytes as they come, chunks and all; fewer at the end."""
        return await self._reader.read(size)

    def say(self, more: bytes) -> None:
        """Send on, out of turn."""
        self._writer.write(more)

    def read_no_more(self) -> None:
        """Leave everything to the kernel, which has little room."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def hang_up(self) -> None:
        self._writer.transport.abort()
        # The next turn of the loop closes the socket.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _listen(self) -> None:
        part = await self.read_more()
        assert part, "the stream has ended"
        self._dispatched.extend(self.events.feed(part))


async def refused(answer: Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which has the one shape and is the end of it."""
    body: dict[str, Any] = await answer.json()
    assert (answer.status, body["code"]) == (status, code)
    assert body["error"] == body["message"]
    assert body["timestamp"].endswith("Z")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return body
