"""The servers that are measured, each behind the same commands: flood, a steady rate, and how much memory it
has.

How they are measured, and how it is told, belongs to `rounds` and `report`.
"""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.event import sample_packet
from tests.benchmarks.listener import Door
from tests.benchmarks.processes import LOAD_CORE, SERVER_CORE, Child
from tests.server_process import free_port

HERE = Path(__file__).parent
NODE = HERE / "node"

MARK, MARK_ENDS = '"stock":', ","
SOCKETIO = Door(
    path="/socket.io/?EIO=4&transport=websocket",
    greeting='40{"sid"',
    event='42["STOCK_REDUCED"',
    mark=MARK,
    mark_ends=MARK_ENDS,
    is_socketio=True,
)
WS = Door(
    path="/ws?topics=stock", greeting='"subscribed"', event='{"id":"evt', mark=MARK, mark_ends=MARK_ENDS
)
#: The bare server sends the text of the Socket.IO servers, and greets nobody.
BARE = Door(path="/", greeting="", event='42["STOCK_REDUCED"', mark=MARK, mark_ends=MARK_ENDS)


@dataclass(frozen=True)
class Place:
    """Where servers run: on cores of their own or not, and with which environment."""

    pinned: bool
    env: Mapping[str, str]


class Contestant(AbstractContextManager["Contestant"]):
    """A server that is up within its context."""

    name: ClassVar[str]
    door: ClassVar[Door]

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        #: Events so far; each listener should have had as many.
        self.sent = 0
        self._place = place
        self._stack = ExitStack()
        self._server: Child | None = None

    def __enter__(self) -> Self:
        child = Child(self._command(), core=SERVER_CORE, pinned=self._place.pinned, env=self._env())
        self._server = self._stack.enter_context(child)
        child.answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def server(self) -> Child:
        """Its process."""
        assert self._server is not None
        return self._server

    @property
    def sender(self) -> Child:
        """The process that makes the events: the server itself."""
        return self.server

    def begin_flood(self, seconds: float) -> None:
        """Begin to send as many events as get through, for so long; `end_flood` waits for the end."""
        self.sender.tell(do="flood", seconds=seconds)

    def end_flood(self) -> None:
        """Wait until the flood is over."""
        self.sent += self.sender.answer()["events"]

    def begin_steady(self, per_second: float, seconds: float) -> None:
        """Begin to send events at a steady rate; `end_steady` waits for the end."""
        self.sender.tell(do="rate", perSecond=per_second, seconds=seconds)

    def end_steady(self) -> None:
        """Wait until all events are sent."""
        self.sent += self.sender.answer()["events"]

    def resident(self) -> int:
        """Give the resident bytes of its process, after it has collected its garbage."""
        self.server.ask(do="tidy")
        return self.server.resident()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _env(self) -> Mapping[str, str]:
        return self._place.env


class StockwireSocketIO(Contestant):
    """Stockwire's live process; events are made in it and handed to its hub."""

    name = "Stockwire, Socket.IO"
    door = SOCKETIO

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tests.benchmarks.live_server", str(self.port)]


class StockwireWs(StockwireSocketIO):
    """The same process, and its plain door."""

    name = "Stockwire, `/ws`"
    door = WS


class StockwireThroughLog(StockwireSocketIO):
    """The same process as it is served; another one commits the events to the log, as any service does."""

    name = "Stockwire, Socket.IO, through the log"

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.publisher"]
        publisher = Child(command, core=LOAD_CORE, pinned=self._place.pinned, env=self._env())
        self._publisher = self._stack.enter_context(publisher)
        publisher.answer()
        return super().__enter__()

    @property
    def sender(self) -> Child:
        """The process that commits."""
        return self._publisher


class _Node(Contestant):
    script: ClassVar[str]

    def _command(self) -> list[str]:
        packet = json.dumps(sample_packet(), separators=(",", ":"))
        redis = json.dumps(redis_options(self._place.env["REDIS_URL"]))
        return ["node", "--expose-gc", str(NODE / self.script), str(self.port), packet, redis]

    def _env(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "NODE_ENV": "production"}


class NodeSocketIO(_Node):
    """The npm package `socket.io` with its Redis adapter."""

    name = "Node socket.io, Redis adapter"
    door = SOCKETIO
    script = "socketio_server.mjs"


class NodeWs(_Node):
    """A broadcast server on the npm package `ws`."""

    name = "Node `ws`"
    door = BARE
    script = "ws_server.mjs"


CONTESTANTS: tuple[type[Contestant], ...] = (StockwireSocketIO, NodeSocketIO, StockwireWs, NodeWs)


def redis_options(url: str) -> dict[str, Any]:
    """Say to Node's client where Redis is; its URLs have no sockets' paths."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return {"url": url}
    database = int(parse_qs(parts.query).get("db", ["0"])[0])
    return {"socket": {"path": parts.path}, "database": database}
