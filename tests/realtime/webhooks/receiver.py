"""A shop's own server, to whom webhooks come; it answers as it is told to, and remembers all."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(slots=True)
class Got:
    """One request. ``event`` is its body, read."""

    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = orjson.loads(self.body)
        return event

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def subject(self) -> str:
        return str(self.event["data"].get("product_id", ""))

    @property
    def version(self) -> int:
        return int(self.event["version"])


Answer = Callable[[Got, asyncio.StreamWriter], Awaitable[bool]]


def status(code: int, body: str = "", **headers: str) -> Answer:
    """This, and the connection stays."""

    async def answer(_got: Got, writer: asyncio.StreamWriter) -> bool:
        lines = [f"HTTP/1.1 {code} X", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", body]).encode())
        await writer.drain()
        return True

    return answer


async def stall(_got: Got, _writer: asyncio.StreamWriter) -> bool:
    """Say nothing, ever."""
    await asyncio.sleep(3600)
    return False


async def close_mid_answer(_got: Got, writer: asyncio.StreamWriter) -> bool:
    """Promise ten bytes, send three."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
    await writer.drain()
    return False


async def hang_up(_got: Got, _writer: asyncio.StreamWriter) -> bool:
    """No answer at all."""
    return False


async def talk_for_ever(_got: Got, writer: asyncio.StreamWriter) -> bool:
    """An answer without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()
    return False


def slowly(seconds: float) -> Answer:
    """All well, after a while."""

    async def answer(got: Got, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(seconds)
        return await status(200)(got, writer)

    return answer


class Receiver:
    """``answer`` decides about each request; ``got`` are all, in the order in which they came."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Answer] = lambda _got: status(200)
        self.url = ""
        self.open = 0
        self.most_open = 0
        self.connections = 0

    @property
    def ids(self) -> list[str]:
        return [got.id for got in self.got]

    @property
    def doubled(self) -> dict[str, int]:
        """Events that came more than once."""
        return {event: count for event, count in Counter(self.ids).items() if count > 1}

    def versions(self, product_id: str) -> list[int]:
        """Of one product, each the first time that it came."""
        found = [got.version for got in self.got if got.subject == product_id]
        return list(dict.fromkeys(found))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        assert first == "POST /hook HTTP/1.1"
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        got = Got(headers, await reader.readexactly(int(headers["content-length"])))
        self.got.append(got)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self.answer(got)(got, writer)
        finally:
            self.open -= 1


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """One, on a port of its own."""
    receiver = Receiver()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await receiver.serve(reader, writer)
        except asyncio.CancelledError:
            writer.close()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
