"""What processes tell one another of their connections, and what they hear."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In seconds."""

    #: A user has gone when the last connection has been gone for this long.
    grace: float = 10.0
    #: So often each process says that it lives.
    beat: float = 0.5
    #: The connections of a process that was not heard for this long keep nobody out: perhaps they have died
    #: with it, and it is they that come now.
    fresh: float = 1.1
    #: A process that was not heard for this long is dead.
    dead: float = 5.0
    #: Where no process at all was heard for this long, it was the register that was away, or has forgotten;
    gap: float = 3.0
    #: then nobody is taken to have gone until all have had this long to be heard again.
    settle: float = 5.0


TIMING = Timing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one process says of its connections. ``holders`` and ``addresses`` are those of whom a connection
    came or went since the last time; the functions give how many each has now."""

    total: int
    staff: int
    holders: Collection[str]
    addresses: Collection[str]
    of_holder: Callable[[str], int]
    of_address: Callable[[str], int]
    #: Where in the log its hub is.
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What it hears. ``online`` and ``offline``: holders of whom this process, and no other, has to tell.

    ``holders`` and ``addresses``: how many connections other processes have, of those near a limit.
    """

    #: Seconds since 1970 by the register's own clock.
    now: float
    total: int
    staff: int
    #: Different ones.
    users: int
    online: Sequence[str] = ()
    offline: Sequence[str] = ()
    holders: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, int] = field(default_factory=dict)


class Register(Protocol):
    """One for all processes, or for the only one."""

    async def tell(self, said: Said) -> Heard:
        """Say how things are here. Raises ``RegisterAwayError``; what changed is said with the next round
        then, without being told again."""

    async def leave(self) -> None:
        """This process ends, and its connections with it. Never raises."""


class RegisterAwayError(Exception):
    """It can't be asked just now."""
