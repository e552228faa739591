"""The register of a house that is one process and has no Redis."""

from __future__ import annotations

import time
from collections.abc import Callable

from realtime.presence.register import TIMING, Heard, Said, Timing


class OwnRegister:
    """Remembers who is here, and who has just gone."""

    def __init__(self, *, timing: Timing = TIMING, clock: Callable[[], float] = time.time) -> None:
        self._timing = timing
        self._clock = clock
        self._here: set[str] = set()
        #: In the order in which they went.
        self._gone: dict[str, float] = {}

    async def tell(self, said: Said) -> Heard:
        """Say how things are here."""
        now = self._clock()
        online = []
        for holder in said.holders:
            if said.of_holder(holder):
                if holder not in self._here and self._gone.pop(holder, None) is None:
                    online.append(holder)
                self._here.add(holder)
            elif holder in self._here:
                self._here.discard(holder)
                self._gone[holder] = now
        return Heard(
            now=now,
            total=said.total,
            staff=said.staff,
            users=len(self._here),
            online=online,
            offline=self._forget(now),
        )

    async def leave(self) -> None:
        """It is remembered nowhere else."""

    def _forget(self, now: float) -> list[str]:
        offline = []
        for holder, since in list(self._gone.items()):
            if now - since < self._timing.grace:
                break
            del self._gone[holder]
            offline.append(holder)
        return offline
