"""When to try again, and when to give up. Functions of what is given to them; no clock, no I/O."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient we are. The tests have less time than a shop."""

    #: For all of one attempt: looking the name up, connecting, sending, being answered.
    timeout: float = 10.0
    first_pause: float = 5.0
    longest_pause: float = 3600.0
    #: So long, and so often, one event is tried before its subscription is stopped.
    give_up_after: dt.timedelta = dt.timedelta(days=1)
    give_up_attempts: int = 10
    #: So many failures in a row, of whatever events, and the receiver is taken to be down.
    failures_until_down: int = 5
    #: While it is down, something that has not been tried yet is tried this often, at least.
    longest_probe_pause: float = 60.0

    def pause_before(self, attempt: int, *, chance: float) -> float:
        """Seconds before attempt number ``attempt`` (the second is the first that waits).

        They double each time up to the longest; ``chance``, from 0 to 1, takes off up to half of it, so that
        what failed together does not come back together.
        """
        return self._doubling(self.first_pause, attempt - 2, self.longest_pause) * (1 - chance / 2)

    def probe_pause(self, failures: int, *, chance: float) -> float:
        """Seconds until a receiver that is down is tried with something new, after so many failures."""
        beyond = failures - self.failures_until_down
        return self._doubling(self.first_pause / 5, beyond, self.longest_probe_pause) * (1 - chance / 2)

    def is_over(self, *, attempts: int, trying_for: dt.timedelta) -> bool:
        """Whether to give up. A worker that was away for a day has not tried for a day."""
        return attempts >= self.give_up_attempts and trying_for >= self.give_up_after

    @staticmethod
    def _doubling(first: float, times: int, longest: float) -> float:
        # Past thirty doublings no float of ours is any longer.
        return float(min(longest, first * 2 ** min(max(times, 0), 30)))
