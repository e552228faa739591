"""A worker's webhooks: takes subscriptions over, has each delivered by a stream, and tells them how far the
log is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from django.db import DatabaseError, InterfaceError

from realtime import selectors
from realtime.threads import DatabaseThreads
from realtime.webhooks import services
from realtime.webhooks.pace import Pace
from realtime.webhooks.posting import Poster
from realtime.webhooks.records import Target
from realtime.webhooks.services.owning import LEASE
from realtime.webhooks.stream import Stream

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: How often the end of the log is looked at, and how often the subscriptions.
LOOK_SECONDS = 0.2
OWN_SECONDS = 1.0
#: A stream that failed is left alone for this long.
PAUSE_SECONDS = 3.0
#: For requests that are under way when the worker ends.
GRACE_SECONDS = 2.0


class Deliverer:
    """``run`` delivers until it is cancelled; the database may come and go."""

    def __init__(self, *, poster: Poster, pace: Pace | None = None) -> None:
        self.owner = secrets.token_hex(8)
        self._poster = poster
        self._pace = pace or Pace()
        self._threads = DatabaseThreads("webhooks")
        self._streams: dict[str, tuple[Stream, asyncio.Task[None]]] = {}
        self._not_before: dict[str, float] = {}
        self._is_failing = False

    async def run(self) -> None:
        """Deliver."""
        loop = asyncio.get_running_loop()
        own_at = 0.0
        try:
            while True:
                try:
                    if loop.time() >= own_at:
                        await self._own()
                        own_at = loop.time() + OWN_SECONDS
                    await self._look()
                    self._is_failing = False
                except (DatabaseError, InterfaceError) as error:
                    if not self._is_failing:
                        log.warning("webhooks wait for the database", error=str(error).strip())
                    self._is_failing = True
                    await asyncio.sleep(OWN_SECONDS)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._end()

    async def _own(self) -> None:
        loop = asyncio.get_running_loop()
        # From before it is asked for: the lease may not seem longer to us than it is.
        until = loop.time() + LEASE.total_seconds()
        owned = await self._threads.run(lambda: services.own(owner=self.owner))
        self._forget_ended()
        targets = {target.id: target for target in owned.targets}
        for known, (stream, _task) in self._streams.items():
            target = targets.get(known)
            if target is None or target.revision != stream.target.revision:
                stream.stop(grace=self._pace.timeout)
            else:
                stream.target = target
                stream.owned_until = until
                stream.send_again(again[1:] for again in owned.again if again[0] == known)
        for target in targets.values():
            if target.id not in self._streams and loop.time() >= self._not_before.get(target.id, 0.0):
                self._start(target, until)

    async def _look(self) -> None:
        if self._streams:
            end = await self._threads.run(selectors.head)
            for stream, _task in self._streams.values():
                stream.hear(end)

    def _start(self, target: Target, until: float) -> None:
        stream = Stream(
            target,
            owner=self.owner,
            poster=self._poster,
            pace=self._pace,
            ask=self._ask,
            owned_until=until,
        )
        self._streams[target.id] = (stream, asyncio.create_task(stream.run(), name=f"webhook {target.id}"))

    def _forget_ended(self) -> None:
        for known, (_stream, task) in list(self._streams.items()):
            if task.done():
                del self._streams[known]
                if (error := task.exception()) is not None:
                    log.warning("a webhook is begun anew", webhook=known, error=repr(error))
                    self._not_before[known] = asyncio.get_running_loop().time() + PAUSE_SECONDS

    async def _end(self) -> None:
        for stream, _task in self._streams.values():
            stream.stop(grace=GRACE_SECONDS)
        await asyncio.gather(*(task for _stream, task in self._streams.values()), return_exceptions=True)
        try:
            await self._threads.run(lambda: services.give_up_ownership(owner=self.owner))
        except (DatabaseError, InterfaceError) as error:
            log.info("others take the webhooks over when the lease ends", error=str(error).strip())
        await self._threads.close()

    def _ask(self, question: Callable[[], T]) -> Awaitable[T]:
        return self._threads.run(question)
