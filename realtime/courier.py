"""Carries small, losable messages from synchronous code to the channel layer, without ever making it wait.

A sale must not feel Redis, so nothing is sent from its thread: it leaves a note, and an event loop sends
it. In a server process that is the server's own loop (``run`` is started there); elsewhere a daemon thread
starts one at the first note. What can't be sent is dropped: a poke is backed by the relay's poll, ephemeral
events are at most once. Durable events never come this way.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from realtime import layer

log = structlog.get_logger(__name__)

#: Notes that wait at most; with Redis down the oldest go first.
BACKLOG = 1_000
SEND_TIMEOUT = 1.0
PAUSE_AFTER_FAILURE = 0.5
#: Pokes are sent no closer together than this. What is committed meanwhile shares one: to send it takes as
#: long as to answer a small request.
POKES_APART = 0.005

Note = tuple[str, dict[str, Any]]


class Courier:
    """One per process. ``poke`` and ``send`` may be called from any thread and return at once."""

    def __init__(self) -> None:
        self._notes: deque[Note] = deque(maxlen=BACKLOG)
        self._relays: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []
        self._poke_is_waiting = False
        self._next_poke_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._task: asyncio.Task[Any] | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._failing = False
        self._ending = False

    def poke(self) -> None:
        """Tell a relay that something was committed. Several pokes before one is sent are one."""
        if self._relays:
            for loop, awaken in list(self._relays):
                with suppress(RuntimeError):  # that loop has ended meanwhile
                    loop.call_soon_threadsafe(awaken)
            return
        if not self._poke_is_waiting:
            self._poke_is_waiting = True
            self.send(layer.RELAY_GROUP, {"type": layer.POKE})

    def send(self, group: str, message: dict[str, Any]) -> None:
        """Send ``message`` to a group of the channel layer, at most once, some time soon."""
        self._notes.append((group, message))
        self._awaken()

    def attach_relay(self, awaken: Callable[[], None]) -> Callable[[], None]:
        """Have pokes call ``awaken`` in the running loop, not the layer; returns what undoes it."""
        entry = (asyncio.get_running_loop(), awaken)
        self._relays.append(entry)
        return lambda: self._relays.remove(entry)

    def stop(self) -> None:
        """End the thread, if there is one. What a command has left with the courier is sent before: its
        process lives no longer than this."""
        loop, task, wake, thread = self._loop, self._task, self._wake, self._thread
        if loop is None or task is None or wake is None or thread is None:
            return
        self._ending = True
        with suppress(RuntimeError):  # it has ended meanwhile
            loop.call_soon_threadsafe(wake.set)
        thread.join(2 * SEND_TIMEOUT)
        if thread.is_alive():
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)
            thread.join(SEND_TIMEOUT)
        self._thread = None
        self._ending = False

    async def run(self) -> None:
        """Send what is left with the courier, until cancelled, in the running loop."""
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        try:
            while True:
                while self._notes:
                    await self._send_one(*self._notes.popleft())
                if self._ending:
                    return
                await self._wake.wait()
                self._wake.clear()
        finally:
            self._loop = self._wake = self._task = None

    async def _send_one(self, group: str, message: dict[str, Any]) -> None:
        if group == layer.RELAY_GROUP:
            await self._let_pokes_gather()
            # Before the sending: what is committed from here on needs a poke of its own.
            self._poke_is_waiting = False
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await layer.send(group, message)
        except Exception as error:  # noqa: BLE001  whatever the layer does, it is not the sale's concern
            if not self._failing:
                log.warning(
                    "the channel layer does not take messages", error=str(error) or type(error).__name__
                )
            self._failing = True
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
        else:
            self._failing = False

    async def _let_pokes_gather(self) -> None:
        loop = asyncio.get_running_loop()
        if (pause := self._next_poke_at - loop.time()) > 0 and not self._ending:
            await asyncio.sleep(pause)
        self._next_poke_at = loop.time() + POKES_APART

    def _awaken(self) -> None:
        loop, wake = self._loop, self._wake
        if loop is None or wake is None:
            self._start_thread()
            return
        with suppress(RuntimeError):  # the loop is closing: what is losable is lost
            loop.call_soon_threadsafe(wake.set)

    def _start_thread(self) -> None:
        with self._starting:
            if self._loop is not None:
                return
            started = threading.Event()

            async def carry() -> None:
                asyncio.get_running_loop().call_soon(started.set)
                with suppress(asyncio.CancelledError):
                    await self.run()

            self._thread = threading.Thread(target=lambda: asyncio.run(carry()), name="courier", daemon=True)
            self._thread.start()
            # A millisecond, once in the life of a process.
            started.wait(SEND_TIMEOUT)


#: The process's own.
courier = Courier()
atexit.register(courier.stop)


def _begin_anew() -> None:
    """A forked child has the parent's notes but not its thread."""
    courier.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_begin_anew)
