"""The trail's timer; the worker runs it."""

from __future__ import annotations

from procrastinate.contrib.django import app

from config.audit.trail import forget_old_entries
from config.jobs.retrying import UNTIL_DONE


@app.periodic(cron="29 3 * * *")
@app.task(queueing_lock="audit.forget_old_entries", retry=UNTIL_DONE)
def forget_changes_of_long_ago(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each night."""
    forget_old_entries()
