"""How many connections there may be, of one user and from one address."""

from __future__ import annotations

from collections import Counter

from realtime.hub.session import Session


class Admission:
    """Counts connections of this process. A limit of 0 is none."""

    def __init__(self, *, per_holder: int, per_address: int) -> None:
        self._per_holder = per_holder
        self._per_address = per_address
        self._holders: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    def admits(self, *, holder: str, address: str) -> bool:
        """Whether one more connection of ``holder`` from ``address`` is within the limits. Empty is not
        counted."""
        if holder and self._per_holder and self._holders[holder] >= self._per_holder:
            return False
        return not (address and self._per_address and self._addresses[address] >= self._per_address)

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


def _less(counts: Counter[str], key: str) -> None:
    if key in counts:
        counts[key] -= 1
        if counts[key] <= 0:
            del counts[key]
