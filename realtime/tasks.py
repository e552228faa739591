"""The live half's timers. Each calls a service and has no rule of its own."""

from __future__ import annotations

from procrastinate.contrib.django import app

from config.jobs.retrying import UNTIL_DONE
from realtime import retention, services
from realtime.notifications.forgetting import forget_read_notifications
from realtime.webhooks.services import forget_old_deliveries


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="realtime.maintain_event_log", pass_context=False, retry=UNTIL_DONE)
def maintain_event_log(timestamp: int) -> None:  # noqa: ARG001  procrastinate hands it to every timer
    """Make the log's coming days, drop those past the retention. Each hour, so that a failure is made up
    for."""
    retention.maintain()


@app.periodic(cron="27 * * * *")
@app.task(queueing_lock="realtime.forget_old_rooms", pass_context=False, retry=UNTIL_DONE)
def forget_old_rooms(timestamp: int) -> None:  # noqa: ARG001  as above
    """Delete the rooms of connections that won't come back."""
    services.forget_old_rooms()


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="realtime.forget_old_views", pass_context=False, retry=UNTIL_DONE)
def forget_old_views(timestamp: int) -> None:  # noqa: ARG001  as above
    """Delete product views that are too old to be counted."""
    services.forget_old_views()


@app.periodic(cron="47 * * * *")
@app.task(queueing_lock="realtime.forget_old_deliveries", pass_context=False, retry=UNTIL_DONE)
def forget_webhook_deliveries(timestamp: int) -> None:  # noqa: ARG001  as above
    """Delete what was delivered to webhooks, and is old."""
    forget_old_deliveries()


@app.periodic(cron="13 4 * * *")
@app.task(queueing_lock="realtime.forget_read_notifications", pass_context=False, retry=UNTIL_DONE)
def forget_notifications(timestamp: int) -> None:  # noqa: ARG001  as above
    """Each night: delete notifications that were read long ago."""
    forget_read_notifications()
