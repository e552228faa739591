"""Periodic jobs of the catalog; the worker runs them."""

from __future__ import annotations

from procrastinate.contrib.django import app

from catalog.services import tell_edges


@app.periodic(cron="* * * * * *")
@app.task(queueing_lock="catalog.tell_edges")
def tell_flash_sales(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each second: sales that have begun or are over by now, also those of the time without a worker."""
    tell_edges()
