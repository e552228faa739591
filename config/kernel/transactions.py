"""Transactions that survive the database's own quarrels (deadlocks, serialisation, lock timeouts), and what
must happen outside of them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from config.kernel.errors import Unavailable

T = TypeVar("T")

#: SQLSTATEs after which the same transaction may simply be tried again: a serialisation failure, a
#: deadlock, a lock that could not be had in time.
_RETRYABLE = frozenset({"40001", "40P01", "55P03"})

ATTEMPTS = 5


def _sqlstate(error: BaseException) -> str | None:
    cause = error.__cause__ or error
    return getattr(cause, "sqlstate", None)


def in_transaction(work: Callable[[], T]) -> T:
    """``work()`` inside a transaction. Every wait for a lock is bounded by the connection's own
    ``lock_timeout`` (settings), which costs no statement here.

    A deadlock, a serialisation failure or a lock timeout is tried again from the start, with a
    growing random pause, up to ``ATTEMPTS`` times; then ``Unavailable`` (``busy``). Inside an outer
    transaction nothing is retried, since only the outermost can be run again: the error passes
    through, and the outermost ``in_transaction`` does it. ``work`` must leave nothing behind
    outside of the database, since it may run more than once.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if _sqlstate(error) not in _RETRYABLE:
                raise
            if attempt == ATTEMPTS:
                raise Unavailable("Too many are changing this at once; try again", code="busy") from error
        time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  jitter needs no secrecy
    raise AssertionError("unreachable")


def outside_transaction(work: Callable[[], T]) -> T:
    """``work()``, which leaves the house (another company's API), and for which no lock of ours may wait.

    Raises ``TransactionManagementError`` inside a transaction, and does nothing then. The transaction that a
    test case wraps around a whole test is none in this sense, as it is none for ``atomic(durable=True)``.
    """
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise transaction.TransactionManagementError("nothing external happens inside a transaction")
    return work()
