"""Periodic jobs of the catalog; the worker runs them."""

from __future__ import annotations

import datetime as dt
import time

import structlog
from procrastinate.contrib.django import app

from catalog.selectors import next_edge_in
from catalog.services import rebuild_ratings, tell_edges
from config.jobs.retrying import UNTIL_DONE
from config.kernel.actors import SYSTEM

log = structlog.get_logger(__name__)

_EACH = dt.timedelta(seconds=1)


@app.periodic(cron="* * * * * *")
@app.task(queueing_lock="catalog.tell_edges")
def tell_flash_sales(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each second: sales that have begun or are over by now, also those of the time without a worker; and
    those of which the moment comes before the next one, at that moment.
    """
    tell_edges()
    while (left := next_edge_in(within=_EACH)) is not None:
        time.sleep(left.total_seconds())
        if not tell_edges():  # somebody else has, or the clocks run apart; the next job sees to it
            return


@app.periodic(cron="33 3 * * *")
@app.task(queueing_lock="catalog.rebuild_ratings", retry=UNTIL_DONE)
def count_ratings_anew(timestamp: int) -> None:  # noqa: ARG001  as above
    """Each night: whatever was written past the services, ratings follow from their reviews again."""
    wrong = rebuild_ratings(actor=SYSTEM)
    if wrong:
        log.warning("ratings did not follow from their reviews, and do now", products=wrong)
