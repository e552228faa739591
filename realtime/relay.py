"""The relay: gives each committed event its place in the log, then tells the live processes.

Row ids are not commit order, so a reader by ``id > last`` would miss what commits late. Numbers given after
the commit, by one relay at a time, are dense and in order; whoever has seen ``seq`` n has missed nothing up
to n. Rows of one subject were inserted under its row lock, so their ids, and therefore their numbers, are
in the order of its changes. Any number of relays may run; whichever takes the lock works. One that is killed
leaves either nothing done, or numbers that nobody was told of yet: the next heartbeat tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import psycopg
import structlog

from realtime import rows
from realtime.database import connection_parameters
from realtime.records import Batch, Head

log = structlog.get_logger(__name__)

#: Any number that no other advisory lock of ours has.
LOCK = 7_153_002

BATCH_SIZE = 500
POLL_SECONDS = 0.2
#: After a pass that found something; what commits meanwhile shares the next one.
BREATH_SECONDS = 0.001
HEARTBEAT_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0

_COLUMNS = ", ".join(f"event.{column}" for column in rows.COLUMNS.split(", "))

# One statement, one way to the database and back, and no transaction that could hang open. Its snapshot is
# older than its turn, so it may still see rows as unnumbered that the relay before it has numbered: FOR
# UPDATE looks at the newest version of each, and passes those over; the head's UPDATE adds to its newest
# `top`. It waits for nobody: rows without a number are touched by the relay alone. A pass that finds nothing
# writes nothing. Without a row of the head the answer is empty.
_NUMBER = f"""
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(%(lock)s) AS taken
), batch AS MATERIALIZED (
    SELECT id, recorded_at FROM realtime_event
    WHERE seq IS NULL AND (SELECT taken FROM turn) ORDER BY id LIMIT %(limit)s FOR UPDATE
), moved AS (
    UPDATE realtime_eventhead SET top = top + (SELECT count(*) FROM batch)
    WHERE id = 1 AND EXISTS (SELECT 1 FROM batch)
    RETURNING epoch, top, floor
), numbered AS MATERIALIZED (
    SELECT id, recorded_at,
        moved.top - (SELECT count(*) FROM batch) + row_number() OVER (ORDER BY id) AS place
    FROM batch, moved
), done AS (
    UPDATE realtime_event AS event SET seq = numbered.place FROM numbered
    WHERE event.id = numbered.id AND event.recorded_at = numbered.recorded_at
    RETURNING {_COLUMNS}
), head AS (
    SELECT epoch, top, floor FROM moved
    UNION ALL
    SELECT epoch, top, floor FROM realtime_eventhead WHERE id = 1 AND NOT EXISTS (SELECT 1 FROM moved)
)
SELECT turn.taken, head.epoch, head.top, head.floor, done.*
FROM head CROSS JOIN turn LEFT JOIN done ON true ORDER BY done.seq
"""  # noqa: S608  no value is formatted in

#: A relay that hangs in the middle must not keep the others from working.
_SESSION = "-c lock_timeout=2s -c statement_timeout=20s"

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Publish = Callable[[Batch | Head], Awaitable[None]]


async def connect() -> Connection:
    """A connection for a relay alone."""
    return await psycopg.AsyncConnection.connect(
        **connection_parameters(application_name="stockwire relay", options=_SESSION)
    )


class Relay:
    """Numbers and announces, for ever. ``publish`` is best effort: what it loses, heartbeats make good.

    One pass is two steps, each a method: ``number``, from whose return on the numbers stand, and
    ``announce``.
    """

    def __init__(
        self,
        *,
        publish: Publish,
        connect: Callable[[], Awaitable[Connection]] = connect,
        batch_size: int = BATCH_SIZE,
        poll: float = POLL_SECONDS,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._publish = publish
        self._connect = connect
        self._batch_size = batch_size
        self._poll = poll
        self._heartbeat = heartbeat
        self._poked = asyncio.Event()
        self._next_heartbeat = 0.0

    def poke(self) -> None:
        """Something was committed: don't wait for the poll. Only from the relay's own event loop."""
        self._poked.set()

    async def run(self) -> None:
        """Relay until cancelled; the database may come and go."""
        pause = FIRST_PAUSE
        while True:
            try:
                connection = await self._connect()
                try:
                    await connection.set_autocommit(True)
                    pause = FIRST_PAUSE
                    await self._serve(connection)
                finally:
                    await connection.close()
            except (psycopg.Error, OSError) as error:
                log.warning("the relay has no database", error=str(error).strip(), again_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _serve(self, connection: Connection) -> None:
        while True:
            self._poked.clear()
            numbered = await self.once(connection)
            if numbered >= self._batch_size:
                continue
            if numbered:
                await asyncio.sleep(BREATH_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll):
                    await self._poked.wait()

    async def once(self, connection: Connection) -> int:
        """One pass. Returns how many events got their number."""
        numbered = await self.number(connection)
        if numbered is None:
            return 0
        head, batch = numbered
        await self.announce(head, batch)
        return len(batch.records) if batch is not None else 0

    async def number(self, connection: Connection) -> tuple[Head, Batch | None] | None:
        """Give the oldest unnumbered events their numbers; nothing where it is another relay's turn."""
        asked = {"lock": LOCK, "limit": self._batch_size}
        found = await (await connection.execute(_NUMBER, asked)).fetchall()
        if not found:
            await connection.execute(rows.MAKE_HEAD)
            found = await (await connection.execute(_NUMBER, asked)).fetchall()
        taken, epoch, top, floor = found[0][:4]
        if not taken:
            return None
        records = tuple(rows.to_record(row[4:], epoch) for row in found if row[4] is not None)
        return Head(epoch, top, floor), Batch(epoch, records) if records else None

    async def announce(self, head: Head, batch: Batch | None) -> None:
        """Tell the live processes: the batch, and each second where the log ends."""
        if batch is not None:
            await self._publish(batch)
        now = asyncio.get_running_loop().time()
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + self._heartbeat
            await self._publish(head)
