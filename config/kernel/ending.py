"""Ending a task that runs until it is cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

log = structlog.get_logger(__name__)

#: Seconds that a task has to tidy up before it is taken for one that never heard of its cancellation.
PATIENCE = 4.0
ATTEMPTS = 3


async def end(task: asyncio.Task[Any], *, patience: float = PATIENCE) -> None:
    """Cancel a task and wait until it is over; what it failed with before is raised here.

    A cancellation can get lost: Python 3.11's ``asyncio.wait_for``, through which a connection pool waits,
    forgets one that comes at the same moment as what it waits for (python/cpython#86296, mended in 3.12), and
    the task goes on as if nothing had been said. So it is said again after ``patience`` seconds. A task that
    will not end after ``ATTEMPTS`` is left behind, and the log says so.
    """
    for _attempt in range(ATTEMPTS):
        task.cancel()
        await asyncio.wait({task}, timeout=patience)
        if task.done():
            break
        log.warning("a task has not ended, and is cancelled again", task=task.get_name())
    else:
        log.error("a task that does not end is left behind", task=task.get_name())
        return
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
