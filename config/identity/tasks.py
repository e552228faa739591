"""Periodic jobs of identity; the worker runs them. They only tidy: nothing depends on their having run."""

from __future__ import annotations

from procrastinate.contrib.django import app

from config.identity.services import forget_what_is_over
from config.jobs.retrying import UNTIL_DONE


@app.periodic(cron="37 * * * *")
@app.task(queueing_lock="identity.forget_what_is_over", retry=UNTIL_DONE)
def forget_sign_ins_that_are_over(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each hour, so that never many go in one go."""
    forget_what_is_over()
