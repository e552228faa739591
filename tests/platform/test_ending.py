"""A task that is told to end does so, also where the first word of it was lost."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from config.kernel.ending import ATTEMPTS, end

QUICK = 0.05


async def deaf(times: int, heard: list[int]) -> None:
    """Go on as if nothing had been said, so many times."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heard.append(1)
            if len(heard) > times:
                raise


async def started(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task


async def test_a_task_that_hears_is_over() -> None:
    heard: list[int] = []
    task = await started(deaf(0, heard))
    await end(task)
    assert (task.cancelled(), len(heard)) == (True, 1)


async def test_a_cancellation_that_was_lost_is_said_again() -> None:
    heard: list[int] = []
    task = await started(deaf(1, heard))
    await end(task, patience=QUICK)
    assert (task.cancelled(), len(heard)) == (True, 2)


async def test_a_task_that_never_ends_is_left_behind() -> None:
    heard: list[int] = []
    task = await started(deaf(ATTEMPTS, heard))
    await end(task, patience=QUICK)
    assert (task.done(), len(heard)) == (False, ATTEMPTS)
    task.cancel()
    await asyncio.wait({task})


async def test_what_it_had_failed_with_is_raised() -> None:
    async def failing() -> None:
        raise ValueError("no")

    task = await started(failing())
    with pytest.raises(ValueError, match="no"):
        await end(task)
