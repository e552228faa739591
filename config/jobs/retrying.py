"""How a job that failed is tried again.

A timer that comes round within a minute needs none of this: its next round is the next attempt. One that
comes round each hour or each night does.
"""

from __future__ import annotations

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

FIRST_PAUSE = 30
LONGEST_PAUSE = 1800


class UntilDone(BaseRetryStrategy):
    """Again and again, with pauses that double from half a minute to half an hour.

    Meanwhile it is one job that waits, with its attempts and its error for staff to see; rounds that fall
    into that time are not added to it.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002  procrastinate's signature
        return RetryDecision(retry_in={"seconds": pause_after(job.attempts)})


def pause_after(attempts: int) -> int:
    """Seconds until the next attempt, after so many before the one that has just failed."""
    return min(LONGEST_PAUSE, FIRST_PAUSE << min(attempts, 20))


UNTIL_DONE = UntilDone()
