"""PostgreSQL and Redis for a benchmark, and the environment of a server on them."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil
import psycopg

from config import embedded
from config.settings import environment
from tests.benchmarks.processes import LOAD_CORE, ROOT, pin_here
from tests.server_process import fresh_database_url


@contextmanager
def services(*, pinned: bool) -> Iterator[Mapping[str, str]]:
    """Give the environment of a server on services of its own, or on those of DATABASE_URL and REDIS_URL."""
    with tempfile.TemporaryDirectory(prefix="stockwire-bench-") as folder:
        if pinned:
            # Whatever is started from here on, the services too, stays off the server's core.
            pin_here(LOAD_CORE)
        home = embedded.Home.at(folder)
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            running = _with_commit_timestamps(home)
            os.environ.setdefault("DATABASE_URL", running.database_url)
            os.environ.setdefault("REDIS_URL", running.redis_url)
        try:
            with fresh_database_url() as make:
                env = {
                    **os.environ,
                    "DATABASE_URL": make(),
                    "DJANGO_SETTINGS_MODULE": "config.settings.local",
                    "STOCKWIRE_SECRET_KEY": secrets.token_urlsafe(48),
                    "STOCKWIRE_REDIS_PREFIX": f"bench-{secrets.token_hex(6)}",
                    "STOCKWIRE_LOG_LEVEL": "WARNING",
                }
                subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
                yield env
        finally:
            embedded.detach(home)


def service_processes(env: Mapping[str, str]) -> list[psutil.Process]:
    """The processes of the embedded services, and of whoever keeps them; none of others."""
    if not environment.is_embedded(env["DATABASE_URL"]):
        return []
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        keeper = psutil.Process(pid).parents()[1]
        return [keeper, *keeper.children(recursive=True)]


def _with_commit_timestamps(home: embedded.Home) -> embedded.Services:
    """Start the embedded ones so that PostgreSQL keeps the moment of each commit. It asks for a restart."""
    with psycopg.connect(embedded.attach(home).database_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    embedded.detach(home)
    return embedded.attach(home)
