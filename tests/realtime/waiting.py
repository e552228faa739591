"""Waiting for what somebody else brings about, and never for longer than it should take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(holds: Callable[[], bool], *, within: float = 10.0) -> float:
    """Look until it holds; returns how long that took, in seconds."""
    began = time.monotonic()
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110  what is waited for knows nothing of the test
            await asyncio.sleep(0.002)
    return time.monotonic() - began
