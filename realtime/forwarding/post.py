"""What processes say to each other about requests, and how it is sent: in bundles, since an event that all
clients wait for is answered to thousands of polls at once. A bundle may be lost, doubled and reordered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import Any

import structlog

from realtime import layer

log = structlog.get_logger(__name__)

#: The one message of the layer: who says it ``by``, a ``number`` where a receipt is asked for, and what is
#: ``said``, each with its ``kind`` and the fields named below.
BUNDLE = "poll.bundle"

#: A request for one of the receiver's sessions: ``number``, ``method``, ``sid``, ``body``.
ASKED = "asked"
#: The receiver's requests that are being answered: ``numbers``. Said of each soon after it has come, and of
#: all of them time and again.
IN_HAND = "in_hand"
#: The answer to the receiver's request ``number``: ``status``, ``content_type``, ``body``.
ANSWERED = "answered"
#: Nobody hears what is, or was, answered to request ``number``: the session ``sid`` ends, for ``reason``.
ABANDONED = "abandoned"
#: Answer the poll of ``sid``, now and with anything: its client is to ask another process.
RELEASED = "released"

#: The sender's bundle ``number`` has arrived.
RECEIVED = "received"

SEND_TIMEOUT = 2.0
#: After a failure the layer is left alone for this long.
PAUSE_AFTER_FAILURE = 0.5
#: A bundle is closed with about this many bytes, each message counted for at least ``OVERHEAD``.
BUNDLE_BYTES = 512 * 1024
OVERHEAD = 128
#: After one of this size the next waits for a receipt: Redis cuts off a reader that leaves too much unread.
LARGE_BYTES = 16 * 1024
RECEIPT_TIMEOUT = 0.5

Message = dict[str, Any]
Tell = Callable[[str, Message], Awaitable[None]]
Failed = Callable[[], None]


class Post:
    """Sends to other processes, in the name of ``process``."""

    def __init__(self, process: str, tell: Tell) -> None:
        self.process = process
        self._tell = tell
        self._routes: dict[str, _Route] = {}
        self._receipts: set[asyncio.Task[bool]] = set()
        self._quiet_until = 0.0
        self._failing = False
        self._stopped = False

    def send(self, to: str, kind: str, *, failed: Failed | None = None, **content: Any) -> None:
        """Send to a process, soon. ``failed`` is called where the layer does not take it."""
        if self._stopped:
            return
        route = self._routes.get(to)
        if route is None:
            route = self._routes[to] = _Route()
            route.task = asyncio.get_running_loop().create_task(self._serve(to, route))
        route.waiting.append(({"kind": kind, **content}, failed))

    def confirm(self, to: str, number: int) -> None:
        """Tell a process that its bundle has come. Beside the route, which may itself wait for a receipt."""
        receipt = self._deliver(to, [{"kind": RECEIVED, "number": number}], number=None)
        task = asyncio.get_running_loop().create_task(receipt)
        self._receipts.add(task)
        task.add_done_callback(self._receipts.discard)

    def received(self, by: str, number: int) -> None:
        """``by`` has our bundle of that number."""
        route = self._routes.get(by)
        if route is not None and route.awaited == number:
            route.receipt.set()

    async def stop(self) -> None:
        """Wait until everything is sent, or has failed to be; from now on nothing is."""
        self._stopped = True
        tasks: list[asyncio.Task[Any]] = [*self._receipts]
        tasks += [route.task for route in self._routes.values() if route.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=SEND_TIMEOUT)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, to: str, route: _Route) -> None:
        """Lives while there is something to send. What comes meanwhile goes with the next bundle."""
        try:
            while route.waiting:
                said, failed, size = route.bundle()
                is_large = size >= LARGE_BYTES
                if not await self._deliver(to, said, number=route.next_number() if is_large else None):
                    for call in failed:
                        call()
                elif is_large:
                    await route.received()
        finally:
            del self._routes[to]

    async def _deliver(self, to: str, said: list[Message], *, number: int | None) -> bool:
        loop = asyncio.get_running_loop()
        if loop.time() < self._quiet_until:
            return False
        message = {"type": BUNDLE, "by": self.process, "number": number, "said": said}
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._tell(layer.process_group(to), message)
        except Exception as error:  # noqa: BLE001  however the layer fails, the requests are answered
            self._quiet_until = loop.time() + PAUSE_AFTER_FAILURE
            if not self._failing:
                log.warning("polls can't be forwarded", error=str(error) or type(error).__name__)
            self._failing = True
            return False
        self._failing = False
        return True


class _Route:
    """What is to be sent to one process."""

    __slots__ = ("_numbers", "awaited", "receipt", "task", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[Message, Failed | None]] = deque()
        self.task: asyncio.Task[None] | None = None
        self._numbers = count(1)
        self.awaited = 0
        self.receipt = asyncio.Event()

    def bundle(self) -> tuple[list[Message], list[Failed], int]:
        """What goes together, whom to call if it does not go, and its size."""
        said: list[Message] = []
        failed: list[Failed] = []
        size = 0
        while self.waiting and size < BUNDLE_BYTES:
            message, call = self.waiting.popleft()
            said.append(message)
            size += OVERHEAD + len(message.get("body", b""))
            if call is not None:
                failed.append(call)
        return said, failed, size

    def next_number(self) -> int:
        """For a bundle whose receipt is waited for from now on."""
        self.awaited = next(self._numbers)
        self.receipt.clear()
        return self.awaited

    async def received(self) -> None:
        """Wait for the receipt; not for long, since it may be lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RECEIPT_TIMEOUT):
                await self.receipt.wait()
