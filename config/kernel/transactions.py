"""Transactions that survive the database's own quarrels (deadlocks, serialisation, lock timeouts), and what
must happen outside of them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from config.kernel.combining import NothingDone
from config.kernel.errors import Unavailable

T = TypeVar("T")

#: SQLSTATEs after which the same transaction may simply be tried again: a serialisation failure, a
#: deadlock, a lock that could not be had in time.
_RETRYABLE = frozenset({"40001", "40P01", "55P03"})

#: Classes of SQLSTATEs with which a connection ends: of what was under way nobody knows what became of it.
_CUT_OFF = frozenset({"08", "57"})

ATTEMPTS = 5

# Long enough for the transactions of other processes that sell the same.
_SHORT_WAITS = "SET LOCAL lock_timeout = '250ms'"


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


def within_transaction(work: Callable[[], T]) -> T:
    """``work()`` in the caller's transaction, or in one of its own where there is none.

    Unlike ``in_transaction`` it sets no savepoint, which costs two statements: for work that refuses before
    it writes, so that there is nothing to go back behind. What else it raises has to undo all of it.
    """
    return work() if _is_inside() else in_transaction(work)


def in_shared_transaction(work: Callable[[], T]) -> T:
    """``work()``, which does what several threads asked for, in one transaction, with one attempt.

    Raises ``NothingDone`` whatever goes wrong in it: then all of it is undone, and each may be done alone.
    A wait for a lock is cut short: behind one lock several would wait who need not. What the commit raises
    passes through where the connection was lost in it, since nobody knows then whether it came about.
    """
    is_over = False
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SHORT_WAITS)
            result = work()
            is_over = True
    except Exception as error:
        if is_over and not _was_refused(error):
            raise
        raise NothingDone from error
    return result


def _was_refused(error: BaseException) -> bool:
    """Whether the database has said itself that it did not commit, and is still there."""
    state = _sqlstate(error)
    return state is not None and state[:2] not in _CUT_OFF


def _is_inside() -> bool:
    """Whether there is a transaction. The one that a test case wraps around a whole test is none, as
    for ``atomic(durable=True)``.
    """
    blocks = connection.atomic_blocks
    return bool(blocks) and not getattr(blocks[-1], "_from_testcase", False)


def outside_transaction(work: Callable[[], T]) -> T:
    """``work()``, which leaves the house (another company's API), and for which no lock of ours may wait.

    Raises ``TransactionManagementError`` inside a transaction, and does nothing then.
    """
    if _is_inside():
        raise transaction.TransactionManagementError("nothing external happens inside a transaction")
    return work()
