"""What one event loop has for Socket.IO clients: the endpoint, its namespace, and who is in it."""

from __future__ import annotations

from collections.abc import Callable

from realtime.consumers.handshake import is_allowed_origin
from realtime.consumers.shop.arrival import Arrival
from realtime.consumers.shop.namespace import ShopNamespace
from realtime.consumers.shop.vestibule import Vestibule
from realtime.consumers.shop.visitors import Visitors
from realtime.forwarding.forwarding import Forwarding
from realtime.hub.hub import Hub
from realtime.socketio.connection import Connection, Listener
from realtime.socketio.packets import MAIN
from realtime.socketio.server import SocketServer


class ShopDoor:
    """Made with the hub of its loop. ``tell_others`` is told of each pid that has returned here."""

    def __init__(self, hub: Hub, *, tell_others: Callable[[str], None]) -> None:
        self.visitors = Visitors(hub, tell_others=tell_others)
        self.vestibule = vestibule = Vestibule(per_address=hub.limits.per_address)
        sockets = SocketServer({MAIN: ShopNamespace(hub, self.visitors, vestibule)})

        def listen(connection: Connection) -> Listener:
            _read_request_of(connection)
            vestibule.enter(connection)
            return sockets(connection)

        self.forwarding = Forwarding(
            listen=listen, is_allowed_origin=_is_allowed_origin, forgotten=vestibule.leave
        )
        self.endpoint = self.forwarding.endpoint


def _read_request_of(connection: Connection) -> None:
    """What its request tells is read at once, and the request is not kept: whoever never asks to be let in
    costs as little as can be."""
    if connection.request is not None:
        connection.arrival = Arrival.of(connection.request)
        connection.request = None


def _is_allowed_origin(origin: str | None, host: str) -> bool:
    return is_allowed_origin(origin, host=host)
