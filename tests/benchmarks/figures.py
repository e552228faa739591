"""What is measured, and the medians of it."""

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple, Self, TypeVar

F = TypeVar("F", bound=tuple[float, ...])


class Late(NamedTuple):
    """How late events came, in ms, and how many were looked at."""

    events: float
    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read an answer of the listeners."""
        return cls(answer["count"], answer["p50"], answer["p99"], answer["max"])

    def __str__(self) -> str:
        return f"p50 {self.p50:.2f}  p99 {self.p99:.2f}  max {self.most:.2f} ms"


class Figures(NamedTuple):
    """Of one server, with so many listeners.

    Deliveries a second at saturation, the bytes of one, how busy the two cores were with it (1.0: wholly);
    how late events came at a steady rate (ms); resident bytes of the server for each idle connection.
    """

    deliveries: float
    bytes_each: float
    server_share: float
    load_share: float
    p50: float
    p99: float
    most: float
    resident_each: float

    def __str__(self) -> str:
        return (
            f"{self.deliveries:>10,.0f}/s of {self.bytes_each:.0f} B"
            f"  p50 {self.p50:6.2f}  p99 {self.p99:6.2f}  max {self.most:6.2f} ms"
            f"  {self.resident_each / 1024:5.1f} KiB each"
            f"  cores: server {self.server_share:4.0%}, listeners {self.load_share:4.0%}"
        )


class WholePath(NamedTuple):
    """Of sales over REST at a steady rate: how many a second there were, and how late each was heard of (ms),
    since its COMMIT, since its request was sent, since its request was answered; and how long the answer
    took."""

    per_second: float
    commit_p50: float
    commit_p99: float
    request_p50: float
    request_p99: float
    answer_p50: float
    answer_p99: float
    rest_p50: float
    rest_p99: float

    def __str__(self) -> str:
        return (
            f"{self.per_second:.0f}/s  since COMMIT p50 {self.commit_p50:.1f} p99 {self.commit_p99:.1f}"
            f"  since the request p50 {self.request_p50:.1f} p99 {self.request_p99:.1f}"
            f"  since the answer p50 {self.answer_p50:.1f} p99 {self.answer_p99:.1f}"
            f"  the answer itself p50 {self.rest_p50:.1f} p99 {self.rest_p99:.1f} ms"
        )


class Trouble(NamedTuple):
    """How late everybody else's events came (ms) while something was wrong with somebody, and by how many
    bytes the server grew meanwhile; how long the trouble lasted for whoever had it (seconds; 0: nobody had
    any)."""

    p50: float
    p99: float
    most: float
    grown: float
    lasted: float

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:.2f}  p99 {self.p99:.2f}  max {self.most:.2f} ms"
            f"  grown by {self.grown / 1024:.0f} KiB  lasted {self.lasted:.1f} s"
        )


def median(figures: Sequence[F]) -> F:
    """Take the median of each figure by itself."""
    kind = type(figures[0])
    return kind(*(statistics.median(values) for values in zip(*figures, strict=True)))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that so large a share of them does not exceed; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
