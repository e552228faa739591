"""Events to publish, and the log to look at."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from catalog.events import ProductUpdated
from config.kernel.events import publish_all
from inventory.events import StockLow, StockReduced, StockUpdated
from realtime import runtime
from realtime.database import connection_parameters
from realtime.hub.hub import Hub
from realtime.records import Batch, Head, Record
from tests.realtime.waiting import until

#: Writers that are inside a transaction at the same moment.
CONNECTIONS = 80


def stock_reduced(product_id: str = "prod_1", version: int = 1, **fields: object) -> StockReduced:
    return StockReduced(**{**_stock(product_id, version), **fields})  # type: ignore[arg-type]


def stock_updated(product_id: str = "prod_1", version: int = 1, **fields: object) -> StockUpdated:
    return StockUpdated(**{**_stock(product_id, version), **fields})  # type: ignore[arg-type]


def stock_low(product_id: str = "prod_1") -> StockLow:
    return StockLow(
        product_id=product_id,
        product_name="Mug",
        variant_id="var_1",
        sku="MUG",
        attributes={},
        location_id="main",
        current_stock=2,
        low_stock_threshold=5,
        severity="warning",
        version=1,
    )


def product_updated(product_id: str = "prod_1", version: int = 2) -> ProductUpdated:
    return ProductUpdated(
        product_id=product_id,
        action="updated",
        product={"id": product_id, "base_title": "Tasse ☕\nzweite Zeile"},
        shop_product={"_id": product_id, "title": "Tasse ☕"},
        version=version,
    )


def _stock(product_id: str, version: int) -> dict[str, object]:
    return {
        "product_id": product_id,
        "variant_id": "var_1",
        "sku": "MUG-M",
        "attributes": {"size": "M"},
        "change": -1,
        "stock": 9,
        "total_stock": 9,
        "locations": [{"location_id": "main", "quantity": 9}],
        "after_order": True,
        "reference": "order-1",
        "version": version,
    }


def publish(*events: object) -> None:
    """In a transaction of its own."""
    with transaction.atomic():
        publish_all(events)  # type: ignore[arg-type]


async def publish_soon(*events: object) -> None:
    """The same, from an event loop."""

    def work() -> None:
        try:
            publish(*events)
        finally:
            connection.close()

    await sync_to_async(work, thread_sensitive=False)()


@dataclass(slots=True)
class LiveHalf:
    hub: Hub


def log_rows() -> list[tuple[int | None, str, str, int | None]]:
    """`(seq, type, subject, version)`, by `seq`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, type, subject, version FROM realtime_event ORDER BY seq NULLS LAST, id")
        rows: list[tuple[int | None, str, str, int | None]] = cursor.fetchall()
        return rows


async def sql(statement: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
    """One statement, from an event loop, committed."""
    connection = await psycopg.AsyncConnection.connect(
        **connection_parameters(application_name="test"), autocommit=True
    )
    async with connection:
        answer = await connection.execute(statement, parameters)
        return await answer.fetchall() if answer.description else []


async def caught_up() -> None:
    """Wait until the hub of this loop has told of everything that was published by now."""
    hub = await runtime.hub()
    ((published,),) = await sql("SELECT count(*) FROM realtime_event")
    await until(lambda: hub.position.seq >= published)


class Told:
    """A relay's `publish` that remembers."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.heads: list[Head] = []

    async def __call__(self, news: Batch | Head) -> None:
        if isinstance(news, Batch):
            self.batches.append(news)
        else:
            self.heads.append(news)

    @property
    def records(self) -> list[Record]:
        return [record for batch in self.batches for record in batch.records]

    async def until(self, number: int, *, within: float = 20.0) -> None:
        await until(lambda: len(self.records) >= number, within=within)


class Writers:
    """Writers that hold locks for random times and sometimes think better of it.

    Each change takes the row lock of its product, as the services do, and bears the version that it then has.
    """

    def __init__(self, *, writers: int, changes: int, products: int, seed: int) -> None:
        self._plans = [
            [
                (f"prod_{chance.randrange(products)}", chance.random() * 0.01, chance.random() < 0.25)
                for _ in range(changes)
            ]
            for chance in (random.Random(seed + number) for number in range(writers))
        ]
        self.committed: list[str] = []
        #: The database has connections for others too.
        self._connections = threading.Semaphore(CONNECTIONS)

    async def run(self) -> None:
        with ThreadPoolExecutor(len(self._plans)) as threads:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(threads, self._write, plan) for plan in self._plans))

    def _write(self, plan: Sequence[tuple[str, float, bool]]) -> None:
        for product, hold, regret in plan:
            with self._connections:
                try:
                    self._change(product, hold, regret=regret)
                finally:
                    connection.close()

    def _change(self, product: str, hold: float, *, regret: bool) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO versions VALUES (%s, 1) ON CONFLICT (product)"
                    " DO UPDATE SET version = versions.version + 1 RETURNING version",
                    [product],
                )
                version = cursor.fetchone()[0]
            publish_all([stock_reduced(product, version)])
            # The lock is held, the id is taken, and others commit meanwhile.
            time.sleep(hold)
            if regret:
                transaction.set_rollback(True)
        if not regret:
            self.committed.append(product)
