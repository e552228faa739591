"""The live process, as `manage.py serve --role live` serves it, with a companion that makes events at a word.

Such an event enters by `Hub.whisper`, the hub's own door for events that have no place in the log. Commands
on stdin, answers on stdout, one JSON object a line: `{"do": "flood", "seconds": 5}`, `{"do": "rate",
"perSecond": 20, "seconds": 10}`, `{"do": "tidy"}`. The end of the input ends the process.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import django

django.setup()

from config.serving.listening import listen  # noqa: E402  settings come first
from config.serving.live import serve_live  # noqa: E402
from realtime import runtime  # noqa: E402
from realtime.hub.hub import Hub  # noqa: E402
from tests.benchmarks.event import announcement, record_of  # noqa: E402

# Nobody may fall behind without limit: that would measure memory, not delivery.
MOST_UNSENT = 256 * 1024
EVENTS_BETWEEN_LOOKS = 10


class Source:
    """Makes events, each with the moment in it at which it was made."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._number = 0

    def send(self) -> None:
        """Make one event and hand it to the hub."""
        self._number += 1
        self._hub.whisper(record_of(announcement(), number=self._number))

    async def flood(self, *, seconds: float) -> dict[str, Any]:
        """Send as many as get through."""
        end = time.monotonic() + seconds
        sent = 0
        while time.monotonic() < end:
            if self._everybody_keeps_up():
                for _ in range(EVENTS_BETWEEN_LOOKS):
                    self.send()
                sent += EVENTS_BETWEEN_LOOKS
            await asyncio.sleep(0)
        return {"events": sent}

    async def rate(self, *, per_second: int, seconds: float) -> dict[str, Any]:
        """Send at a steady rate."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        total = int(per_second * seconds)
        for number in range(total):
            await asyncio.sleep(max(0.0, started + number / per_second - loop.time()))
            self.send()
        return {"events": total}

    async def tidy(self) -> dict[str, Any]:
        """Collect garbage."""
        gc.collect()
        return {}

    def _everybody_keeps_up(self) -> bool:
        return all(session.writer.unsent() <= MOST_UNSENT for session in self._hub.sessions)


@asynccontextmanager
async def commands() -> AsyncIterator[None]:
    """Obey, for as long as the server runs."""
    source = Source(await runtime.hub())
    task = asyncio.create_task(_obey(source))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _obey(source: Source) -> None:
    _answer({"ready": True})
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        command = json.loads(line)
        match command["do"]:
            case "flood":
                _answer(await source.flood(seconds=command["seconds"]))
            case "rate":
                _answer(await source.rate(per_second=command["perSecond"], seconds=command["seconds"]))
            case "tidy":
                _answer(await source.tidy())
    os.kill(os.getpid(), signal.SIGTERM)


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201  answers go to stdout


if __name__ == "__main__":
    serve_live(listen("127.0.0.1", int(sys.argv[1])), threads=2, companions=[commands])
