"""``/socket.io/``: the protocol's two doors, in front of the shop of the running loop."""

from __future__ import annotations

from realtime import runtime
from realtime.consumers.lean import Message
from realtime.socketio.consumers import PollingConsumer, WebSocketConsumer
from realtime.socketio.endpoint import Endpoint


async def _endpoint() -> Endpoint:
    return (await runtime.shop_door()).endpoint


class ShopPollingConsumer(PollingConsumer):
    """One HTTP request."""

    def __init__(self) -> None:
        super().__init__(endpoint=None)

    async def http_request(self, message: Message) -> None:
        """Find the endpoint, and go on as always."""
        self.endpoint = await _endpoint()
        await super().http_request(message)


class ShopWebSocketConsumer(WebSocketConsumer):
    """One WebSocket."""

    def __init__(self) -> None:
        super().__init__(endpoint=None)

    async def websocket_connect(self, message: Message) -> None:
        """Find the endpoint, and go on as always."""
        self.endpoint = await _endpoint()
        await super().websocket_connect(message)
