"""Keeps telling, beside a relay: at once when that has numbered something to tell of, else now and then."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from realtime.records import Batch
from realtime.threads import DatabaseThreads
from realtime.wishers.telling import CAUSES, tell_wishers

log = structlog.get_logger(__name__)

#: What the relay of another process has numbered is found after this long at most.
POLL_SECONDS = 1.0
PAUSE_AFTER_FAILURE = 2.0


class Crier:
    """Any number may run; one tells at a time. It has a thread of its own: nobody's question waits for it."""

    def __init__(self, *, poll: float = POLL_SECONDS) -> None:
        self._poll = poll
        self._threads = DatabaseThreads("wishers", 1)
        self._poked = asyncio.Event()

    def hear(self, batch: Batch) -> None:
        """Events were numbered. Only from the crier's own event loop."""
        if any(record.type in CAUSES for record in batch.records):
            self._poked.set()

    async def run(self) -> None:
        """Tell until cancelled; the database may come and go."""
        try:
            while True:
                self._poked.clear()
                try:
                    while await self._threads.run(tell_wishers):
                        pass
                except Exception as error:  # noqa: BLE001  whatever it was, the place is where it was
                    log.warning("wishers could not be told", error=str(error).strip())
                    await asyncio.sleep(PAUSE_AFTER_FAILURE)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll):
                        await self._poked.wait()
        finally:
            await self._threads.close()
