"""Statements that the server parses and plans once for each connection, and not each time that they are sent.

For those of our own that are sent with every sale: to plan them takes the server longer than to carry them
out. Their text must always be the same, with all that varies in parameters, and their result must not change
with the tables (columns are named). Everything else goes through ``connection.cursor()``.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


def prepared_cursor() -> CursorWrapper:
    """``connection.cursor()``, whose statements are prepared once they have been sent a few times.

    Not where the settings rule it out (``STOCKWIRE_PREPARE``): then they are sent as they are.
    """
    connection.validate_thread_sharing()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    make: Any = ServerBindingCursor  # a cursor of psycopg, which the stubs don't know
    with connection.wrap_database_errors:
        cursor = make(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrap(cursor)
