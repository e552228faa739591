"""The worker: runs timers and jobs of the apps' `tasks.py` with procrastinate, on the shop's own PostgreSQL.

How a task is written, in an app's `tasks.py`:

    from procrastinate.contrib.django import app

    @app.periodic(cron="*/5 * * * * *")  # six fields: the last one is seconds
    @app.task(queueing_lock="inventory.sweep", pass_context=False)
    def sweep(timestamp: int) -> None: ...

A task is a door like any other: it calls a service and has no rule of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from procrastinate import App
from procrastinate.contrib.django import app as tasks_app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

log = structlog.get_logger(__name__)

# After this a job that still runs is cancelled; it runs again when a worker starts.
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
    return tasks_app.with_connector(connector)


async def run_worker() -> None:
    """Run jobs until cancelled. Whatever happens to the database, it tries again."""
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            application = worker_app()
            async with application.open_async():
                await application.run_worker_async(
                    concurrency=settings.STOCKWIRE_WORKER_JOBS,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    delete_jobs="successful",
                    update_heartbeat_interval=5.0,
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


@asynccontextmanager
async def worker() -> AsyncIterator[None]:
    """Run the worker beside something else in the same event loop."""
    task = asyncio.create_task(run_worker(), name="worker")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
