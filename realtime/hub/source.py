"""What the hub needs of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from realtime.records import Head, Record


@dataclass(frozen=True, slots=True)
class Interest:
    """Events of certain types, and of other types only those with certain subjects, ``(type, subject)``, or
    that mention a certain id anywhere, ``(type, id)``.

    It may name more than is wanted, never less: what is read is looked at again.
    """

    types: frozenset[str]
    subjects: frozenset[tuple[str, str]] = frozenset()
    mentions: frozenset[tuple[str, str]] = frozenset()


class Source(Protocol):
    """The log, read. Any exception means that it can't be read just now."""

    async def head(self) -> Head:
        """Where the log ends now."""

    async def read(
        self, *, epoch: str, after: int, upto: int, limit: int, interest: Interest | None = None
    ) -> Sequence[Record]:
        """Events after ``after`` up to ``upto``, in order, at most ``limit``; only those of ``interest``."""

    async def count(self, *, after: int, upto: int, limit: int, interest: Interest) -> int:
        """How many there are, counted no further than ``limit``."""
