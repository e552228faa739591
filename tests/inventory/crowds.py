"""Many at once: threads with a connection each, and processes; and the unlucky moment, made certain."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connection

T = TypeVar("T")
P = ParamSpec("P")

PATIENCE = 30.0


def at_once(works: Sequence[Callable[[], T]], *, threads: int = 16) -> list[T | Exception]:
    """Run all of these in so many threads, which begin together; what each gave or raised, in their order."""
    threads = min(threads, len(works))
    gate = threading.Barrier(threads)
    results: dict[int, T | Exception] = {}

    def run(first: int) -> None:
        try:
            gate.wait(timeout=PATIENCE)
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


class Meeting:
    """The first so many who come go on when the last of them has come; whoever comes later just goes on."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._comers = itertools.count()
        self._gate = threading.Barrier(count)

    def wait(self) -> None:
        if next(self._comers) < self._count:
            self._gate.wait(timeout=PATIENCE)

    def after(self, look: Callable[P, T]) -> Callable[P, T]:
        """``look``, whose answer nobody has before all of them have looked."""

        def look_and_meet(*args: P.args, **kwargs: P.kwargs) -> T:
            found = look(*args, **kwargs)
            self.wait()
            return found

        return look_and_meet

    def before(self, act: Callable[P, T]) -> Callable[P, T]:
        """``act``, which nobody does before all of them are about to."""

        def meet_and_act(*args: P.args, **kwargs: P.kwargs) -> T:
            self.wait()
            return act(*args, **kwargs)

        return meet_and_act


def until(holds: Callable[[], bool]) -> None:
    """Look until it holds, for longer than it can take."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def somebody_waits_for_us() -> bool:
    """Whether another connection waits for a lock that this thread's transaction holds."""
    with connection.cursor() as cursor:
        # Not pg_stat_activity: a transaction sees there for ever whoever was connected when it first looked.
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


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
