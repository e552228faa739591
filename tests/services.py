"""The pytest plugin that gives every test run a real PostgreSQL and a real Redis, before Django's settings
load.

`DATABASE_URL` and `REDIS_URL` are used where they are given, else embedded ones under `STOCKWIRE_TEST_HOME`
(by default a temporary folder). A missing service ends the run: nothing is skipped for it. With xdist the
controller starts them, and each worker has a database of its own, and a prefix of its own in Redis.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from config import embedded
from config.settings import environment

_own_home: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Set the environment that `config.settings.test` reads."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ["STOCKWIRE_REDIS_PREFIX"] = f"test-{worker}-{os.getpid()}"
    if worker != "main":
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    if environment.DATABASE_URL.is_given() and environment.REDIS_URL.is_given():
        return
    home = environment.TEST_HOME.read()
    if not home:
        home = tempfile.mkdtemp(prefix="stockwire-tests-")
        _own_home.append(Path(home))
    try:
        services = embedded.attach(embedded.Home.at(home))
    except embedded.ServiceError as error:
        pytest.exit(f"no services for the tests: {error}", returncode=3)
    if not services.redis_url and not environment.REDIS_URL.is_given():
        pytest.exit("no Redis for the tests: install redis-server, or set REDIS_URL", returncode=3)
    if not environment.DATABASE_URL.is_given():
        _trust_this_machine(services.database_url)
    os.environ.setdefault("DATABASE_URL", services.database_url)
    os.environ.setdefault("REDIS_URL", services.redis_url)


def _trust_this_machine(database_url: str) -> None:
    """Let the database of one test run wait for no disk: processes are killed in it, the power stays on."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what this run started."""
    for home in _own_home:
        embedded.detach(embedded.Home.at(home))
        shutil.rmtree(home, ignore_errors=True)
    _own_home.clear()
