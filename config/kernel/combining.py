"""Requests that come at the same moment, done together: one thread leads, the others wait for their outcomes.

Whoever comes while nobody is at it begins at once, alone. Whoever comes meanwhile waits, and the next to lead
takes along all who are waiting then. So nobody is ever delayed to wait for company, and the busier it is, the
more share the cost of a transaction. Should a leader be held up, the next one does not wait for it for long.

Belongs here: who leads and who waits. Does not belong here: what is done, and the transaction
(``config.kernel.transactions.in_shared_transaction``).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from config.kernel.errors import Unavailable

logger = logging.getLogger(__name__)

A = TypeVar("A")
R = TypeVar("R")


#: How long somebody who waits lets others be at it, before leading beside them.
PATIENCE = 0.5


class NothingDone(Exception):
    """Nothing of what was tried together has been done, so each may be tried alone."""


@dataclass(eq=False, slots=True)
class _Waiting(Generic[A, R]):
    """One who asked. ``done`` with an outcome, or, if there is none, to go alone."""

    asked: A
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    done: bool = False
    outcome: R | BaseException | None = None


class Combiner(Generic[A, R]):
    """``combiner(asked)``: what ``alone(asked)`` would give or raise, done together with whoever else asks.

    ``together`` is given at least two, in the order in which they came, and gives an outcome for each: a
    result or an exception. Where it raises ``NothingDone``, each is done ``alone``, in its own thread; after
    any other exception nobody knows, and all are told so. Of those with the same ``key`` one is taken at a
    time, and of all at most ``most``, first those who have waited longest.
    """

    def __init__(
        self,
        together: Callable[[Sequence[A]], Sequence[R | Exception]],
        *,
        alone: Callable[[A], R],
        key: Callable[[A], Hashable],
        most: int,
    ) -> None:
        self._together = together
        self._alone = alone
        self._key = key
        self._most = most
        self._lock = threading.Lock()
        self._waiting: list[_Waiting[A, R]] = []
        self._leaders = 0

    def __call__(self, asked: A) -> R:
        mine: _Waiting[A, R] = _Waiting(asked)
        with self._lock:
            self._waiting.append(mine)
            if not self._leaders:
                self._leaders, mine.leads = 1, True
        if not mine.leads:
            self._wait(mine)
        if mine.leads:
            self._lead(mine)
        if not mine.done:
            return self._alone(asked)
        if isinstance(mine.outcome, BaseException):
            raise mine.outcome
        return mine.outcome  # type: ignore[return-value]  # a result, even if it is ``None``

    def _wait(self, mine: _Waiting[A, R]) -> None:
        if mine.woken.wait(PATIENCE):
            return
        with self._lock:
            if mine in self._waiting and not mine.leads:
                self._leaders += 1
                mine.leads = True
        if not mine.leads:
            mine.woken.wait()  # somebody has taken it along by now

    def _lead(self, mine: _Waiting[A, R]) -> None:
        """Do one group, with ``mine`` in it, and have whoever waits longest then lead the next one."""
        with self._lock:
            group = self._next_group(mine)
            self._waiting = [one for one in self._waiting if one not in group]
        try:
            self._do(group)
        finally:
            for one in group:
                one.woken.set()
            with self._lock:
                following = next((one for one in self._waiting if not one.leads), None)
                if following is None:
                    self._leaders -= 1
                else:
                    following.leads = True
                    following.woken.set()

    def _next_group(self, mine: _Waiting[A, R]) -> list[_Waiting[A, R]]:
        """``mine`` and those who wait, but for those who are about to lead themselves."""
        group, keys = [mine], {self._key(mine.asked)}
        for one in self._waiting:
            key = self._key(one.asked)
            if not one.leads and key not in keys and len(group) < self._most:
                group.append(one)
                keys.add(key)
        return group

    def _do(self, group: Sequence[_Waiting[A, R]]) -> None:
        mine, *others = group
        # Should this thread be torn away in the middle, nobody can say what became of the others.
        for one in others:
            one.done, one.outcome = True, Unavailable()
        try:
            outcomes = self._together([one.asked for one in group]) if others else [self._alone(mine.asked)]
        except NothingDone as error:
            logger.warning("%d that were tried together go each alone", len(group), exc_info=error)
            for one in group:
                one.done = False
        except Exception as error:  # noqa: BLE001  whatever it is, each who waits has to hear of it
            mine.done, mine.outcome = True, error
        else:
            for one, outcome in zip(group, outcomes, strict=True):
                one.done, one.outcome = True, outcome
