"""What processes say to each other about requests, and how it is sent.

Every message says ``by`` whom it is. It may be lost, doubled and reordered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from realtime import layer

log = structlog.get_logger(__name__)

#: A request for one of the receiver's sessions: ``number``, ``method``, ``sid``, ``body``.
ASKED = "poll.asked"
#: The receiver's requests that are being answered: ``numbers``. Said of each soon after it has come, and of
#: all of them time and again.
IN_HAND = "poll.in_hand"
#: The answer to the receiver's request ``number``: ``status``, ``content_type``, ``body``.
ANSWERED = "poll.answered"
#: Nobody hears what is, or was, answered to request ``number``: the session ``sid`` ends, for ``reason``.
ABANDONED = "poll.abandoned"
#: Answer the poll of ``sid``, now and with anything: its client is to ask another process.
RELEASED = "poll.released"

SEND_TIMEOUT = 1.0
#: After a failure the layer is left alone for this long.
PAUSE_AFTER_FAILURE = 0.5

Message = dict[str, Any]
Tell = Callable[[str, Message], Awaitable[None]]


class UnreachableError(Exception):
    """The layer does not take the message, or did not say that it has."""


class Post:
    """Sends to other processes, in the name of ``process``."""

    def __init__(self, process: str, tell: Tell) -> None:
        self.process = process
        self._tell = tell
        self._sending: set[asyncio.Task[None]] = set()
        self._quiet_until = 0.0
        self._failing = False

    async def send(self, to: str, kind: str, **content: Any) -> None:
        """Send to a process. Raises ``UnreachableError``."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._quiet_until:
            raise UnreachableError
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._tell(layer.process_group(to), {"type": kind, "by": self.process, **content})
        except Exception as error:
            self._quiet_until = loop.time() + PAUSE_AFTER_FAILURE
            if not self._failing:
                log.warning("polls can't be forwarded", error=str(error) or type(error).__name__)
            self._failing = True
            raise UnreachableError from error
        self._failing = False

    def send_soon(self, to: str, kind: str, **content: Any) -> None:
        """Send without waiting, and without hearing whether it was."""
        task = asyncio.get_running_loop().create_task(self._try(to, kind, content))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def stop(self) -> None:
        """Wait until what was said is sent, or has failed to be."""
        if self._sending:
            await asyncio.wait(self._sending)

    async def _try(self, to: str, kind: str, content: Message) -> None:
        try:
            await self.send(to, kind, **content)
        except UnreachableError:
            return
