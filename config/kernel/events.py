"""Typed events, and the one way in which a domain app announces them.

An event is a frozen dataclass of plain values, named in the past tense. Its signal is an
``EventSignal``; ``publish`` sends it twice:

1. at once, inside the transaction, to the *recorder* (``record_with``). It is strict: what it
   raises undoes the transaction, so nothing happens that was not recorded.
2. after the commit, to everything that connected to the signal itself. It is robust: a receiver
   that fails is logged and disturbs no other, and a roll-back sends nothing.

Belongs here: the mechanism. Does not belong here: any event, and where events are stored.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from django.db import transaction
from django.dispatch import Signal

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class DomainEvent:
    """Base of every event.

    ``name`` is its name on the wire (``stock.reduced``); ``subject_field`` the field that holds the
    id of what it is about (events of one subject are announced in the order of its changes);
    ``dialect_only`` the fields that the catalog dialect's ``data`` leaves out, kept for the others.
    """

    name: ClassVar[str]
    subject_field: ClassVar[str] = "product_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset()

    @property
    def subject(self) -> str:
        return str(getattr(self, self.subject_field))

    @property
    def version_number(self) -> int | None:
        """The version of the subject after this event, where it bears one."""
        version = getattr(self, "version", None)
        return version if isinstance(version, int) else None

    @property
    def id_given(self) -> str | None:
        """The id that it goes out under, where its publisher has to know it (``event_id``); else ``None``."""
        given = getattr(self, "event_id", None)
        return given if isinstance(given, str) else None

    def data(self) -> dict[str, Any]:
        """The event's ``data`` as the catalog dialect sends it."""
        return {k: v for k, v in self._fields() if k not in self.dialect_only}

    def extra(self) -> dict[str, Any]:
        """What only the other dialects need."""
        return {k: v for k, v in self._fields() if k in self.dialect_only}

    def _fields(self) -> Iterable[tuple[str, Any]]:
        return ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))


E = TypeVar("E", bound=DomainEvent)
Recorder = Callable[[Sequence[DomainEvent]], None]

_recorders: list[Recorder] = []
_signals: dict[type[DomainEvent], EventSignal[Any]] = {}


def record_with(recorder: Recorder) -> Recorder:
    """Have ``recorder`` called with every published event, inside the publishing transaction."""
    if recorder not in _recorders:
        _recorders.append(recorder)
    return recorder


def signals() -> Mapping[type[DomainEvent], EventSignal[Any]]:
    """Every event type that has a signal: the list from which tables and documents are made."""
    return dict(_signals)


class EventSignal(Signal, Generic[E]):
    """The signal of one event type. Receivers take ``(sender, event, **kwargs)``, after the commit."""

    def __init__(self, event_type: type[E]) -> None:
        super().__init__()
        if event_type in _signals:
            raise TypeError(f"{event_type.__name__} has a signal already")
        self.event_type = event_type
        _signals[event_type] = self

    def publish(self, event: E) -> None:
        """Announce ``event``; only inside a transaction (``transaction.atomic``)."""
        publish_all([event])


def publish_all(events: Sequence[DomainEvent]) -> None:
    """Announce ``events`` in their order, recorded with one call. Only inside a transaction.

    Raises ``TransactionManagementError`` outside of one, ``TypeError`` for an event without a signal.
    """
    if not events:
        return
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("events are published inside a transaction")
    for event in events:
        if type(event) not in _signals:
            raise TypeError(f"{type(event).__name__} has no EventSignal")
    for recorder in _recorders:
        recorder(events)
    listened_to = [event for event in events if _signals[type(event)].receivers]
    if listened_to:
        transaction.on_commit(partial(_send_after_commit, listened_to), robust=True)


def _send_after_commit(events: Sequence[DomainEvent]) -> None:
    for event in events:
        for receiver, outcome in _signals[type(event)].send_robust(sender=type(event), event=event):
            if isinstance(outcome, Exception):
                logger.error("receiver %r failed for %s", receiver, event.name, exc_info=outcome)
