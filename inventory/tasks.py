"""Periodic jobs of stock; the worker runs them. They only tidy: nothing depends on their having run."""

from __future__ import annotations

from procrastinate.contrib.django import app

from inventory.services import release_expired

_ENOUGH = 50


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="inventory.sweep_expired_reservations")
def sweep_expired_reservations(timestamp: int) -> None:  # noqa: ARG001  procrastinate gives the time
    """Tell listeners, within seconds, about holds that have run out and that no sale has met since."""
    for _ in range(_ENOUGH):
        if not release_expired():
            return
