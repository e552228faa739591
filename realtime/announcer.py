"""Tells the live processes what a relay has numbered: the hub of this process directly, all others by the
layer.

Best effort, and quickly: whatever is lost here is found by the next heartbeat, so nobody waits for it.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Protocol

import structlog

from realtime import layer
from realtime.records import Batch, Head

log = structlog.get_logger(__name__)

SEND_TIMEOUT = 0.5
#: After a failure the layer is left alone for this long; the hubs ask the database meanwhile.
PAUSE_AFTER_FAILURE = 2.0

#: Names this process on the layer, so that its hub does not take its own relay's news twice.
PROCESS = secrets.token_hex(6)


class Hearer(Protocol):
    """Whoever takes news in this process."""

    def offer(self, news: Batch | Head) -> None: ...


class Announcer:
    """A relay's `publish`."""

    def __init__(self, hub: Hearer | None = None) -> None:
        self._hub = hub
        self._quiet_until = 0.0
        self._failing = False

    async def __call__(self, news: Batch | Head) -> None:
        """Tell everybody."""
        if self._hub is not None:
            self._hub.offer(news)
        loop = asyncio.get_running_loop()
        if loop.time() < self._quiet_until:
            return
        messages = [layer.head_message(news)] if isinstance(news, Head) else layer.batch_messages(news)
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                for message in messages:
                    await layer.send(layer.LOG_GROUP, {**message, "by": PROCESS})
        except Exception as error:  # noqa: BLE001  however the layer fails, the log is safe in the database
            self._quiet_until = loop.time() + PAUSE_AFTER_FAILURE
            if not self._failing:
                log.warning("the channel layer is away; events go on by the database", error=_text(error))
            self._failing = True
        else:
            self._failing = False


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__


def is_own(message: dict[str, Any]) -> bool:
    """Whether this process sent it."""
    return message.get("by") == PROCESS
