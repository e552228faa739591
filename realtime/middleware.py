"""`X-Event-Cursor` on what is read over REST: the place in the log from which to go on hearing."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponseBase

from realtime import selectors
from realtime.cursor import to_cursor

log = structlog.get_logger(__name__)

HEADER = "X-Event-Cursor"
PREFIXES = ("/products", "/api/")
#: No state is read there; and a probe must answer also where the database doesn't.
STATELESS = ("/api/health", "/api/ready", "/api/auth", "/api/docs", "/api/schema", "/api/asyncapi")
#: A cursor may be as old as this: an older one is always safe, it only repeats a little.
AGE = 0.05
#: After a failure it is not asked again for this long; the request itself will say what is wrong.
PAUSE_AFTER_FAILURE = 1.0


class EventCursorMiddleware:
    """Reads the cursor before the view reads its data, so that no change can fall between the two."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        #: The cursor, and until when it is fresh enough. One value, so that threads need no lock.
        self._known: tuple[str | None, float] = (None, 0.0)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        cursor = None
        path = request.path_info
        reads = request.method in ("GET", "HEAD") and path.startswith(PREFIXES)
        if reads and not path.startswith(STATELESS):
            cursor = self._cursor()
        response = self._get_response(request)
        if cursor is not None:
            response.headers.setdefault(HEADER, cursor)
        return response

    def _cursor(self) -> str | None:
        cursor, fresh_until = self._known
        if time.monotonic() < fresh_until:
            return cursor
        asked = time.monotonic()
        try:
            head = selectors.head()
        except (DatabaseError, InterfaceError) as error:
            log.info("no event cursor", error=str(error).strip())
            self._known = (None, asked + PAUSE_AFTER_FAILURE)
            return None
        cursor = to_cursor(head.epoch, head.top)
        self._known = (cursor, asked + AGE)
        return cursor
