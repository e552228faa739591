"""How long processes wait for each other, and how much they ask. Times in seconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The same in all processes, or nearly: they are judged by them."""

    #: A request is given up on when nothing was heard of it for this long: at first, and where its owner is
    #: known to live or has said that it has it.
    first_patience: float = 1.5
    patience: float = 5.0
    #: A request of which nothing was heard for this long is sent again, once.
    resend_after: float = 0.5
    #: An owner that has kept silent altogether is not asked for this long, unless it is heard of.
    gone_for: float = 3.0
    #: The owner says that a request has come if it is not answered by then, and that it still is in hand each
    #: ``rounds`` times that.
    taken_after: float = 0.25
    rounds: int = 4
    #: How long a request is remembered, and how many at most: what comes again is not done again.
    memory: float = 10.0
    most_remembered: int = 20_000
    #: Requests under way at once. Each is a client's open connection, and most of them are waiting polls.
    most_requests: int = 20_000
    #: What these bring, as far as their owners have not said that it has come.
    most_bytes: int = 32 * 1024 * 1024


DEFAULT = Limits()
