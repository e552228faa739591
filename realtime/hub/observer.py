"""Whoever wants to know who is here: presence, statistics, limits over all processes. None of it is the
hub's own business."""

from __future__ import annotations

from typing import Protocol

from realtime.hub.session import Session
from realtime.records import Record


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

    def happened(self, record: Record) -> None:
        """An event of the log was sent to whoever hears it."""


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

    def happened(self, record: Record) -> None:
        """Nothing."""


class Observers:
    """Several of them, each told in its turn."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def entered(self, session: Session) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.entered(session)

    def left(self, session: Session) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.left(session)

    def belongs_to(self, session: Session, before: str) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.belongs_to(session, before)

    def joined(self, session: Session, room: str) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.joined(session, room)

    def happened(self, record: Record) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.happened(record)


UNOBSERVED = Unobserved()
