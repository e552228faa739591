"""The worker: runs timers and jobs of the apps' `tasks.py` with procrastinate, on the shop's own PostgreSQL.

How a task is written, in an app's `tasks.py`:

    from procrastinate.contrib.django import app

    @app.periodic(cron="* * * * * */5")  # six fields: the last one is seconds
    @app.task(queueing_lock="inventory.sweep", pass_context=False)
    def sweep(timestamp: int) -> None: ...

A task is a door like any other: it calls a service and has no rule of its own. It may run twice, also at the
same time as itself (a worker that died, another that took over), so its service must not mind. One that comes
round less often than each minute says ``retry=UNTIL_DONE`` (``config.jobs.retrying``); the others are tried
again by coming round.

What was due while no worker ran is done once when one comes back: procrastinate remembers the last round of
each timer, and ``CATCH_UP_SECONDS`` has it look back as far as any shop stands still.
"""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, close_old_connections
from procrastinate import App, JobContext
from procrastinate.contrib.django import app as tasks_app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.middleware import SyncCallNext, TaskMiddleware
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker

from config.jobs import services
from config.kernel.clock import now
from config.kernel.ending import end

log = structlog.get_logger(__name__)

# A round that was missed is made up for if it was due no longer ago than this. procrastinate's own ten
# minutes would leave out a night's work for good after a quarter of an hour's maintenance.
CATCH_UP_SECONDS = 62 * 24 * 3600.0
# After this a job that still runs is cancelled; it is taken up again by `take_up_stalled_jobs`, or by
# the timer's next round.
GRACE_SECONDS = 2.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0


def worker_app() -> App:
    """Make an app with the same tasks and a connection pool of its own.

    Replacing the connector of the shared app would take jobs that are deferred by this process' other
    threads out of their transactions.
    """
    connector = PsycopgConnector(
        kwargs=connector_params(), min_size=1, max_size=settings.STOCKWIRE_WORKER_JOBS + 2, timeout=5.0
    )
    application = tasks_app.with_connector(connector)
    application.periodic_defaults = {"max_delay": CATCH_UP_SECONDS}
    return application


def note_run(call_next: SyncCallNext, context: JobContext, _worker: Worker) -> Any:
    """Around each job, in its thread: how it went is remembered. That must not make it fail."""
    began, clock = now(), time.monotonic()
    error: str | None = None
    try:
        return call_next()
    except BaseException as raised:
        error = "".join(traceback.format_exception_only(raised)).strip()
        raise
    finally:
        try:
            services.note_run(
                job_id=context.job.id or 0,
                task=context.job.task_name,
                began=began,
                duration=time.monotonic() - clock,
                error=error,
            )
        except Error as trouble:
            log.warning("a job's run could not be noted", task=context.job.task_name, error=str(trouble))


def crons(application: App) -> dict[str, str]:
    """When each timer comes round."""
    return {timer.task.name: timer.cron for timer in application.periodic_registry.periodic_tasks.values()}


async def run_worker() -> None:
    """Run jobs until cancelled. Whatever happens to the database, it tries again."""
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            application = worker_app()
            async with application.open_async():
                await sync_to_async(_note_timers, thread_sensitive=False)(crons(application))
                await application.run_worker_async(
                    concurrency=settings.STOCKWIRE_WORKER_JOBS,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    delete_jobs="successful",
                    update_heartbeat_interval=5.0,
                    task_middleware=[*_usual_middleware(application), note_run],
                )
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  the shop's timers must outlive any failure
            log.warning("the worker starts again", error=str(error) or type(error).__name__, in_seconds=pause)
        if loop.time() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
        # Connections of the time before are of no use now.
        await sync_to_async(close_old_connections)()


def _note_timers(crons: dict[str, str]) -> None:
    try:
        services.note_timers(crons=crons)
    finally:
        close_old_connections()


def _usual_middleware(application: App) -> list[TaskMiddleware]:
    """What looks after a thread's database connection. Ours goes inside of it, and must not replace it."""
    return list((application.worker_defaults or {}).get("task_middleware") or [])


@asynccontextmanager
async def worker() -> AsyncIterator[None]:
    """Run the worker beside something else in the same event loop."""
    task = asyncio.create_task(run_worker(), name="worker")
    try:
        yield
    finally:
        await end(task)
