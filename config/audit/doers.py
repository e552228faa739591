"""Who is at work: said by the door, and told to the database where it writes what is watched.

The triggers read it from a setting of the transaction. It is told right before the statement, so that
whatever writes nothing watched, the sale of goods above all, is not one round trip slower.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponseBase

from config.api.callers import caller_key
from config.audit.watching import writes_watched
from config.kernel.actors import SYSTEM, Actor

#: ``user:usr_1`` and ``admin``.
Doer = tuple[str, str]

_TELL = "SELECT set_config('stockwire.actor', %s, %s), set_config('stockwire.source', %s, %s)"

_doer: ContextVar[Callable[[], Doer] | None] = ContextVar("audit_doer", default=None)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """What is changed in this block, ``actor`` changes."""
    token = _doer.set(lambda: (str(actor), actor.source))
    try:
        yield
    finally:
        _doer.reset(token)


class DoerMiddleware:
    """Whoever is recognised in a request, at whichever door of it, is the doer of what it changes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        vars(request).setdefault("auth", None)  # DRF's requests put here what they have found
        token = _doer.set(lambda: _who_asks(request))
        try:
            return self._get_response(request)
        finally:
            _doer.reset(token)


def _who_asks(request: Any) -> Doer:
    return caller_key(request), "admin" if request.path.startswith("/admin/") else "api"


def _by_itself() -> Doer:
    """Without a door: a command that somebody has typed, else the house itself."""
    if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1 and sys.argv[1] != "serve":
        return f"command:{sys.argv[1]}", "command"
    return str(SYSTEM), SYSTEM.source


class _TellDoer:
    """Around whatever a connection executes."""

    #: What else is executed need not come by here: of all that sells goods, nothing does.
    concerns = staticmethod(writes_watched)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not isinstance(sql, str) or not self.concerns(sql):
            return execute(sql, params, many, context)
        who = _doer.get()
        actor, source = who() if who is not None else _by_itself()
        connection = context["connection"]
        connection.ensure_connection()
        in_transaction = connection.in_atomic_block
        told = connection.connection.execute
        told(_TELL, (actor, in_transaction, source, in_transaction))
        try:
            return execute(sql, params, many, context)
        finally:
            if not in_transaction:
                told(_TELL, ("", False, "", False))


_tell_doer = _TellDoer()


def name_doer_on(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Have a new connection tell."""
    if _tell_doer not in connection.execute_wrappers:
        connection.execute_wrappers.append(_tell_doer)
