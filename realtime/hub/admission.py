"""How many connections there may be, of one user and from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from realtime.hub.session import Session

_NONE: Mapping[str, int] = {}


class Admission:
    """Counts connections of this process, and knows of those of others what it was told. A limit of 0 is
    none."""

    def __init__(self, *, per_holder: int, per_address: int) -> None:
        self._per_holder = per_holder
        self._per_address = per_address
        self._holders: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()
        self._holders_elsewhere = _NONE
        self._addresses_elsewhere = _NONE

    def admits(self, *, holder: str, address: str) -> bool:
        """Whether one more connection of ``holder`` from ``address`` is within the limits. Empty is not
        counted."""
        if holder and self._per_holder:
            held = self._holders[holder] + self._holders_elsewhere.get(holder, 0)
            if held >= self._per_holder:
                return False
        if address and self._per_address:
            held = self._addresses[address] + self._addresses_elsewhere.get(address, 0)
            if held >= self._per_address:
                return False
        return True

    def elsewhere(self, *, holders: Mapping[str, int] = _NONE, addresses: Mapping[str, int] = _NONE) -> None:
        """Be told how many connections other processes have, of those who are near a limit. Holds until the
        next time."""
        self._holders_elsewhere = holders
        self._addresses_elsewhere = addresses

    def enter(self, session: Session) -> None:
        """Count ``session``."""
        if session.holder:
            self._holders[session.holder] += 1
        if session.address:
            self._addresses[session.address] += 1

    def leave(self, session: Session) -> None:
        """Count ``session`` no longer."""
        _less(self._holders, session.holder)
        _less(self._addresses, session.address)

    def holders(self) -> set[str]:
        """Who is connected."""
        return set(self._holders)

    def of_holder(self, holder: str) -> int:
        """How many connections ``holder`` has here."""
        return self._holders[holder]

    def of_address(self, address: str) -> int:
        """How many connections there are here from ``address``."""
        return self._addresses[address]


def _less(counts: Counter[str], key: str) -> None:
    if key in counts:
        counts[key] -= 1
        if counts[key] <= 0:
            del counts[key]
