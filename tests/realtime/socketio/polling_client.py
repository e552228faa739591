"""A Socket.IO client that only polls, and comes back: `socket.io-client`, as far as tests need it."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.realtime.balancer import closing, open_connection

PATIENCE = 40.0


class BrokenError(Exception):
    """A request was not answered with 200."""


@dataclass(frozen=True, slots=True)
class Came:
    """An event of the server."""

    name: str
    arguments: list[Any]


class PollingClient:
    """In the main namespace. Each request is made on a connection of its own."""

    def __init__(self, port: int, *, path: str = "/socket.io/", haste: float = 0.05) -> None:
        self.port = port
        self._path = path
        self._haste = haste
        self.heard: list[Came] = []
        #: For each time that it came in, whether it was where it had been.
        self.recovered: list[bool] = []
        #: Why it was out, each time.
        self.breaks: list[str] = []
        self.is_in = asyncio.Event()
        self._sid = ""
        self._pid: str | None = None
        self._offset: str | None = None
        self._next_id = 0
        self._acks: dict[int, asyncio.Future[list[Any]]] = {}
        self._posting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ its life

    def start(self) -> None:
        """Connect, and come back whenever that ends."""
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """Be gone, without a word."""
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def ask(self, name: str, *arguments: Any, within: float = 10.0) -> Any:
        """Emit, and wait for the acknowledgement: its first argument."""
        number, self._next_id = self._next_id, self._next_id + 1
        future = self._acks[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within):
                await self._post(f"42{number}{json.dumps([name, *arguments])}")
                return (await future)[0]
        finally:
            del self._acks[number]

    def payloads(self, name: str) -> list[Any]:
        """The first arguments of all events of that name."""
        return [came.arguments[0] for came in self.heard if came.name == name]

    async def _live(self) -> None:
        while True:
            try:
                await self._connect_once()
            except (OSError, BrokenError, asyncio.IncompleteReadError) as error:
                self.breaks.append(str(error) or type(error).__name__)
            self.is_in.clear()
            await asyncio.sleep(self._haste)

    async def _connect_once(self) -> None:
        greeting = await self._request("GET", "")
        self._sid = json.loads(greeting[1:])["sid"]
        auth = {"pid": self._pid, "offset": self._offset} if self._pid else {}
        await self._post("40" + (json.dumps(auth) if auth else ""))
        while True:
            payload = await self._request("GET", f"&sid={self._sid}")
            for packet in payload.decode().split("\x1e"):
                await self._take(packet)

    async def _take(self, packet: str) -> None:
        if packet == "2":
            await self._post("3")
        elif packet == "1":
            raise BrokenError("closed by the server")
        elif packet.startswith("40"):
            handshake = json.loads(packet[2:])
            self.recovered.append(self._pid is not None and handshake["pid"] == self._pid)
            self._pid = handshake["pid"]
            self.is_in.set()
        elif packet.startswith("42"):
            name, *arguments = json.loads(packet[2:])
            self.heard.append(Came(name, arguments))
            if arguments and isinstance(arguments[-1], str):
                self._offset = arguments[-1]
        elif packet.startswith("43"):
            number, _, _rest = packet[2:].partition("[")
            future = self._acks.get(int(number))
            if future is not None and not future.done():
                future.set_result(json.loads(packet[2 + len(number) :]))
        else:
            assert packet == "6", packet

    # ------------------------------------------------------------------ HTTP

    async def _post(self, packet: str) -> None:
        async with self._posting:
            await self._request("POST", f"&sid={self._sid}", packet.encode())

    async def _request(self, method: str, query: str, body: bytes = b"") -> bytes:
        async with closing(await open_connection(self.port)) as (reader, writer):
            lines = [
                f"{method} {self._path}?EIO=4&transport=polling{query} HTTP/1.1",
                f"Host: 127.0.0.1:{self.port}",
                "Connection: close",
                f"Content-Length: {len(body)}",
            ]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            async with asyncio.timeout(PATIENCE):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length: ")[2].split("\r\n")[0])
                answer = await reader.readexactly(length)
            status = head.split(" ")[1]
            if status != "200":
                raise BrokenError(f"{status} {answer.decode()}")
            return answer
