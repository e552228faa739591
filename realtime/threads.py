"""Synchronous work with the database, done from an event loop: questions (who is this, do these rights still
hold), and what clients want changed.

A few threads with a connection each, so that a slow answer holds up neither the loop nor everybody else,
and a thousand handshakes at once don't become a thousand connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

THREADS = 4


class DatabaseThreads:
    """The threads are started when first needed."""

    def __init__(self, name: str, size: int = THREADS) -> None:
        self._name = name
        self._size = size
        self._executor: ThreadPoolExecutor | None = None
        self._connections: set[BaseDatabaseWrapper] = set()

    async def run(self, question: Callable[[], T]) -> T:
        """The answer, or what `question` raises."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._size, thread_name_prefix=self._name)
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._ask, question)

    async def close(self) -> None:
        """End the threads, and their connections."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()
        for connection in self._connections:
            connection.inc_thread_sharing()
            connection.close()
        self._connections.clear()

    def _ask(self, question: Callable[[], T]) -> T:
        close_old_connections()
        try:
            return question()
        finally:
            close_old_connections()
            self._connections.update(connections.all(initialized_only=True))


#: The process's own, for questions.
threads = DatabaseThreads("questions")
#: For changes. They may wait for locks, and nobody's handshake is to wait behind them.
changes = DatabaseThreads("changes")
