"""Role `worker`: timers, jobs and webhooks, without any door."""

import asyncio
import signal

import uvloop

from config.jobs.running import worker
from realtime.runtime import delivering, relaying


def serve_worker() -> None:
    """Run jobs until SIGINT or SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run())


async def _run() -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for received in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(received, ending.set)
    # A relay too, so that the log goes on being numbered while no live process is up.
    async with relaying(), delivering(), worker():
        await ending.wait()
