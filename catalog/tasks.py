"""Periodic jobs of the catalog; the worker runs them."""

from __future__ import annotations

import datetime as dt
import time

from procrastinate.contrib.django import app

from catalog.selectors import next_edge_in
from catalog.services import tell_edges

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
