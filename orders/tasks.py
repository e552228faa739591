"""Periodic jobs of carts, orders and payments; the worker runs them."""

from __future__ import annotations

from procrastinate.contrib.django import app

from config.jobs.retrying import UNTIL_DONE
from orders.services import (
    follow_payments,
    forget_old_provider_events,
    forget_stale_guest_carts,
    give_back_what_is_due,
)


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="orders.forget_stale_guest_carts", retry=UNTIL_DONE)
def forget_carts_of_guests_who_are_gone(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each night."""
    forget_stale_guest_carts()


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="orders.give_back_what_is_due")
def go_on_with_refunds(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Refunds whose provider could not be asked, or whose process died: nobody else goes on with them."""
    give_back_what_is_due()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="orders.follow_payments")
def ask_after_payments(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Payments of which nobody has said how they ended: a call back may be lost for good."""
    follow_payments()


@app.periodic(cron="53 3 * * *")
@app.task(queueing_lock="orders.forget_old_provider_events", retry=UNTIL_DONE)
def forget_call_backs_of_long_ago(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Each night."""
    forget_old_provider_events()
