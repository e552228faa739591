"""The log as the hub reads it: from PostgreSQL, without blocking the event loop.

Implements the hub's ``Source``. Raises ``psycopg.Error`` or ``PoolTimeout`` when the database is away;
whoever reads decides what that means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg_pool import AsyncConnectionPool

from realtime import rows
from realtime.database import connection_parameters
from realtime.hub.source import Interest
from realtime.records import Head, Record

CONNECTIONS = 4
TIMEOUT = 3.0


class PostgresSource:
    """Reads the log through a small pool. ``open`` before use, ``close`` after it."""

    def __init__(self, *, connections: int = CONNECTIONS) -> None:
        self._pool = AsyncConnectionPool(
            kwargs={
                **connection_parameters(application_name="stockwire hub", options="-c statement_timeout=10s"),
                "autocommit": True,
            },
            min_size=1,
            max_size=connections,
            timeout=TIMEOUT,
            check=AsyncConnectionPool.check_connection,
            open=False,
            name="hub",
        )

    async def open(self) -> None:
        """Start to connect, without waiting for it."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.close()

    async def head(self) -> Head:
        """Where the log ends now."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(rows.HEAD)).fetchone()
            if row is None:
                await connection.execute(rows.MAKE_HEAD)
                row = await (await connection.execute(rows.HEAD)).fetchone()
        assert row is not None  # noqa: S101  it was just made
        return Head(*row)

    async def read(
        self, *, epoch: str, after: int, upto: int, limit: int, interest: Interest | None = None
    ) -> Sequence[Record]:
        """Events after ``after`` up to ``upto``, in order, at most ``limit``; only those of ``interest``."""
        bounds: dict[str, Any] = {"after": after, "upto": upto, "limit": limit}
        statement = rows.READ
        if interest is not None:
            statement, bounds = rows.READ_WANTED, {**bounds, **_wanted(interest)}
        found = await self._all(statement, bounds)
        return [rows.to_record(row, epoch) for row in found]

    async def count(self, *, after: int, upto: int, limit: int, interest: Interest) -> int:
        """How many events of ``interest`` there are, counted no further than ``limit``."""
        bounds = {"after": after, "upto": upto, "limit": limit, **_wanted(interest)}
        return int((await self._all(rows.COUNT_WANTED, bounds))[0][0])

    async def _all(self, statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with self._pool.connection() as connection:
            # The planner must see the bounds: with a generic plan it would guess a third of the log.
            answer = await connection.execute(statement, parameters, prepare=False)
            found: list[tuple[Any, ...]] = await answer.fetchall()
            return found


def _wanted(interest: Interest) -> dict[str, Any]:
    pairs = sorted(interest.subjects)
    return {
        "types": sorted(interest.types),
        "of_types": [kind for kind, _subject in pairs],
        "subjects": [subject for _kind, subject in pairs],
        "mentioning_types": sorted({kind for kind, _id in interest.mentions}),
        "mentions": sorted({rows.mention_of(identity) for _kind, identity in interest.mentions}),
    }
