"""How long a request waits for the database: no statement of it runs for longer than half a minute.

The limit is PostgreSQL's own (``statement_timeout``), set on connections that are opened inside of a request;
commands, jobs and migrations open theirs elsewhere and may take as long as an import takes. A server that
hangs without closing anything is beyond it: nothing on this side ends such a wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponseBase

SECONDS = 30

_here = threading.local()


class StatementLimitMiddleware:
    """Outermost of all that may touch the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _here.in_request = True
        try:
            return self._get_response(request)
        finally:
            _here.in_request = False


def limit_statements(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Receiver of ``connection_created``: a thread that serves requests does nothing else with it."""
    if getattr(_here, "in_request", False):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{SECONDS}s"])


def begin() -> None:
    """Limit statements from now on. Called once, when the apps are ready."""
    connection_created.connect(limit_statements, dispatch_uid="config.api.patience")
