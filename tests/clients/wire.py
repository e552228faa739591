"""A wire between clients and the server that breaks where a test wants it to: a small TCP proxy."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

#: Down is to the client.
Direction = Literal["down", "up"]
CHUNK = 16 * 1024


@dataclass(eq=False, slots=True)
class _Link:
    """One connection: the client's end, and the server's."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    hangs: bool = False

    def abort(self) -> None:
        for end in (self.near, self.far):
            end.transport.abort()


class Wire:
    """``base_url`` leads to ``port``, which may be another one for connections to come."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.base_url = ""
        self.cuts = 0
        #: Connections that were let through.
        self.connections = 0
        self._refuses = False
        self._refuses_after = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._budget: dict[Direction, int | None] = {"down": None, "up": None}
        self._plan: deque[tuple[int, Direction]] = deque()
        self._links: set[_Link] = set()
        self._hanging: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ what may go wrong

    def cut(self) -> None:
        """Break every connection, now."""
        self._budget = {"down": None, "up": None}
        self.cuts += 1
        links, self._links = self._links, set()
        for link in links:
            link.abort()
        if self._refuses_after:
            self._refuses, self._refuses_after = True, False
        if self._plan:
            self.cut_after(*self._plan.popleft())

    def cut_after(self, size: int, direction: Direction = "down", *, refuse: bool = False) -> None:
        """Break every connection when so many bytes more have gone that way, over all of them. ``refuse``:
        and let no new one through then."""
        self._budget[direction] = size
        self._refuses_after = refuse

    def cut_in_turn(self, cuts: Iterable[tuple[int, Direction]]) -> None:
        """Break after each of these, counted from the one before."""
        self._plan = deque(cuts)
        self.cut_after(*self._plan.popleft())

    @property
    def is_armed(self) -> bool:
        """Whether a cut is still to come."""
        return bool(self._plan) or any(left is not None for left in self._budget.values())

    def leave_hanging(self) -> None:
        """Break every connection for the client only: the server hears nothing of it."""
        self.cuts += 1
        links, self._links = self._links, set()
        for link in links:
            link.hangs = True
            link.near.transport.abort()
        self._hanging |= links

    @property
    def hanging(self) -> int:
        """Connections that the server still keeps of those that it was left with."""
        return len(self._hanging)

    def stall(self) -> None:
        """Let nothing through, and keep the connections."""
        self._flows.clear()

    def flow(self) -> None:
        """Let everything through again."""
        self._flows.set()

    def refuse(self) -> None:
        """Break every connection, and let no new one through."""
        self._plan.clear()
        self._refuses = True
        self.cut()

    def mend(self) -> None:
        """Let new connections through."""
        self._refuses = False

    # ------------------------------------------------------------------ inside

    def accept(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        """Take a connection."""
        task = asyncio.create_task(self._connect(near_reader, near))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            near.transport.abort()
            return
        link = _Link(near, far)
        if self._refuses:
            link.abort()
            return
        self.connections += 1
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(link, near_reader, far, "up"))
                group.create_task(self._pass_on(link, far_reader, near, "down"))
        finally:
            self._links.discard(link)
            self._hanging.discard(link)
            link.abort()
            for end in (near, far):
                with suppress(OSError):
                    await end.wait_closed()

    async def _pass_on(
        self, link: _Link, source: asyncio.StreamReader, target: asyncio.StreamWriter, direction: Direction
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                if link.hangs:
                    continue
                await self._flows.wait()
                left = self._budget[direction]
                if left is not None and len(data) >= left:
                    await self._send_and_cut(link, target, data[:left])
                    return
                if left is not None:
                    self._budget[direction] = left - len(data)
                target.write(data)
                await target.drain()
            # The other direction may go on: a request is whole before its answer is.
            if target.can_write_eof() and not link.hangs:
                target.write_eof()

    async def _send_and_cut(self, link: _Link, target: asyncio.StreamWriter, data: bytes) -> None:
        """What has gone through the wire has arrived; what breaks after it takes nothing back."""
        # Nobody else is to break it meanwhile.
        self._budget = {"down": None, "up": None}
        target.write(data)
        while target.transport.get_write_buffer_size():  # noqa: ASYNC110  transports have no event for it
            await asyncio.sleep(0)
        self._links.discard(link)
        target.close()
        (link.far if target is link.near else link.near).transport.abort()
        self.cut()

    async def close(self) -> None:
        """Break everything, and wait until it is gone."""
        self.refuse()
        self.flow()
        for link in self._hanging:
            link.abort()
        # What was accepted in this very moment is still on its way to `accept`.
        for _turn in range(3):
            await asyncio.sleep(0)
            await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """A wire to a server on this machine."""
    wire = Wire(port)
    listener = await asyncio.start_server(wire.accept, "127.0.0.1", 0)
    wire.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        listener.close()
        await wire.close()
