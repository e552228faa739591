"""What staff hear of product views: at most ten a second, each for those that came since the last one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

from realtime.events import ProductViewed

#: Seconds between two.
APART = 0.1


class Later(Protocol):
    """As a loop's ``call_later``."""

    def __call__(self, delay: float, callback: Callable[[], None], /) -> object: ...


class ViewsTold:
    """``send`` gets the newest view, whose ``count`` says for how many it stands, and when it was.

    One stands where a process tells all others, and one where each hears them: so it is ten a second
    for whoever listens, however many processes there are. No view is left untold, or told twice.
    """

    def __init__(
        self,
        send: Callable[[ProductViewed, str], None],
        *,
        clock: Callable[[], float],
        later: Later,
    ) -> None:
        self._send = send
        self._clock = clock
        self._later = later
        self._next = 0.0
        self._newest: ProductViewed | None = None
        self._timestamp = ""
        self._count = 0

    def tell(self, view: ProductViewed, timestamp: str) -> None:
        """Tell it, now or with the next."""
        is_waiting = self._newest is not None
        self._newest, self._timestamp = view, timestamp
        self._count += view.count
        if is_waiting:
            return
        wait = self._next - self._clock()
        if wait <= 0:
            self._tell()
        else:
            self._later(wait, self._tell)

    def _tell(self) -> None:
        newest, self._newest = self._newest, None
        count, self._count = self._count, 0
        self._next = self._clock() + APART
        if newest is not None:
            self._send(dataclasses.replace(newest, count=count), self._timestamp)
