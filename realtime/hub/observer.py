"""Whoever wants to know who is here: presence, statistics, limits over all processes. None of it is the
hub's own business."""

from __future__ import annotations

from typing import Protocol

from realtime.hub.session import Session


class Observer(Protocol):
    """Told of every change, after it, in the hub's loop. Returns at once and never raises."""

    def entered(self, session: Session) -> None:
        """It was taken in."""

    def left(self, session: Session) -> None:
        """It has gone, and is in no room any more."""

    def belongs_to(self, session: Session, before: str) -> None:
        """It has another holder than ``before``."""

    def joined(self, session: Session, room: str) -> None:
        """It hears ``room``."""


class Unobserved:
    """Nobody wants to know."""

    def entered(self, session: Session) -> None:
        """Nothing."""

    def left(self, session: Session) -> None:
        """Nothing."""

    def belongs_to(self, session: Session, before: str) -> None:
        """Nothing."""

    def joined(self, session: Session, room: str) -> None:
        """Nothing."""


UNOBSERVED = Unobserved()
