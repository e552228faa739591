"""A handler that waits for the database, and everybody else meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest
from django.db import connection

from realtime.threads import THREADS
from tests.realtime.door import Door
from tests.realtime.log import LiveHalf, publish_soon, stock_reduced
from tests.realtime.people import a_person
from tests.realtime.shop.client import ShopClient

pytestmark = pytest.mark.django_db(transaction=True)


#: In this database: a copy of it has the same tables under the same numbers.
_WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
WHERE relation = 'identity_user'::regclass AND NOT granted
"""


@asynccontextmanager
async def nobody_can_be_recognised() -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Keep the table of users locked. Gives what waits until so many wait for it."""
    settings = connection.get_connection_params()
    wanted = {
        name: settings[name] for name in ("dbname", "user", "password", "host", "port") if name in settings
    }
    async with await psycopg.AsyncConnection.connect(**wanted) as other:
        await other.execute("LOCK TABLE identity_user IN ACCESS EXCLUSIVE MODE")

        async def wait_for(number: int) -> None:
            async with asyncio.timeout(10):
                # The database tells nobody when somebody begins to wait.
                while await (await other.execute(_WAITING)).fetchone() != (number,):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)

        yield wait_for


async def test_handlers_that_wait_for_the_database_delay_nobody(door: Door, live_half: LiveHalf) -> None:
    person = await a_person()
    waiting = [await ShopClient(door.port).enter() for _ in range(THREADS + 2)]
    well = await ShopClient(door.port).enter()
    async with nobody_can_be_recognised() as wait_for:
        asking = [
            asyncio.create_task(client.ask("authenticate", {"token": person.token})) for client in waiting
        ]
        await wait_for(THREADS)
        await publish_soon(stock_reduced())
        assert [(await well.hear())[0] for _ in range(2)] == ["STOCK_REDUCED", "inventory_update"]
        # Whoever is no user comes in as always, and what needs no database is done.
        guest = await ShopClient(door.port).enter()
        assert (await guest.ask("leave_room", {"room": "nowhere"}))["code"] == "unknown_room"
        assert not any(task.done() for task in asking)
    assert [(await task)["ok"] for task in asking] == [True] * len(waiting)
    # They heard it while they waited.
    assert [[event[0] for event in client.events] for client in waiting] == [
        ["STOCK_REDUCED", "inventory_update"]
    ] * len(waiting)
