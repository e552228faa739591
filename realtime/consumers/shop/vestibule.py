"""Connections that are open and not let in yet: so many from one address, and no more.

Whoever is let in is counted by the hub. Before that a connection costs little, but it costs, and it may stand
about for as long as the protocol allows.
"""

from __future__ import annotations

from realtime.consumers.shop.arrival import Arrival
from realtime.socketio.connection import Connection
from realtime.socketio.requests import Refusal, RefusedError


class Vestibule:
    """Of one process. A limit of 0 is none; an address that is not known is not counted."""

    def __init__(self, *, per_address: int) -> None:
        self._per_address = per_address
        self._waiting: dict[str, set[str]] = {}

    def enter(self, connection: Connection) -> None:
        """``connection``, whose request was read, waits. Raises ``RefusedError``: come back later."""
        address = _address(connection)
        if not address or not self._per_address:
            return
        waiting = self._waiting.setdefault(address, set())
        if len(waiting) >= self._per_address:
            raise RefusedError(Refusal.UNAVAILABLE)
        waiting.add(connection.sid)

    def leave(self, connection: Connection) -> None:
        """It was let in, or has gone."""
        address = _address(connection)
        waiting = self._waiting.get(address)
        if waiting is not None:
            waiting.discard(connection.sid)
            if not waiting:
                del self._waiting[address]


def _address(connection: Connection) -> str:
    arrival: Arrival = connection.arrival
    return arrival.address
