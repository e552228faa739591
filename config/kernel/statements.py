"""SQL that is written by hand because it is asked all the time.

Belongs here: the type by which the database's cursor knows it, and how it is asked. Does not belong here: any
statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

Parameters = Sequence[Any] | Mapping[str, Any]


class Prepared(str):
    """A statement that each connection has PostgreSQL parse and plan once, and then only executes.

    Its text must be a constant, and its parameters (``%s``, ``%(name)s``) values: they go to PostgreSQL
    beside it, so each has the type that its place gives it (write ``%s::bigint`` where there is none).
    """

    __slots__ = ()


class Bound(str):
    """A statement that has its values in it, and is executed as it is: one of many that are remembered, too
    many to have each of them prepared.
    """

    __slots__ = ()


def rows(statement: Prepared | Bound, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """What a statement gives, all of it."""
    found: list[tuple[Any, ...]] = _run(statement, parameters).fetchall()
    return found


def row(statement: Prepared, parameters: Parameters) -> tuple[Any, ...] | None:
    """The first row of what a statement gives."""
    found: tuple[Any, ...] | None = _run(statement, parameters).fetchone()
    return found


def change(statement: Prepared, parameters: Parameters) -> int:
    """Execute a statement that changes something; how many rows it has changed."""
    count: int = _run(statement, parameters).rowcount
    return count


def bound(sql: str, parameters: Sequence[Any]) -> Bound:
    """SQL of the ORM's with its values in it, quoted as its own cursor does it."""
    operations: Any = connections[DEFAULT_DB_ALIAS].ops
    return Bound(operations.compose_sql(sql, parameters))


def _run(statement: Prepared | Bound, parameters: Parameters) -> Any:
    # The backend's own (``config.database``).
    return connections[DEFAULT_DB_ALIAS].run(statement, parameters)  # type: ignore[attr-defined]
