"""Fixtures of jobs: procrastinate's tables, which Django does not empty since it does not manage them."""

from __future__ import annotations

import pytest
from django.db import connection, connections


@pytest.fixture(autouse=True)
def no_jobs(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE procrastinate_jobs, procrastinate_periodic_defers, procrastinate_workers CASCADE"
        )


@pytest.fixture(autouse=True)
def no_connection_outlives_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's threads keep theirs, which a worker in the test's own process would leave behind."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
