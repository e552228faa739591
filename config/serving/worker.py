"""Role `worker`: timers, jobs and webhooks, without any door."""

import asyncio
import signal
from contextlib import suppress

import uvloop

from config.jobs.running import run_worker
from realtime.runtime import delivering, relaying


def serve_worker() -> None:
    """Run jobs until SIGINT or SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run())


async def _run() -> None:
    task = asyncio.create_task(run_worker())
    loop = asyncio.get_running_loop()
    for received in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(received, task.cancel)
    # A relay too, so that the log goes on being numbered while no live process is up.
    async with relaying(), delivering():
        with suppress(asyncio.CancelledError):
            await task
