"""Questions that must be answered in time, put to things that may never answer.

A question is asked in a thread of its own, since a wait for PostgreSQL has no end of its own: a server that
is stopped, not closed, keeps its connections open and says nothing. While one waits there is no second:
whoever asks meanwhile waits for the same answer. What is asked is not for here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Question(Generic[T]):
    """One question, asked as often as anybody wants to know, by one thread at a time."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asked: Future[T] | None = None

    def put(self) -> Future[T]:
        """Its answer, or what it raises, when it comes: ``result(timeout)`` waits for it."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                # A daemon: a process that wants to end does not wait for it.
                threading.Thread(target=self._run, args=(self._asked,), daemon=True, name="probe").start()
            return self._asked

    def _run(self, asked: Future[T]) -> None:
        try:
            answer = self._ask()
        except Exception as error:  # noqa: BLE001  handed to those who wait
            asked.set_exception(error)
        else:
            asked.set_result(answer)
