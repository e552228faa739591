"""A Socket.IO client made of a WebSocket and little else, so that a test sees each packet."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 10.0
AMBIENT = ("user_online", "user_offline", "connection_stats", "dashboard_metric_update")


class ShopClient:
    """One connection. It keeps what a real client would keep: its pid, and its offset."""

    def __init__(self, port: int) -> None:
        self._url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        self._ids = 0
        self.connection: ClientConnection
        self.answer: dict[str, Any] = {}
        self.pid: str | None = None
        self.offset: str | None = None
        self.recovered = False
        #: Everything heard since the beginning but the place in the first event.
        self.events: list[list[Any]] = []
        #: What staff hear of whoever is here, whenever it comes: kept apart.
        self.ambient: list[list[Any]] = []

    async def open(self, *, query: str = "", **options: Any) -> ShopClient:
        """The transport alone."""
        # It takes all that it is told, read or not: one whose line is full can't say goodbye.
        more = {"max_queue": None, **options}
        self.connection = await connect(self._url + query, compression=None, **more)
        assert (await self._packet()).startswith("0{")
        return self

    async def say_hello(self, auth: dict[str, Any]) -> None:
        """Ask for the namespace, and wait for nothing."""
        await self.connection.send("40" + json.dumps(auth))

    async def enter(
        self, auth: dict[str, Any] | None = None, *, query: str = "", **options: Any
    ) -> ShopClient:
        """As `socket.connect()`: with the pid and the offset, where there are any. Hears the answer and,
        where it is not brought back, the first event."""
        await self.open(query=query, **options)
        back = {} if self.pid is None else {"pid": self.pid, "offset": self.offset}
        await self.connection.send("40" + json.dumps({**back, **(auth or {})}))
        answer = await self._packet()
        kind, self.answer = answer[:2], json.loads(answer[2:])
        assert kind in ("40", "44"), answer
        if kind == "40":
            self.recovered = self.pid == self.answer["pid"]
            self.pid = self.answer["pid"]
            if not self.recovered:
                assert (await self.hear())[0] == "ready"
        return self

    async def hear(self, *, within: float = PATIENCE) -> list[Any]:
        """The next event."""
        packet = await self._packet(within=within)
        assert packet.startswith("42"), packet
        event: list[Any] = json.loads(packet[2:])
        if isinstance(event[-1], str):
            self.offset = event[-1]
        if event[0] != "ready":
            self.events.append(event)
        return event

    async def hear_of(self, name: str) -> dict[str, Any]:
        """The next event's object; it has to be of that name."""
        event = await self.hear()
        assert event[0] == name, event
        payload: dict[str, Any] = event[1]
        return payload

    async def hear_until_ready(self) -> list[str]:
        """The names of what was missed, up to the place that follows it."""
        names: list[str] = []
        while (event := await self.hear())[0] != "ready":
            names.append(event[0])
        return names

    async def say(self, name: str, *arguments: Any) -> None:
        """An event, without asking for an acknowledgement."""
        await self.connection.send("42" + json.dumps([name, *arguments]))

    async def ask(self, name: str, *arguments: Any) -> dict[str, Any]:
        """An event, and its acknowledgement; events that come before it are kept in `events`."""
        self._ids += 1
        await self.connection.send(f"42{self._ids}" + json.dumps([name, *arguments]))
        while True:
            packet = await self._packet()
            if packet.startswith(mark := f"43{self._ids}["):
                answer: dict[str, Any] = json.loads(packet[len(mark) - 1 :])[0]
                return answer
            self.events.append(json.loads(packet[2:]))

    async def closed_with(self, *, within: float = PATIENCE) -> tuple[int | None, list[str]]:
        """The transport's close code, and the packets before it."""
        packets: list[str] = []
        async with asyncio.timeout(within):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    packets.append(str(await self.connection.recv()))
        return self.connection.close_code, packets

    async def cut(self) -> None:
        """The wire is gone, and nobody says goodbye."""
        self.connection.transport.abort()
        await self.connection.wait_closed()

    async def hear_around(self, name: str, *, within: float = PATIENCE, alone: bool = True) -> dict[str, Any]:
        """The next ambient event of that name. ``alone``: nothing else may come meanwhile."""
        async with asyncio.timeout(within):
            while True:
                for place, event in enumerate(self.ambient):
                    if event[0] == name:
                        payload: dict[str, Any] = self.ambient.pop(place)[1]
                        return payload
                packet = await self._next()
                assert packet is None or not alone, packet

    async def _packet(self, *, within: float = PATIENCE) -> str:
        async with asyncio.timeout(within):
            while (packet := await self._next()) is None:
                pass
            return packet

    async def _next(self) -> str | None:
        """The next packet; nothing where it was a ping, or ambient."""
        packet = str(await self.connection.recv())
        if packet == "2":
            await self.connection.send("3")
            return None
        if packet.startswith("42[") and (event := json.loads(packet[2:]))[0] in AMBIENT:
            self.ambient.append(event)
            return None
        return packet


async def hears_nothing_more(*clients: ShopClient) -> None:
    """Whatever was on its way would come before these answers."""
    for client in clients:
        heard = len(client.events)
        assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
        names = [event[0] for event in client.events[heard:]]
        assert names == ["room_joined"], names


async def until_heard(client: ShopClient, number: int) -> None:
    while len(client.events) < number:
        await client.hear()
