"""The worker's timers about itself."""

from __future__ import annotations

from procrastinate.contrib.django import app

from config.jobs.retrying import UNTIL_DONE
from config.jobs.services import forget_ended_jobs, take_up_stalled_jobs


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="jobs.take_up_stalled_jobs")
def take_up_jobs_of_workers_that_died(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each minute."""
    take_up_stalled_jobs()


@app.periodic(cron="23 4 * * *")
@app.task(queueing_lock="jobs.forget_ended_jobs", retry=UNTIL_DONE)
def forget_jobs_of_long_ago(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each night."""
    forget_ended_jobs()
