"""Statements that are prepared, and connections that are believed to live."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction
from django.db.backends.postgresql import base as django_base
from django.test.utils import CaptureQueriesContext

from config.kernel.statements import Prepared, bound, change, row, rows

#: The connection itself, with what only our backend has.
connection: Any = connections["default"]

ADD = Prepared("SELECT %(a)s::int + %(b)s::int, %(text)s::text")
FAIL = Prepared("SELECT 1 / %s::int")


def prepared() -> list[str]:
    """What this connection has prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [text for (text,) in cursor.fetchall()]


@pytest.fixture
def fresh(transactional_db: None) -> None:
    """A connection that has prepared nothing."""
    connection.close()


def test_a_statement_is_prepared_once_however_often_it_is_run(fresh: None) -> None:
    for number in range(10):
        assert rows(ADD, {"a": number, "b": 1, "text": "it's \\ %"}) == [(number + 1, "it's \\ %")]
    assert prepared() == ["SELECT $1::int + $2::int, $3::text"]


def test_what_django_runs_is_not_prepared_and_nothing_of_it_is_kept(fresh: None) -> None:
    row(ADD, {"a": 1, "b": 1, "text": ""})
    for number in range(10):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [f"a long text {number}"])
    assert len(prepared()) == 1
    kept = connection.connection._prepared
    assert len(kept._counts) + len(kept._names) == 1


def test_what_is_undone_costs_no_preparing_again(fresh: None) -> None:
    row(ADD, {"a": 1, "b": 1, "text": ""})
    with pytest.raises(DatabaseError), transaction.atomic():
        row(FAIL, [0])
    with transaction.atomic():
        row(ADD, {"a": 2, "b": 1, "text": ""})
        transaction.set_rollback(True)
    assert row(ADD, {"a": 3, "b": 1, "text": ""}) == (4, "")
    assert prepared().count("SELECT $1::int + $2::int, $3::text") == 1


@pytest.mark.django_db
def test_statements_that_are_counted_or_wrapped_say_the_same_and_are_seen() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert row(ADD, {"a": 2, "b": 3, "text": "x"}) == (5, "x")
    assert [query["sql"] for query in queries] == ["SELECT $1::int + $2::int, $3::text"]


def test_a_statement_with_its_values_in_it_is_executed_as_it_is_and_not_prepared(fresh: None) -> None:
    text = "it's \\ 100%"
    statement = bound("SELECT %s, '50%%', now()", [text])
    before = prepared()
    for _ in range(3):
        ((said, half, moment),) = rows(statement)
        assert (said, half, moment.utcoffset().total_seconds()) == (text, "50%", 0)
    assert prepared() == before
    with CaptureQueriesContext(connection) as queries:
        assert rows(statement)[0][:2] == (text, "50%")
    assert len(queries) == 1


def test_nothing_that_every_connection_has_makes_them_take_djangos_way(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    usual = type(connection).cursor

    def counting(self: Any) -> Any:
        made.append(self)
        return usual(self)

    connection.ensure_connection()
    monkeypatch.setattr(type(connection), "cursor", counting)
    row(ADD, {"a": 1, "b": 1, "text": ""})
    assert made == []
    # Whoever does not say which statements are none of theirs sees all of them.
    with connection.execute_wrapper(lambda execute, *given: execute(*given)):
        row(ADD, {"a": 1, "b": 1, "text": ""})
    assert made == [connection]


@pytest.mark.django_db
def test_values_have_the_types_that_django_gives_them() -> None:
    sql = "SELECT now(), 1.50::numeric, '{\"a\": 1}'::jsonb, NULL::text WHERE %s::int = 1"
    with connection.cursor() as cursor:
        cursor.execute(sql, [1])
        usual = cursor.fetchone()
    quick = row(Prepared(sql), [1])
    assert quick == usual
    assert [type(value) for value in quick or ()] == [type(value) for value in usual]
    assert quick is not None
    assert quick[0].utcoffset().total_seconds() == 0
    assert quick[1] == Decimal("1.50")


@pytest.mark.django_db
def test_an_error_is_djangos_and_breaks_the_transaction_as_always() -> None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        row(FAIL, [0])
    assert isinstance(error.value.__cause__, psycopg.errors.DivisionByZero)
    with transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic():
            row(FAIL, [0])
        assert row(FAIL, [1]) == (1,)
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            row(FAIL, [1])


@pytest.mark.django_db
def test_how_many_rows_were_changed_is_told() -> None:
    assert change(Prepared("CREATE TEMPORARY TABLE few AS SELECT generate_series(1, %s::int) AS n"), [3]) == 3
    assert change(Prepared("UPDATE few SET n = n + 1 WHERE n > %s::int"), [1]) == 2


# ------------------------------------------------------------------------------ whether it lives


@pytest.fixture
def health_checks(fresh: None) -> Callable[[], None]:
    """Connected, and asked as before a request; called: another request begins."""
    connection.ensure_connection()
    connection.health_check_enabled = True

    def begin_request() -> None:
        connection.health_check_done = False

    begin_request()
    rows(ADD, {"a": 1, "b": 1, "text": ""})
    return begin_request


def asked(work: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the server was asked whether it lives meanwhile."""
    count = 0
    usual = django_base.DatabaseWrapper.is_usable

    def counting(self: Any) -> Any:
        nonlocal count
        count += 1
        return usual(self)

    with monkeypatch.context() as patch:
        patch.setattr(django_base.DatabaseWrapper, "is_usable", counting)
        work()
    return count


def test_a_connection_that_has_just_answered_is_not_asked(
    health_checks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def requests() -> None:
        for _ in range(20):
            health_checks()
            rows(ADD, {"a": 1, "b": 1, "text": ""})

    assert asked(requests, monkeypatch) == 0
    connection._believed_until = 0.0
    assert asked(requests, monkeypatch) == 1


def test_one_that_the_server_has_ended_costs_nobody_an_error(health_checks: Callable[[], None]) -> None:
    before = connection.connection.info.backend_pid
    with psycopg.connect(**_parameters(), autocommit=True) as other:
        ended = other.execute("SELECT pg_terminate_backend(%s, 5000)", [before]).fetchone()
    assert ended == (True,)
    health_checks()
    assert row(ADD, {"a": 1, "b": 1, "text": "again"}) == (2, "again")
    assert connection.connection.info.backend_pid != before


def _parameters() -> dict[str, Any]:
    found = connection.get_connection_params()
    return {name: found[name] for name in ("dbname", "user", "host", "port", "password") if found.get(name)}
