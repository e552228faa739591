"""A balancer that knows nothing: each request goes to the next process, on a connection of its own."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_UPGRADE = re.compile(rb"\r\nupgrade:\s*websocket", re.IGNORECASE)


class Balancer:
    """In front of servers on these ports. ``counts`` tells how many requests each was given."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.port = 0
        self.counts: Counter[int] = Counter()
        #: How many WebSockets were asked for, and where they are sent, if not to the next.
        self.websockets = 0
        self.websockets_to: int | None = None
        self._ports = list(ports)
        self._next = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut everybody off."""
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve((reader, writer)))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, client: Connection) -> None:
        async with closing(client):
            with suppress(OSError, asyncio.IncompleteReadError):
                head = await client[0].readuntil(b"\r\n\r\n")
                is_websocket = _UPGRADE.search(head) is not None
                self.websockets += is_websocket
                if not is_websocket:
                    # One request for each connection, so that the next one goes elsewhere.
                    head = _CONNECTION.sub(b"", head[:-4]) + b"\r\nConnection: close\r\n\r\n"
                async with closing(await self._reach(is_websocket=is_websocket)) as server:
                    server[1].write(head)
                    await _pass_both_ways(client, server)

    async def _reach(self, *, is_websocket: bool) -> Connection:
        if is_websocket and self.websockets_to is not None:
            return await open_connection(self.websockets_to)
        for _each in self._ports:
            port = self._ports[self._next]
            self._next = (self._next + 1) % len(self._ports)
            with suppress(OSError):
                connection = await open_connection(port)
                self.counts[port] += 1
                return connection
        raise ConnectionRefusedError("nobody is there")


async def _pass_both_ways(client: Connection, server: Connection) -> None:
    passing = [
        asyncio.create_task(_pass(client[0], server[1])),
        asyncio.create_task(_pass(server[0], client[1])),
    ]
    try:
        # Whichever side goes, the other is told.
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


async def open_connection(port: int) -> Connection:
    """As asyncio's, which loses its socket where it is cancelled at a bad moment."""
    opening = asyncio.ensure_future(asyncio.open_connection("127.0.0.1", port))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(OSError):
            async with closing(await opening):
                pass
        raise


@asynccontextmanager
async def closing(connection: Connection) -> AsyncIterator[Connection]:
    """Close it in the end, and wait until it is."""
    try:
        yield connection
    finally:
        connection[1].close()
        with suppress(OSError):
            await connection[1].wait_closed()


@asynccontextmanager
async def balancing(ports: Sequence[int]) -> AsyncIterator[Balancer]:
    """A balancer in the test's own loop."""
    balancer = Balancer(ports)
    await balancer.start()
    try:
        yield balancer
    finally:
        await balancer.stop()
