"""Commits events to the log as a service does, from a process of its own, at the word of a benchmark.

Commands on stdin, answers on stdout, one JSON object a line: `{"do": "rate", "perSecond": 20, "seconds": 10}`
is one event in each transaction, `{"do": "publish", "count": 50}` so many in one transaction, at once.
"""

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402  settings come first

from config.kernel.events import publish_all  # noqa: E402
from inventory.events import StockReduced  # noqa: E402
from tests.benchmarks.event import reference_now, sale_data  # noqa: E402


class Publisher:
    """Publishes sales of one product, each with the moment in it at which its transaction was begun."""

    def __init__(self) -> None:
        self._version = 0

    def publish(self, *, count: int) -> dict[str, Any]:
        """Commit so many events in one transaction."""
        events = []
        for _ in range(count):
            self._version += 1
            events.append(StockReduced(**sale_data(reference=reference_now(), version=self._version)))
        with transaction.atomic():
            publish_all(events)
        return {"events": count}

    def rate(self, *, per_second: int, seconds: float) -> dict[str, Any]:
        """Commit events one by one at a steady rate."""
        started = time.monotonic()
        total = int(per_second * seconds)
        for number in range(total):
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
            self.publish(count=1)
        return {"events": total}


def main() -> None:
    """Obey until the input ends."""
    publisher = Publisher()
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201  answers go to stdout
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "publish":
            answer = publisher.publish(count=command["count"])
        else:
            answer = publisher.rate(per_second=command["perSecond"], seconds=command["seconds"])
        print(json.dumps(answer), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    main()
