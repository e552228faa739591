"""The relay: every committed event once, dense, in order; whoever is killed, wherever."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest
from django.db import connection

from realtime import relay as relay_module
from realtime.database import connection_parameters
from realtime.records import Batch, Head
from realtime.relay import Relay
from realtime.rows import MAKE_HEAD
from tests.realtime.log import Told, Writers, publish_soon, sql, stock_reduced
from tests.realtime.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quiet_courier")]


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError, Killed):
            await task


@pytest.fixture
def versions() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS versions (product text PRIMARY KEY, version bigint)")
        cursor.execute("TRUNCATE versions")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE versions")


def each_product_in_order(events: list[tuple[str, int | None]]) -> bool:
    seen: dict[str, int] = defaultdict(int)
    for product, version in events:
        if version != seen[product] + 1:
            return False
        seen[product] = version
    return True


async def test_200_writers_with_holds_and_rollbacks_each_committed_event_once_dense_and_per_product_in_order(
    versions: None,
) -> None:
    told = Told()
    writers = Writers(writers=200, changes=5, products=40, seed=1)
    async with running(Relay(publish=told, poll=0.005)):
        await writers.run()
        await told.until(len(writers.committed))
    assert len(writers.committed) > 600
    assert [record.seq for record in told.records] == list(range(1, len(writers.committed) + 1))
    assert len({record.id for record in told.records}) == len(writers.committed)
    assert each_product_in_order([(record.subject, record.version) for record in told.records])
    assert sorted(record.subject for record in told.records) == sorted(writers.committed)


@asynccontextmanager
async def slow_writer() -> AsyncIterator[psycopg.AsyncConnection]:
    """Whoever has recorded an event, of "slow", and has not committed it yet."""
    connection = await psycopg.AsyncConnection.connect(**connection_parameters(application_name="test"))
    async with connection:
        await connection.execute(
            "INSERT INTO realtime_event (public_id, type, subject, data, extra)"
            " VALUES ('evt_slow', 'stock.reduced', 'slow', '{}', '')"
        )
        yield connection


async def test_control_a_reader_by_id_misses_what_commits_late() -> None:
    async def after(last: int) -> list[tuple[int, str]]:
        return await sql("SELECT id, subject FROM realtime_event WHERE id > %s ORDER BY id", last)

    async with slow_writer() as slow:
        await publish_soon(stock_reduced("quick"))
        ((last, subject),) = await after(0)
        assert subject == "quick"
        await slow.commit()
        assert await after(last) == []
        assert {subject for _id, subject in await after(0)} == {"quick", "slow"}


async def test_two_relays_at_once_number_nothing_twice_and_leave_nothing_out(versions: None) -> None:
    told = Told()
    writers = Writers(writers=40, changes=5, products=10, seed=2)
    async with running(*(Relay(publish=told, poll=0.003, batch_size=7) for _each in range(3))):
        await writers.run()
        await told.until(len(writers.committed))
    seqs = [record.seq for record in told.records]
    assert sorted(seqs) == list(range(1, len(writers.committed) + 1))
    in_order = sorted(told.records, key=lambda record: record.seq)
    assert each_product_in_order([(record.subject, record.version) for record in in_order])


class Killed(BaseException):
    """The end of a process, as far as the database can see it."""


class Doomed(Relay):
    """A relay that is killed before or after one of its steps, the second time that it comes there."""

    def __init__(self, *, step: str, when: str, publish: Told) -> None:
        super().__init__(publish=publish, poll=0.005, batch_size=3)
        original = getattr(self, step)
        times = 0

        async def doomed(*args: object) -> object:
            nonlocal times
            times += 1
            if times == 2 and when == "before":
                raise Killed
            result = await original(*args)
            if times == 2:
                raise Killed
            return result

        setattr(self, step, doomed)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["number", "announce"])
async def test_a_relay_that_is_killed_at_any_step_costs_no_event(step: str, when: str) -> None:
    for number in range(10):
        await publish_soon(stock_reduced("prod_1", number + 1))
    told = Told()
    with pytest.raises(Killed):
        await Doomed(step=step, when=when, publish=told).run()
    successor = Told()
    async with running(Relay(publish=successor, poll=0.005, heartbeat=0.01)):
        await until(lambda: bool(successor.heads) and successor.heads[-1].top == 10)
    rows = await sql("SELECT seq, version FROM realtime_event ORDER BY id")
    assert rows == [(number, number) for number in range(1, 11)]
    # Between them they told of each event at most once; what neither told, the heartbeat reveals.
    seqs = [record.seq for record in told.records + successor.records]
    assert len(seqs) == len(set(seqs))
    untold = set(range(1, 11)) - set(seqs)
    assert untold == ({4, 5, 6} if (step, when) in {("number", "after"), ("announce", "before")} else set())


#: The relay's statement, which begins, and with it what it sees, and has its turn when ``held_up`` ends.
LATE = relay_module._NUMBER.replace("AS taken\n", "AS taken FROM pg_advisory_xact_lock(20261)\n")


@asynccontextmanager
async def held_up(connection: psycopg.AsyncConnection) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives what waits until ``LATE`` has begun on ``connection``."""
    pid = connection.info.backend_pid
    holder = await relay_module.connect()
    async with holder:
        await holder.set_autocommit(True)
        await holder.execute("SELECT pg_advisory_lock(20261)")

        async def has_begun() -> None:
            async with asyncio.timeout(20):
                while not await sql("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", pid):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)

        yield has_begun


async def test_a_relay_that_sees_the_log_as_it_was_before_its_turn_numbers_nothing_twice() -> None:
    """Its statement begins, and with it what it sees; another relay works; only then it has its turn."""
    assert LATE != relay_module._NUMBER
    await sql(MAKE_HEAD)
    await publish_soon(*(stock_reduced("prod_1", number) for number in range(1, 6)))
    connection = await relay_module.connect()
    async with connection:
        await connection.set_autocommit(True)
        async with held_up(connection) as has_begun:
            answer = asyncio.create_task(connection.execute(LATE, {"lock": relay_module.LOCK, "limit": 3}))
            await has_begun()
            told = Told()
            async with running(Relay(publish=told, poll=0.01, batch_size=2)):
                await told.until(5)
        found = await (await answer).fetchall()
    assert [row[0] for row in found] == [True]
    assert [row[4] for row in found] == [None]
    rows = await sql("SELECT seq, version FROM realtime_event ORDER BY id")
    assert rows == [(number, number) for number in range(1, 6)]
    assert await sql("SELECT top FROM realtime_eventhead") == [(5,)]


async def test_what_another_relay_left_is_numbered_on_from_its_end_though_its_end_was_not_seen() -> None:
    await sql(MAKE_HEAD)
    await publish_soon(*(stock_reduced("prod_1", number) for number in range(1, 6)))
    connection, other = await relay_module.connect(), await relay_module.connect()
    async with connection, other:
        for each in (connection, other):
            await each.set_autocommit(True)
        async with held_up(connection) as has_begun:
            answer = asyncio.create_task(connection.execute(LATE, {"lock": relay_module.LOCK, "limit": 10}))
            await has_begun()
            numbered = await Relay(publish=Told(), batch_size=2).number(other)
        assert numbered is not None
        assert numbered[0].top == 2
        found = await (await answer).fetchall()
    assert [(row[2], row[4]) for row in found] == [(5, 3), (5, 4), (5, 5)]
    rows = await sql("SELECT seq, version FROM realtime_event ORDER BY id")
    assert rows == [(number, number) for number in range(1, 6)]


async def test_the_database_may_come_and_go() -> None:
    told = Told()
    relay = Relay(publish=told, poll=0.01)
    async with running(relay):
        await publish_soon(stock_reduced("prod_1", 1))
        await told.until(1)
        await sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'stockwire relay' AND datname = current_database()"
        )
        await publish_soon(stock_reduced("prod_1", 2))
        await told.until(2)
    assert [record.seq for record in told.records] == [1, 2]


async def test_a_poke_is_answered_long_before_the_poll() -> None:
    told = Told()
    relay = Relay(publish=told, poll=30)
    async with running(relay):
        await until(lambda: bool(told.heads))
        await publish_soon(stock_reduced())
        relay.poke()
        await told.until(1, within=5)


async def test_without_a_poke_the_poll_finds_it() -> None:
    told = Told()
    async with running(Relay(publish=told, poll=0.05)):
        await publish_soon(stock_reduced())
        await told.until(1, within=5)


async def test_a_heartbeat_tells_where_the_log_ends() -> None:
    await publish_soon(stock_reduced("prod_1", 1), stock_reduced("prod_1", 2))
    told = Told()
    async with running(Relay(publish=told, poll=0.01, heartbeat=0.05)):
        await until(lambda: len(told.heads) >= 3)
    assert {head.top for head in told.heads} == {2}
    assert {head.epoch for head in told.heads} == {told.batches[0].epoch}


async def test_what_is_not_committed_yet_is_not_waited_for_and_not_left_out() -> None:
    told = Told()
    async with slow_writer() as slow, running(Relay(publish=told, poll=0.01)):
        await publish_soon(stock_reduced("quick"))
        await told.until(1)
        await slow.commit()
        await told.until(2)
    assert [(record.seq, record.subject) for record in told.records] == [(1, "quick"), (2, "slow")]


async def test_a_log_whose_tables_were_emptied_begins_as_a_new_one() -> None:
    told = Told()
    await sql("DELETE FROM realtime_eventhead")
    await publish_soon(stock_reduced())
    async with running(Relay(publish=told, poll=0.01)):
        await told.until(1)
    assert isinstance(told.batches[0], Batch)
    assert told.records[0].seq == 1
    assert isinstance(told.heads[0], Head)
