"""The backend's connection and cursor. No query and no table is known here."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg._cursor_base import BaseCursor
from psycopg._preparing import PrepareManager
from psycopg._queries import PostgresClientQuery, PostgresQuery
from psycopg.types.datetime import TimestamptzLoader

from config.kernel.statements import Bound, Prepared

#: A connection that has answered so lately is not asked whether it lives (seconds).
BELIEVED = 5.0
#: psycopg keeps what is prepared only where there is some threshold; which one, is said for each statement.
_PREPARES, _NEVER_PREPARES = 0, None


class Cursor(psycopg.ClientCursor[Any]):
    """Binds parameters on this side, as Django's does; those of ``Prepared`` statements on PostgreSQL's."""

    _is_prepared = False

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        self._is_prepared = isinstance(query, Prepared)
        binding: Any = PostgresQuery if self._is_prepared else PostgresClientQuery
        self._query_cls = binding
        # Of other statements nothing is kept, neither here nor there: their texts have their values in them.
        self._conn.prepare_threshold = _PREPARES if self._is_prepared else _NEVER_PREPARES
        return super().execute(query, params, **kwargs)

    def _get_prepared(self, pgq: Any, prepare: bool | None = None) -> Any:
        if self._is_prepared:
            usual: Any = BaseCursor._get_prepared  # which client-side cursors take away
            return usual(self, pgq, True)
        return super()._get_prepared(pgq, prepare)

    def _send_query_prepared(self, name: bytes, pgq: Any, **kwargs: Any) -> None:
        self._query = pgq  # where Django's log of queries looks for it
        super()._send_query_prepared(name, pgq, **kwargs)


class _Prepared(PrepareManager):
    """What a connection has prepared, for as long as it lives.

    psycopg's forgets it all when a transaction is undone, for the sake of tables that were made in it: then
    every refusal would have the next request prepare everything anew.
    """

    prepare_threshold = _NEVER_PREPARES

    def clear(self) -> bool:
        return False


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._believed_until = 0.0
        self._kept: psycopg.Cursor[Any] | None = None

    def run(self, statement: Prepared | Bound, parameters: Any) -> psycopg.Cursor[Any]:
        """Execute a statement; the cursor that has what it gives, until the next one is run.

        As ``cursor()`` does it, with one cursor for all: making one takes as long as executing a statement.
        """
        if isinstance(statement, Bound):
            parameters = None
        if self._is_looked_at(statement):
            logged: Any = self.cursor()
            logged.execute(statement, parameters)
            found: psycopg.Cursor[Any] = logged.cursor
            return found
        self.close_if_health_check_failed()
        self.ensure_connection()
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            self.connection.prepare_threshold = _PREPARES
            try:
                return self._kept_cursor().execute(
                    statement, parameters, prepare=isinstance(statement, Prepared)
                )
            finally:
                self.connection.prepare_threshold = _NEVER_PREPARES

    def _is_looked_at(self, statement: str) -> bool:
        """Whether it is logged, or a wrapper does not say (``concerns``) that it is no business of its."""
        if self.queries_logged:
            return True
        for wrapper in self.execute_wrappers:
            concerns: Any = getattr(wrapper, "concerns", None)
            if concerns is None or concerns(statement):
                return True
        return False

    def _kept_cursor(self) -> psycopg.Cursor[Any]:
        if self._kept is None or self._kept.connection is not self.connection:
            self._kept = psycopg.Cursor(self.connection)
            # Django's is written in Python. The connection's own time zone is UTC.
            self._kept.adapters.register_loader("timestamptz", TimestamptzLoader)
        return self._kept

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection: Any = super().get_new_connection(conn_params)
        connection._prepared = _Prepared()
        return connection

    def is_usable(self) -> bool:
        """Whether it lives: asked before each request (``CONN_HEALTH_CHECKS``).

        Whoever closes a connection is heard of at once: its socket has something to read then, and otherwise
        has nothing. Only a server that went without a word is not, and is found by asking.
        """
        now = time.monotonic()
        if self.connection is not None and now < self._believed_until and self._is_quiet():
            return True
        is_usable = super().is_usable()
        self._believed_until = now + BELIEVED if is_usable else 0.0
        return is_usable

    def _is_quiet(self) -> bool:
        if self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
