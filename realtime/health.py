"""Whether this process answers, and whether it could do its work: `/api/health` and `/api/ready`.

They ask for no credentials, tell nothing that an attacker could use, take a second at most, and never
raise: a probe that fails must say what is wrong. Figures and traces are not for here.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from config.kernel.clock import now

log = structlog.get_logger(__name__)
OK = "ok"
IN_MEMORY = "ok (in memory: one process only)"
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
    database = _safely("database", _database)
    found = {"database": database, "redis": _safely("redis", _redis)}
    for name, check in (("migrations", _migrations), ("worker", _worker)):
        # They are rows; without a database each would wait for it once more.
        found[name] = _safely(name, check) if database == OK else "unknown: the database is unreachable"
    all_well = all(answer.startswith(OK) for answer in found.values())
    answer = {"status": OK if all_well else "unavailable", **found}
    return JsonResponse(answer, status=200 if all_well else 503)


def _safely(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, InterfaceError, redis.RedisError, OSError) as error:
        # The reason's text may hold addresses or user names: that goes to the log only.
        log.warning("not ready", check=name, error=str(error).strip())
        return "unreachable"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return OK


def _redis() -> str:
    if not settings.REDIS_URL:
        return IN_MEMORY
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
    )
    with client:
        client.ping()
    return OK


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    # Read from the files once: they don't change while the process runs, and a probe must be quick.
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def _migrations() -> str:
    missing = _known_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    return OK if not missing else f"{len(missing)} not applied"


def _worker() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s", [now() - WORKER_SILENT]
        )
        row = cursor.fetchone()
    return OK if row is not None and row[0] else "no worker is running"
