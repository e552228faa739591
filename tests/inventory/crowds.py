"""Many at once: threads with a connection each, and processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]], *, threads: int = 16) -> list[T | Exception]:
    """Run all of these in so many threads, which begin together; what each gave or raised, in their order."""
    threads = min(threads, len(works))
    gate = threading.Barrier(threads)
    results: dict[int, T | Exception] = {}

    def run(first: int) -> None:
        try:
            gate.wait(timeout=30)
            for index in range(first, len(works), threads):
                try:
                    results[index] = works[index]()
                except Exception as error:  # noqa: BLE001  what it raised is what the test looks at
                    results[index] = error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(run, first) for first in range(threads)]:
            done.result()
    return [results[index] for index in range(len(works))]


def in_processes(work: Callable[..., T], arguments: Sequence[tuple[object, ...]]) -> list[T]:
    """Run ``work`` once in a process of its own for each tuple of arguments, all at once."""
    with ProcessPoolExecutor(
        len(arguments),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(str(connection.settings_dict["NAME"]),),
    ) as pool:
        return [done.result() for done in [pool.submit(work, *one) for one in arguments]]


def _begin(database: str) -> None:
    import django

    django.setup()
    connection.settings_dict["NAME"] = database


def buy_one_by_one(product_id: str, variant_id: str, times: int) -> int:
    """Buy one unit so many times, in this process; how often it was sold."""
    from config.kernel.actors import Actor
    from config.kernel.errors import ConflictingItems
    from inventory import services
    from inventory.lines import StockLine

    sold = 0
    line = StockLine(product_id=product_id, variant_id=variant_id, quantity=1)
    for _ in range(times):
        try:
            services.reduce_stock(lines=[line], actor=Actor(kind="guest"))
            sold += 1
        except ConflictingItems:
            continue
    return sold
