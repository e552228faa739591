"""What one event loop has for Socket.IO clients: the endpoint, its namespace, and who is in it."""

from __future__ import annotations

from collections.abc import Callable

from realtime.consumers.handshake import is_allowed_origin
from realtime.consumers.shop.namespace import ShopNamespace
from realtime.consumers.shop.visitors import Visitors
from realtime.forwarding.forwarding import Forwarding
from realtime.hub.hub import Hub
from realtime.socketio.packets import MAIN
from realtime.socketio.server import SocketServer


class ShopDoor:
    """Made with the hub of its loop. ``tell_others`` is told of each pid that has returned here."""

    def __init__(self, hub: Hub, *, tell_others: Callable[[str], None]) -> None:
        self.visitors = Visitors(hub, tell_others=tell_others)
        sockets = SocketServer({MAIN: ShopNamespace(hub, self.visitors)})
        self.forwarding = Forwarding(listen=sockets, is_allowed_origin=_is_allowed_origin)
        self.endpoint = self.forwarding.endpoint


def _is_allowed_origin(origin: str | None, host: str) -> bool:
    return is_allowed_origin(origin, host=host)
