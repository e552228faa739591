"""Listening to what is published, before anything records it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from config.kernel import events
from config.kernel.events import DomainEvent


@dataclass
class Heard:
    """The events that were published, in their order."""

    events: list[DomainEvent] = field(default_factory=list)

    def __call__(self, published: Sequence[DomainEvent]) -> None:
        self.events += published

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]


@contextmanager
def hearing() -> Iterator[Heard]:
    """Records what is published meanwhile, rolled back or not."""
    heard = Heard()
    events.record_with(heard)
    try:
        yield heard
    finally:
        events._recorders.remove(heard)
