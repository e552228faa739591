"""`/api/health` and `/api/ready`: quick, whatever the database and Redis do."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg.conninfo import conninfo_to_dict
from pytest_django import Settings

from config.embedded.postgres import Postgres
from realtime import health
from realtime.probing import Question

#: A second, and what a busy machine adds.
AT_ONCE = 4.5


def ask(path: str) -> tuple[int, dict[str, str], float]:
    begun = time.monotonic()
    answer = Client().get(path)
    return answer.status_code, answer.json(), time.monotonic() - begun


@pytest.fixture
def hung_postgres(own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The probe's database takes connections, and never says a word on them."""
    usual = health._parameters()
    where: dict[str, Any] = {**usual, **conninfo_to_dict(own_postgres.url)}
    monkeypatch.setattr(health, "_parameters", lambda: where)
    monkeypatch.setattr(health, "_database", Question(health._ask_database))
    assert own_postgres._process is not None
    os.kill(own_postgres._process.pid, signal.SIGSTOP)
    yield
    os.kill(own_postgres._process.pid, signal.SIGCONT)


@pytest.mark.django_db
def test_health_reaches_for_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert ask("/api/health")[:2] == (200, {"message": "Backend is running", "status": "ok"})
    assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
def test_a_shop_without_a_worker_is_not_ready() -> None:
    with connection.cursor() as cursor:
        # Those of tests before, which were killed there and so are remembered for a while.
        cursor.execute("DELETE FROM procrastinate_workers")
    status, said, _seconds = ask("/api/ready")
    assert (status, said) == (
        503,
        {
            "status": "unavailable",
            "database": "ok",
            "redis": "ok",
            "migrations": "ok",
            "worker": "no worker is running",
        },
    )


def test_a_database_that_hangs_is_unreachable_within_a_second(hung_postgres: None) -> None:
    for _each in range(3):  # nor does the second probe wait for what the first one waits for
        status, said, seconds = ask("/api/ready")
        assert status == 503
        assert (said["database"], said["redis"]) == ("unreachable", "ok")
        assert said["worker"] == said["migrations"] == "unknown: the database is unreachable"
        assert seconds < AT_ONCE
    assert ask("/api/health")[2] < AT_ONCE


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_says_nothing_is_unreachable_within_a_second(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        status, said, seconds = ask("/api/ready")
    assert (status, said["redis"], said["database"]) == (503, "unreachable", "ok")
    assert seconds < AT_ONCE


def test_those_who_ask_meanwhile_wait_for_the_same_answer() -> None:
    asked = []
    answered = threading.Event()

    def ask_once() -> int:
        asked.append(1)
        answered.wait(10)
        return len(asked)

    question = Question(ask_once)
    first, second = question.put(), question.put()
    with pytest.raises(TimeoutError):
        first.result(0.01)
    answered.set()
    assert (first.result(10), second.result(10)) == (1, 1)
    assert question.put().result(10) == 2
