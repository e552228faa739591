"""Periodic jobs of the kit; the worker runs them."""

from __future__ import annotations

from procrastinate.contrib.django import app

from config.api.idempotency import prune_idempotency_keys
from config.jobs.retrying import UNTIL_DONE


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="api.prune_idempotency_keys", retry=UNTIL_DONE)
def forget_old_idempotency_keys(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each hour, so that a week's keys never go in one go."""
    prune_idempotency_keys()
