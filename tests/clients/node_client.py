"""`socket.io-client` as it is published, in a Node process, seen from a test.

What a client hears is kept in the order in which it heard it; a test waits for it here, and looks at it here.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.clients.lines import LineProcess
from tests.clients.packages import install
from tests.realtime.waiting import until

VERSIONS = ("4.0", "4.4", "4.6", "4.8")
#: The client knows recovery, `emitWithAck` and `retries`.
MODERN = ("4.6", "4.8")
NEWEST = "4.8"
TRANSPORTS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "polling": {"transports": ["polling"]},
    "websocket": {"transports": ["websocket"]},
}
#: Clients wait a second or more before they come back, and 20 s for a connection that was cut between the
#: opening of its WebSocket and that of its session (of which their manager hears nothing).
HASTE = {"reconnectionDelay": 20, "reconnectionDelayMax": 100, "timeout": 1_000}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
READY = "ready"
#: What staff are told of connections and figures, at its own times, beside what happens in the shop.
PASSING = frozenset({"connection_stats", "user_online", "user_offline", "dashboard_metric_update"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of the server. Durable ones end in a cursor, which is a text; all others end in an object."""

    name: str
    arguments: list[Any]

    @property
    def payload(self) -> Any:
        """The first argument."""
        return self.arguments[0]

    @property
    def cursor(self) -> str | None:
        """What the client keeps as its offset."""
        last = self.arguments[-1] if self.arguments else None
        return last if isinstance(last, str) else None


@dataclass(frozen=True, slots=True)
class Connected:
    """The client has come in."""

    id: str
    recovered: bool
    transport: str


class NodeClient:
    """One socket. Lists grow as things happen; ``await`` what is still to come."""

    def __init__(self, node: Node, name: str, version: str) -> None:
        self.node = node
        self.name = name
        self.version = version
        self.events: list[Heard] = []
        self.connects: list[Connected] = []
        self.errors: list[dict[str, Any]] = []
        self.disconnects: list[str] = []
        self.upgrades: list[str] = []
        self.attempts = 0
        #: Whether it is in, as far as it has told. (It tells more than once that it is out.)
        self.is_connected = False
        #: All of it, in one row, for whoever wants to know what went wrong.
        self.story: list[str] = []
        self.acks: dict[int, list[Any]] = {}
        self._tokens = itertools.count(1)

    # ------------------------------------------------------------------ how it is

    @property
    def id(self) -> str:
        """The socket's id, of its last connection."""
        return self.connects[-1].id

    @property
    def recovered(self) -> bool:
        """Whether the last connection went on where the one before had ended."""
        return self.connects[-1].recovered

    def payloads(self, name: str) -> list[Any]:
        """The payloads of all that it has heard under that name."""
        return [heard.payload for heard in list(self.events) if heard.name == name]

    def names(self) -> list[str]:
        """The names of all that it has heard of what happens in the shop."""
        return [
            heard.name for heard in list(self.events) if heard.name not in PASSING and heard.name != READY
        ]

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self.events.clear()

    # ------------------------------------------------------------------ waiting

    async def connected(self, times: int = 1, *, within: float = 15.0) -> Connected:
        """Wait until it has come in that often."""
        await until(lambda: len(self.connects) >= times, within=within)
        return self.connects[-1]

    async def settled(self) -> None:
        """Wait until it is in, and what it says is answered: also where it does not know yet that it was cut
        off."""
        while True:
            gone = len(self.disconnects)
            await until(lambda: self.is_connected, within=15)
            token = self.offer("join_room", {"room": "storefront"})
            await until(lambda: token in self.acks or len(self.disconnects) > gone)  # noqa: B023  awaited here
            if token in self.acks:
                return

    async def heard(self, name: str, *, count: int = 1, within: float = 10.0) -> list[Any]:
        """Wait until it has heard ``count`` of that name; the payloads of all of them."""
        try:
            await until(lambda: len(self.payloads(name)) >= count, within=within)
        except TimeoutError:
            raise AssertionError(f"no {count} of {name} among {self.names()}") from None
        return self.payloads(name)

    async def refused(self, *, within: float = 10.0) -> dict[str, Any]:
        """Wait for a `connect_error`: its ``message`` and ``data``."""
        await until(lambda: bool(self.errors), within=within)
        return self.errors[-1]

    async def disconnected(self, times: int = 1, *, within: float = 10.0) -> str:
        """Wait until it has gone that often; the reason that it gives."""
        await until(lambda: len(self.disconnects) >= times, within=within)
        return self.disconnects[-1]

    async def upgraded(self, *, within: float = 10.0) -> None:
        """Wait until it has changed over to a WebSocket."""
        await until(lambda: "websocket" in self.upgrades, within=within)

    # ------------------------------------------------------------------ what it does

    async def emit(self, name: str, *arguments: Any, ack: bool = False) -> Any:
        """Emit; with ``ack`` wait for the acknowledgement, its first argument."""
        if not ack:
            return await self._ask("emit", args=[name, *map(packed, arguments)])
        answer = await self._ask("emitWithAck", args=[name, *map(packed, arguments)])
        return answer["args"][0]

    async def emit_with_timeout(
        self, milliseconds: int, name: str, *arguments: Any, promise: bool = False
    ) -> dict[str, Any]:
        """Emit with `timeout()`: ``{"args"}`` or ``{"error"}``."""
        answer: dict[str, Any] = await self._ask(
            "emitWithAck", args=[name, *map(packed, arguments)], timeout=milliseconds, promise=promise
        )
        return answer

    async def emit_with_ack(self, name: str, *arguments: Any) -> Any:
        """`emitWithAck`, the one that gives a promise."""
        answer = await self._ask("emitWithAck", args=[name, *map(packed, arguments)], promise=True)
        return answer["args"][0]

    def offer(self, name: str, *arguments: Any) -> int:
        """Emit for an acknowledgement that will be in ``acks`` under the number that this gives."""
        token = next(self._tokens)
        self.node.process.tell("offer", client=self.name, args=[name, *arguments], token=token)
        return token

    async def set_auth(self, auth: Mapping[str, Any]) -> None:
        """What it brings the next time."""
        await self._ask("setAuth", auth=auth)

    async def connect(self) -> None:
        """`socket.connect()`."""
        await self._ask("reconnect")

    async def disconnect(self) -> None:
        """`socket.disconnect()`."""
        await self._ask("disconnect")

    async def close_engine(self) -> None:
        """`socket.io.engine.close()`: as the documentation tries out a lost connection."""
        await self._ask("closeEngine")

    async def cut(self) -> None:
        """Tear the TCP connection of its WebSocket, without a word."""
        await self._ask("cut")

    async def state(self) -> dict[str, Any]:
        """What the socket says of itself just now."""
        state: dict[str, Any] = await self._ask("state")
        return state

    async def _ask(self, do: str, **what: Any) -> Any:
        return await self.node.process.ask(do, client=self.name, **what)

    # ------------------------------------------------------------------ what happens to it

    def note(self, said: Mapping[str, Any]) -> None:
        """Keep what was reported. Called in the thread that reads."""
        self.story.append(" ".join(str(value) for key, value in said.items() if key != "client"))
        match said["saw"]:
            case "event":
                self.events.append(Heard(said["name"], said["args"]))
            case "connect":
                self.connects.append(Connected(said["sid"], said["recovered"], said["transport"]))
                self.is_connected = True
            case "connect_error":
                self.errors.append({"message": said["message"], "data": said["data"]})
            case "disconnect":
                self.disconnects.append(said["reason"])
                self.is_connected = False
            case "upgrade":
                self.upgrades.append(said["transport"])
            case "reconnect_attempt":
                self.attempts += 1
            case "ack":
                self.acks[said["token"]] = said["args"]


class Node:
    """One Node process with any number of sockets."""

    def __init__(self) -> None:
        folder = install()
        self._names = itertools.count(1)
        self.clients: dict[str, NodeClient] = {}
        self.crashes: list[str] = []
        self.process = LineProcess(["node", str(folder / "driver.mjs")], cwd=folder, reported=self._note)

    async def client(self, url: str, *, version: str = NEWEST, **options: Any) -> NodeClient:
        """A socket that begins to connect."""
        client = self._new_client(version)
        await self.process.ask(
            "connect", client=client.name, version=version, url=url, options={**HASTE, **options}
        )
        return client

    async def namespace(self, over: NodeClient, namespace: str) -> NodeClient:
        """A socket in another namespace, over the connection of ``over``."""
        client = self._new_client(over.version)
        await self.process.ask("open", client=client.name, over=over.name, namespace=namespace)
        return client

    async def event_source(
        self, url: str, *, types: list[str], headers: Mapping[str, str] | None = None
    ) -> NodeClient:
        """A listener to server-sent events, which hears those ``types``."""
        client = self._new_client("")
        await self.process.ask("listen", client=client.name, url=url, types=types, headers=headers or {})
        return client

    async def forget(self, client: NodeClient) -> None:
        """Close a socket."""
        await self.process.ask("forget", client=client.name)
        del self.clients[client.name]

    async def forget_all(self) -> None:
        """Close every socket. What a client did not expect is raised here."""
        for client in list(self.clients.values()):
            await self.forget(client)
        crashes, self.crashes = self.crashes, []
        assert crashes == []

    def close(self) -> None:
        """End it."""
        self.process.close()

    def _new_client(self, version: str) -> NodeClient:
        name = f"client-{next(self._names)}"
        client = self.clients[name] = NodeClient(self, name, version)
        return client

    def _note(self, said: dict[str, Any]) -> None:
        if said["saw"] == "crash":
            self.crashes.append(said["message"])
            return
        client = self.clients.get(said["client"])
        # One that is forgotten may still have had something to say.
        if client is not None:
            client.note(said)


def packed(argument: Any) -> Any:
    """An argument as the driver takes it: bytes become a Buffer there."""
    if isinstance(argument, bytes):
        return {"$binary": base64.b64encode(argument).decode()}
    if isinstance(argument, list):
        return [packed(item) for item in argument]
    if isinstance(argument, dict):
        return {key: packed(value) for key, value in argument.items()}
    return argument


def without_time(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without its timestamp, which it must have."""
    assert TIME.fullmatch(payload["timestamp"]), payload
    return {key: value for key, value in payload.items() if key != "timestamp"}
