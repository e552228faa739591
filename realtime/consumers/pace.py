"""How much a client may say: a token bucket, which fills by the clock."""

from __future__ import annotations

import math


class Pace:
    """``rate`` a second on average, ``burst`` at once (by default as much as in two seconds)."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, *, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = self._left = 2 * rate if burst is None else burst
        self._at = 0.0

    def wait(self, now: float) -> float:
        """Take one; 0 where there was one to take, else the seconds until there is, to the next millisecond:
        whoever waits for so long is not refused again."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return math.ceil((1 - self._left) / self._rate * 1000) / 1000
