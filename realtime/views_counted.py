"""Product views on their way to the database: gathered in memory, stored together.

A view is a figure, not a promise: those that a process has gathered go with it when it is killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

import structlog
from django.db import DatabaseError, DataError, InterfaceError

from realtime import services
from realtime.models import ProductView
from realtime.threads import threads

log = structlog.get_logger(__name__)

#: Views are stored this often (seconds), and as soon as there are so many.
INTERVAL = 2.0
ENOUGH = 500
#: Views that wait at most, when the database is away; what comes beyond it is not counted.
MOST_WAITING = 10_000
#: Products that are known to be there without asking.
MOST_KNOWN = 10_000
#: Seconds for the last ones when the process ends.
GOODBYE = 5.0


class ViewsCounted:
    """``tell`` gets each view of what is a product: at once where that is known, else when it is stored."""

    def __init__(
        self,
        *,
        tell: Callable[[ProductView], None],
        store: Callable[[Sequence[ProductView]], set[str]] = lambda views: services.count_views(views=views),
        interval: float = INTERVAL,
    ) -> None:
        self._tell = tell
        self._store = store
        self._interval = interval
        #: Each with whether it was told.
        self._waiting: list[tuple[ProductView, bool]] = []
        self._known: dict[str, None] = {}
        self._lost = 0
        self._is_failing = False
        self._is_ending = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, view: ProductView) -> None:
        """Count a view. Returns at once."""
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        is_known = view.product_id in self._known
        self._waiting.append((view, is_known))
        if is_known:
            self._tell(view)
        if len(self._waiting) % ENOUGH == 0:
            self._wake.set()

    def start(self) -> None:
        """Begin to store what is gathered."""
        self._task = asyncio.create_task(self._run(), name="product views")

    async def stop(self) -> None:
        """Store the last ones, and end. A flush that is under way is waited for: broken off, it would be
        done twice."""
        self._is_ending = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=GOODBYE)
            self._task.cancel()

    async def flush(self) -> None:
        """Store what is gathered. What can't be stored now waits for the next time."""
        while self._waiting:
            some = self._waiting[:ENOUGH]
            try:
                known = await threads.run(partial(self._store, [view for view, _ in some]))
            except DataError as error:
                # It would be no better the next time.
                log.exception("product views could not be stored", error=str(error).strip())
                known = set()
            except (DatabaseError, InterfaceError) as error:
                if not self._is_failing:
                    log.warning("product views wait for the database", error=str(error).strip())
                self._is_failing = True
                return
            del self._waiting[: len(some)]
            self._is_failing = False
            self._remember(known)
            for view, was_told in some:
                if not was_told and view.product_id in known:
                    self._tell(view)

    async def _run(self) -> None:
        while not self._is_ending:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.flush()
            except Exception:
                log.exception("product views could not be stored")
            if self._lost:
                log.warning("product views were not counted: there are too many", views=self._lost)
                self._lost = 0

    def _remember(self, known: Iterable[str]) -> None:
        self._known.update(dict.fromkeys(known))
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
