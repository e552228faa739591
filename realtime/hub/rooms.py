"""Which sessions are in which room. Who may be in one is not decided here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from realtime.hub.session import Session
from realtime.hub.wire import Wire


class RoomIndex:
    """Room → sessions, kept apart by wire, since sessions of one wire are written the same bytes."""

    def __init__(self) -> None:
        self._by_wire: dict[Wire, dict[str, set[Session]]] = {}

    def wires(self) -> Sequence[Wire]:
        """The wires that anybody listens on."""
        return tuple(self._by_wire)

    def add(self, session: Session, room: str) -> None:
        """``session`` is in ``room``."""
        self._by_wire.setdefault(session.wire, {}).setdefault(room, set()).add(session)

    def discard(self, session: Session, room: str) -> None:
        """``session`` is not in ``room``."""
        rooms = self._by_wire.get(session.wire, {})
        members = rooms.get(room)
        if members is None:
            return
        members.discard(session)
        if not members:
            del rooms[room]
            if not rooms:
                del self._by_wire[session.wire]

    def discard_all(self, session: Session, rooms: Iterable[str]) -> None:
        """``session`` is in none of ``rooms``."""
        for room in rooms:
            self.discard(session, room)

    def audiences(self, wire: Wire, rooms: Iterable[str]) -> Iterator[Collection[Session]]:
        """The members of any of ``rooms``, in collections that have nobody twice.

        The largest room is given as it is: nothing is copied for the many, only for the few.
        """
        table = self._by_wire.get(wire)
        if table is None:
            return
        found = [members for room in rooms if (members := table.get(room))]
        if not found:
            return
        if len(found) == 1:
            yield found[0]
            return
        found.sort(key=len, reverse=True)
        yield found[0]
        others = set[Session]().union(*found[1:]) - found[0]
        if others:
            yield others

    def members(self, is_wanted: Callable[[str], bool]) -> list[tuple[Session, str]]:
        """Who is in any room whose name is wanted, with that name."""
        return [
            (session, room)
            for rooms in self._by_wire.values()
            for room, members in rooms.items()
            if is_wanted(room)
            for session in members
        ]

    def sizes(self) -> dict[str, int]:
        """How many sessions are in each room."""
        sizes: dict[str, int] = {}
        for rooms in self._by_wire.values():
            for room, members in rooms.items():
                sizes[room] = sizes.get(room, 0) + len(members)
        return sizes
