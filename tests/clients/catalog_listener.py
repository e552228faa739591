"""A client of `/ws` as the contract wants it: it keeps its cursor, and comes back with it at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException


class CatalogListener:
    """``url`` gives the address each time. What it hears is in ``events``."""

    def __init__(self, url: Callable[[], str], *, topics: str, token: str = "") -> None:
        self._url = url
        self._topics = topics
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.cursor = ""
        self.events: list[dict[str, Any]] = []
        #: The answer to each resume.
        self.resumes: list[dict[str, Any]] = []
        self.connects = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[CatalogListener]:
        """Listen, and come back whenever the connection breaks, as long as the block lasts."""
        task = asyncio.create_task(self._listen())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        while True:
            with suppress(OSError, WebSocketException, InvalidHandshake, TimeoutError, EOFError):
                cursor = f"&cursor={self.cursor}" if self.cursor else ""
                url = f"{self._url()}/ws?topics={self._topics}{cursor}"
                async with connect(
                    url, compression=None, open_timeout=2, additional_headers=self._headers
                ) as socket:
                    self.connects += 1
                    await self._hear(socket)
            await asyncio.sleep(0.02)

    async def _hear(self, socket: ClientConnection) -> None:
        async for text in socket:
            message: dict[str, Any] = json.loads(text)
            if message["type"] == "resumed":
                self.resumes.append(message)
            # From the first connection on it is somewhere, whether or not anything happens.
            if message["type"] in ("hello", "resumed") and not self.cursor:
                self.cursor = message["cursor"]
            if "data" in message:
                self.events.append(message)
                # What has no place in the log (who is here, say) leaves one where one is.
                self.cursor = message.get("cursor", self.cursor)
