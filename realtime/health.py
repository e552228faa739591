"""Whether this process answers, and whether it could do its work: `/api/health` and `/api/ready`.

They ask for no credentials, tell nothing that an attacker could use, take a second at most, and never
raise: a probe that fails must say what is wrong. Figures and traces are not for here.
"""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import timedelta
from functools import cache
from typing import Any

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from config.kernel.clock import now
from realtime.probing import Question
from realtime.runtime import is_draining

log = structlog.get_logger(__name__)
OK = "ok"
IN_MEMORY = "ok (in memory: one process only)"
UNREACHABLE = "unreachable"
DRAINING = "is about to end"
UNKNOWN = "unknown: the database is unreachable"
TIMEOUT_SECONDS = 1.0
# The worker says every 10 seconds that it lives.
WORKER_SILENT = timedelta(seconds=30)


@csrf_exempt  # so that another method is told what is allowed, not that it bears no token
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers; reaches for nothing."""
    return JsonResponse({"message": "Backend is running", "status": OK})


@csrf_exempt
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether each thing that the shop needs is there: 200 if all are, else 503."""
    found = readiness()
    all_well = all(answer.startswith(OK) for answer in found.values())
    answer = {"status": OK if all_well else "unavailable", **found}
    response = JsonResponse(answer, status=200 if all_well else 503)
    # What is wrong was logged where it was found; that a probe was told so is no error of ours.
    response._has_been_logged = True  # type: ignore[attr-defined]  # as Django marks what it has logged
    return response


def readiness() -> dict[str, str]:
    """What the shop needs, each with how it is; what begins with ``OK`` is well. Takes a second at most."""
    _known_migrations()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    in_database, in_redis = _database.put(), _redis.put()
    of_the_database = _in_time(in_database, deadline) or {"database": UNREACHABLE}
    found = {
        "database": of_the_database["database"],
        "redis": (_in_time(in_redis, deadline) or {"redis": UNREACHABLE})["redis"],
        "migrations": of_the_database.get("migrations", UNKNOWN),
        "worker": of_the_database.get("worker", UNKNOWN),
    }
    if is_draining():
        found["server"] = DRAINING
    return found


def _in_time(asked: Future[dict[str, str]], deadline: float) -> dict[str, str] | None:
    try:
        return asked.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        log.warning("not ready", error="no answer in time")
    except (psycopg.Error, redis.RedisError, OSError) as error:
        # The reason's text may hold addresses or user names: that goes to the log only.
        log.warning("not ready", error=str(error).strip())
    return None


# ------------------------------------------------------------------------------------------ database


def _parameters() -> Mapping[str, Any]:
    """How the database is reached, with patience for a probe and no more."""
    usual = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        usual.pop(name, None)
    milliseconds = int(TIMEOUT_SECONDS * 1000)
    return {
        **usual,
        "connect_timeout": 1,
        "tcp_user_timeout": milliseconds,
        "application_name": "stockwire probe",
        "options": f"{usual.get('options', '')} -c statement_timeout={milliseconds}".strip(),
    }


def _ask_database() -> dict[str, str]:
    # A connection of its own: the request thread's may be one on which nothing will ever be heard again.
    with psycopg.connect(**_parameters(), autocommit=True) as probe:
        probe.execute("SELECT 1")
        found = {"database": OK}
        for name, check in (("migrations", _migrations), ("worker", _worker)):
            try:
                found[name] = check(probe)
            except psycopg.DatabaseError as error:
                log.warning("not ready", check=name, error=str(error).strip())
                found[name] = UNREACHABLE
        return found


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    # Read from the files once: they don't change while the process runs, and a probe must be quick.
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def _migrations(probe: psycopg.Connection[tuple[Any, ...]]) -> str:
    try:
        applied = set(probe.execute("SELECT app, name FROM django_migrations").fetchall())
    except psycopg.errors.UndefinedTable:
        applied = set()
    missing = _known_migrations() - applied
    return OK if not missing else f"{len(missing)} not applied"


def _worker(probe: psycopg.Connection[tuple[Any, ...]]) -> str:
    row = probe.execute(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s", [now() - WORKER_SILENT]
    ).fetchone()
    return OK if row is not None and row[0] else "no worker is running"


# --------------------------------------------------------------------------------------------- Redis


def _ask_redis() -> dict[str, str]:
    if not settings.REDIS_URL:
        return {"redis": IN_MEMORY}
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
    )
    with client:
        client.ping()
    return {"redis": OK}


_database = Question(_ask_database)
_redis = Question(_ask_redis)
