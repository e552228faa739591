"""What the deliverer works with: plain records, and no Django in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

#: The type of the message that tells a receiver that events are gone. Its subject is the reason.
RESET = "reset"


@dataclass(frozen=True, slots=True)
class Target:
    """A subscription, as far as posting to it goes. ``revision`` grows with whatever staff change of it."""

    id: str
    url: str
    topics: Sequence[str]
    keys: Sequence[str]
    revision: int


@dataclass(frozen=True, slots=True)
class Held:
    """An event that is still to be delivered, and that the subscription's place in the log has gone past."""

    seq: int
    event_id: str
    type: str
    subject: str
    attempts: int
    due_at: dt.datetime | None
    first_failed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a subscription goes on: after ``seq``, and with what is held before anything newer of its
    subject. What is ``known`` of what comes after ``seq`` is delivered already, or held."""

    epoch: str
    seq: int
    held: Sequence[Held]
    known: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, and what came of it. ``status`` is 0 where there was no answer; ``problem`` says why."""

    at: dt.datetime
    status: int
    duration_ms: int
    answer: str
    problem: str
    retry_after: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether the receiver has it."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery stands, to be written down. Without an ``attempt`` it only waits for its turn."""

    seq: int
    event_id: str
    type: str
    subject: str
    delivered: bool
    attempts: int
    due_at: dt.datetime | None
    first_failed_at: dt.datetime | None
    attempt: Attempt | None
