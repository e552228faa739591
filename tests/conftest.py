"""Fixtures for every test. What only one app needs belongs in that app's own `conftest.py`."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from config.embedded import Home
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis, find_redis
from tests.emptying import django_db_setup  # noqa: F401  overrides pytest-django's
from tests.server_process import ServerProcess, end_all, fresh_database_url

# How long one example takes says more about the machine than about the code; a test's own timeout holds.
hypothesis.settings.register_profile("stockwire", deadline=None)
hypothesis.settings.load_profile("stockwire")


@pytest.fixture
def fresh_database() -> Iterator[Callable[..., str]]:
    """Give a function that makes a database with nothing but tables (``empty=True``: without them) and gives
    its URL; they are dropped after the test."""
    with fresh_database_url() as make:
        yield make


@pytest.fixture
def start_server(fresh_database: Callable[..., str]) -> Iterator[Callable[..., ServerProcess]]:
    """Give a function that starts `manage.py serve` and waits until it is ready.

    `start_server(role="all", env={…}, args=[…], database_url=…)`; without a `database_url` each has a fresh
    one. Each server has its own Redis database. After the test all are ended, and nothing of them may be
    left.
    """
    started: list[ServerProcess] = []

    def start(*, database_url: str | None = None, **options: object) -> ServerProcess:
        server = ServerProcess(database_url=database_url or fresh_database(), **options)  # type: ignore[arg-type]
        started.append(server)
        server.start()
        return server

    yield start
    end_all(started)


@pytest.fixture
def live_server_process(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """Give a real server: all roles in one process, on a free port, an empty database, no demo shop."""
    return start_server()


@pytest.fixture
def own_home() -> Iterator[Home]:
    """Give an empty home, with a path short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="sw-"))
    yield Home.at(path)
    shutil.rmtree(path)


@pytest.fixture
def own_redis(own_home: Home) -> Iterator[Redis]:
    """Give a Redis that only this test uses: `url`, `stop()`, `start()` again on the same address."""
    program = find_redis()
    assert program is not None, "this test needs a redis-server of its own"
    redis = Redis(own_home, program)
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture
def own_postgres(own_home: Home) -> Iterator[Postgres]:
    """Give a PostgreSQL that only this test uses: `url`, `stop()`, `start()` again on the same address."""
    postgres = Postgres(own_home)
    postgres.start()
    yield postgres
    postgres.stop()
