"""How many are connected, for those of the staff who listen here: once when they begin to, then when it
changed, each at most once a second."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from realtime.events import ConnectionStats
from realtime.hub.session import Session
from realtime.records import Record
from realtime.whispers import whisper_of

STAFF_ROOM = "admin"
#: Seconds between two of them, for each who listens.
APART = 1.0

WhisperTo = Callable[[Collection[Session], Record], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """Over all processes. ``users`` are different ones."""

    total: int
    users: int
    staff: int


@dataclass(slots=True)
class _Told:
    figures: Figures
    at: float


class FiguresForStaff:
    """``whisper_to`` is the hub's."""

    def __init__(self, whisper_to: WhisperTo) -> None:
        self._whisper_to = whisper_to
        self._audience: dict[Session, _Told | None] = {}

    def joined(self, session: Session, room: str) -> bool:
        """A session hears ``room`` now; whether it waits for figures."""
        if room == STAFF_ROOM:
            self._audience[session] = None
        return room == STAFF_ROOM

    def left(self, session: Session) -> None:
        """A session has gone."""
        self._audience.pop(session, None)

    def tell(self, figures: Figures, now: float) -> None:
        """Tell whoever has not heard these yet. ``now`` is any steady clock's."""
        listening = []
        for session, told in list(self._audience.items()):
            if STAFF_ROOM not in session.rooms:
                del self._audience[session]
            elif told is None or (told.figures != figures and now - told.at >= APART):
                self._audience[session] = _Told(figures, now)
                listening.append(session)
        if listening:
            self._whisper_to(listening, whisper_of(_event(figures)))


def _event(figures: Figures) -> ConnectionStats:
    return ConnectionStats(
        total_connections=figures.total,
        authenticated_users=figures.users,
        admin_connections=figures.staff,
    )
