"""Commits events to the log as a service does, from a process of its own, at the word of a benchmark.

Commands on stdin, answers on stdout, one JSON object a line: `{"do": "rate", "perSecond": 20, "seconds": 10}`
is one event in each transaction, `{"do": "flood", "seconds": 5}` as many as the relay keeps up with.
"""

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402  settings come first

import realtime.signals  # noqa: E402, F401  the event has to be known
from config.kernel.events import publish_all  # noqa: E402
from realtime.models import EventHead  # noqa: E402
from tests.benchmarks.event import announcement  # noqa: E402

# In a flood: so many events in one transaction, and at most so many that have no number yet. The pause
# between two looks leaves the core to the listeners.
EVENTS_AT_ONCE = 50
MOST_OUTSTANDING = 150
PAUSE = 0.01


class Publisher:
    """Publishes announcements, each with the moment in it at which its transaction was begun."""

    def __init__(self) -> None:
        self._published = _top()

    def publish(self, *, count: int) -> None:
        """Commit so many events in one transaction."""
        events = [announcement() for _ in range(count)]
        with transaction.atomic():
            publish_all(events)
        self._published += count

    def flood(self, *, seconds: float) -> dict[str, Any]:
        """Commit as many as get numbered."""
        before = self._published
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._published - _top() <= MOST_OUTSTANDING:
                self.publish(count=EVENTS_AT_ONCE)
            time.sleep(PAUSE)
        return {"events": self._published - before}

    def rate(self, *, per_second: float, seconds: float) -> dict[str, Any]:
        """Commit events one by one at a steady rate."""
        started = time.monotonic()
        total = int(per_second * seconds)
        for number in range(total):
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
            self.publish(count=1)
        return {"events": total}


def _top() -> int:
    head = EventHead.objects.first()
    return head.top if head is not None else 0


def main() -> None:
    """Obey until the input ends."""
    publisher = Publisher()
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201  answers go to stdout
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "flood":
            answer = publisher.flood(seconds=command["seconds"])
        else:
            answer = publisher.rate(per_second=command["perSecond"], seconds=command["seconds"])
        print(json.dumps(answer), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    main()
