"""How a test database is emptied after each test that commits.

Django's own way truncates every table and then makes all permissions anew, half a second each time. Most
tests leave a few rows: those are deleted, with the triggers and foreign keys off, and what Django makes for
itself stays. Only this database, which the test run has made, lets its ledger be emptied: the trigger on
TRUNCATE is switched off in it; the one that refuses UPDATE and DELETE stays. The test of the refusal switches
the other on again inside its own transaction.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

SWITCH_OFF = "ALTER TABLE inventory_stockmovement DISABLE TRIGGER ledger_stays"
SWITCH_ON = "ALTER TABLE inventory_stockmovement ENABLE TRIGGER ledger_stays"

#: Made by Django after each migration, from the models; no test of ours changes them.
_DJANGOS_OWN = ("django_content_type", "auth_permission")

#: Bytes of all tables together. Above, it is quicker to throw the files away, and what has been deleted
#: would be in the way of the tests that come.
_A_LOT = 16 * 1024 * 1024


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's own, then the switch, and the quicker way where the database lets us have it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(SWITCH_OFF)
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (may_switch_all_off,) = cursor.fetchone()
    with pytest.MonkeyPatch.context() as patch:
        if may_switch_all_off:
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty())
        yield


def empty() -> None:
    """Leave no row in any table of ours."""
    tables = [
        name
        for name in connection.introspection.django_table_names(only_existing=True, include_views=False)
        if name not in _DJANGOS_OWN
    ]
    if _size(tables) > _A_LOT:
        _truncate(tables)
    else:
        _delete(tables)


def _size(tables: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [tables]
        )
        return int(cursor.fetchone()[0])


def _truncate(tables: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))


def _delete(tables: list[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
                for name in tables
            )
        )
        filled = [name for (name,) in cursor.fetchall()]
        if filled:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in filled:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
