"""A Channels consumer without what a listener does not need.

The base class makes a task for each message, and hops to a thread before each (to close old database
connections); it also opens a channel in the layer for each connection. Here messages are handled in the
connection's own task, in order, and code that uses the database looks after its connection itself.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, cast

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

Message = MutableMapping[str, Any]


class LeanConsumer(AsyncConsumer):
    """Handlers are methods named after the ASGI message: `websocket_connect` and so on."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle messages until a handler says that it is over."""
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            self.gone()

    async def dispatch(self, message: Any) -> None:
        """Call the handler of `message`."""
        await getattr(self, get_handler_name(message))(message)

    async def tell_server(self, message: dict[str, Any]) -> None:
        """Send an ASGI message."""
        await self.base_send(cast("Any", message))

    def gone(self) -> None:
        """The connection is over, however it ended."""


class NobodyConsumer(LeanConsumer):
    """Answers a handshake at a path where nobody lives."""

    async def websocket_connect(self, _message: Message) -> None:
        """Refuse: 404 where the server can say so, else 403."""
        if "websocket.http.response" in (self.scope.get("extensions") or {}):
            await self.tell_server({"type": "websocket.http.response.start", "status": 404, "headers": []})
            await self.tell_server({"type": "websocket.http.response.body", "body": b""})
        else:
            await self.tell_server({"type": "websocket.close"})
        raise StopConsumer
