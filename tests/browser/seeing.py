"""How long it takes until what is done in one browser is seen in another.

The promise is a second. A machine that runs other tests beside is given more; what it took is kept with the
test's record (`--junit-xml`), and printed where the output is shown (`-s`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: In milliseconds: for what has to come by itself, and fails the test where it does not.
MOST = 5_000


class Seeing:
    """``with seeing("the tracker"): press; expect(…, timeout=MOST)`` notes how long the block took."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        took = round(time.monotonic() - began, 2)
        self._record(what, took)
        print(f"\n{what}: {took} s")  # noqa: T201  for whoever measures
