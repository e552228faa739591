"""Everybody in the namespace, by pid: one that returns while its old connection hangs takes its place."""

from __future__ import annotations

from collections.abc import Callable

from realtime.consumers.shop.visitor import Visitor
from realtime.hub.hub import Hub
from realtime.hub.session import CloseCode


class Visitors:
    """Of one process. ``tell_others`` is told of each pid that has returned here: it may hang elsewhere."""

    def __init__(self, hub: Hub, *, tell_others: Callable[[str], None]) -> None:
        self._hub = hub
        self._tell_others = tell_others
        self._by_pid: dict[str, Visitor] = {}

    def enter(self, visitor: Visitor) -> None:
        """``visitor`` is in, under its pid."""
        self._by_pid[visitor.pid] = visitor

    def leave(self, visitor: Visitor) -> None:
        """``visitor`` has gone."""
        if self._by_pid.get(visitor.pid) is visitor:
            del self._by_pid[visitor.pid]

    def take_over(self, pid: str) -> None:
        """Whoever has that pid here or elsewhere has gone, though nobody told: close its connection."""
        self.end(pid)
        self._tell_others(pid)

    def end(self, pid: str) -> None:
        """Close the connection with that pid, if it is here."""
        old = self._by_pid.pop(pid, None)
        if old is not None:
            self._hub.close(old.session, CloseCode.LOST_ITS_PLACE)
