"""Periodic jobs of carts and orders; the worker runs them. They only tidy."""

from __future__ import annotations

from procrastinate.contrib.django import app

from orders.services import forget_stale_guest_carts


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="orders.forget_stale_guest_carts")
def forget_carts_of_guests_who_are_gone(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each night."""
    forget_stale_guest_carts()
