"""The servers that are measured, each behind the same two commands: flood, and a steady rate.

How they are measured, and how it is told, belongs to `fanout` and `report`.
"""

import json
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tests.benchmarks.event import sample_message
from tests.benchmarks.processes import LOAD_CORE, SERVER_CORE, Child
from tests.server_process import free_port

HERE = Path(__file__).parent
NODE = HERE / "node"
PATH = "/ws?topics=stock"
READY_TIMEOUT = 60.0

# In the flood through the log: so many events in one transaction, and at most so many that the slowest
# listener has not had yet. The pause between two looks leaves the core to the listeners.
EVENTS_AT_ONCE = 50
MOST_OUTSTANDING = 150
PAUSE = 0.02


class Contestant(AbstractContextManager["Contestant"], Protocol):
    """A server that is up within its context."""

    name: str
    port: int
    #: Events so far; each listener should have had as many.
    sent: int

    def flood(self, seconds: float, load: Child) -> None:
        """Begin to send as many events as get through, for so long; `end_flood` waits for the end."""

    def end_flood(self) -> None:
        """Wait until the flood is over."""

    def steady(self, per_second: int, seconds: float) -> None:
        """Send events at a steady rate, and return when all are sent."""

    def processor_seconds(self) -> float:
        """Give the processor time that the server has used so far."""


class _Server:
    """What the contestants share: a server process, and whatever else has to end with it."""

    def __init__(self, *, pinned: bool) -> None:
        self.port = free_port()
        self.sent = 0
        self._pinned = pinned
        self._stack = ExitStack()
        self._server: Child | None = None

    def __enter__(self) -> Self:
        self._server = self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def server(self) -> Child:
        assert self._server is not None
        return self._server

    def processor_seconds(self) -> float:
        return self.server.processor_seconds()

    def _start(self) -> Child:
        raise NotImplementedError

    def _child(self, *command: str, core: int, env: Mapping[str, str] | None = None) -> Child:
        child = self._stack.enter_context(Child(command, core=core, pinned=self._pinned, env=env))
        child.answer()
        return child


class _Commanded(_Server):
    """A server process that takes the commands itself."""

    def flood(self, seconds: float, load: Child) -> None:
        self.server.tell(do="flood", seconds=seconds)

    def end_flood(self) -> None:
        self.sent += self.server.answer()["events"]

    def steady(self, per_second: int, seconds: float) -> None:
        self.sent += self.server.ask(do="rate", perSecond=per_second, seconds=seconds)["events"]


class NodeWs(_Commanded):
    """A broadcast server on the npm package `ws`."""

    name = "Node `ws`"

    def _start(self) -> Child:
        template = json.dumps(sample_message(), separators=(",", ":"))
        return self._child("node", str(NODE / "server.mjs"), str(self.port), template, core=SERVER_CORE)


class StockwireHub(_Commanded):
    """Stockwire's live process; events are made in it and handed to its hub."""

    name = "Stockwire"

    def __init__(self, *, pinned: bool, env: Mapping[str, str]) -> None:
        super().__init__(pinned=pinned)
        self._env = env

    def _start(self) -> Child:
        module = "tests.benchmarks.live_server"
        return self._child(sys.executable, "-m", module, str(self.port), core=SERVER_CORE, env=self._env)


class StockwireWhole(_Server):
    """The same process as it is served; another one commits events to the log, as any service does."""

    name = "Stockwire, through the log"

    def __init__(self, *, pinned: bool, env: Mapping[str, str]) -> None:
        super().__init__(pinned=pinned)
        self._env = env
        self._publisher: Child | None = None

    def _start(self) -> Child:
        module = "tests.benchmarks.publisher"
        self._publisher = self._child(sys.executable, "-m", module, core=LOAD_CORE, env=self._env)
        module = "tests.benchmarks.live_server"
        return self._child(sys.executable, "-m", module, str(self.port), core=SERVER_CORE, env=self._env)

    @property
    def publisher(self) -> Child:
        assert self._publisher is not None
        return self._publisher

    def flood(self, seconds: float, load: Child) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.sent - load.ask(do="behind")["least"] <= MOST_OUTSTANDING:
                self.sent += self.publisher.ask(do="publish", count=EVENTS_AT_ONCE)["events"]
            time.sleep(PAUSE)

    def end_flood(self) -> None:
        """Nothing to wait for: `flood` has returned at the end."""

    def steady(self, per_second: int, seconds: float) -> None:
        self.sent += self.publisher.ask(do="rate", perSecond=per_second, seconds=seconds)["events"]
