"""What is known of other processes: when they were last heard of, and which are silent."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.forwarding.limits import Limits

#: More than there are; those who have gone are among them for a while.
MOST = 256

NEVER = float("-inf")


@dataclass(slots=True)
class _Known:
    heard_at: float = NEVER
    gone_until: float = NEVER


class Owners:
    """Of whom this process has heard, or has heard nothing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[str, _Known] = {}

    def heard(self, owner: str, *, now: float) -> None:
        """It lives."""
        known = self._of(owner)
        known.heard_at = now
        known.gone_until = NEVER

    def was_silent(self, owner: str, *, since: float, now: float) -> None:
        """Nothing has come of what it was asked, since then. Other answers of it may have."""
        known = self._of(owner)
        if known.heard_at <= since:
            known.gone_until = now + self._limits.gone_for

    def is_gone(self, owner: str, *, now: float) -> bool:
        """Whether it is in vain to ask it."""
        known = self._known.get(owner)
        return known is not None and now < known.gone_until

    def deadline(self, owner: str, *, now: float) -> float:
        """Until when it may keep silent about what it is asked now. One that is known to live may be busy."""
        known = self._known.get(owner)
        heard_at = NEVER if known is None else known.heard_at
        return max(now + self._limits.first_patience, heard_at + self._limits.patience)

    def _of(self, owner: str) -> _Known:
        known = self._known.get(owner)
        if known is None:
            if len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            known = self._known[owner] = _Known()
        return known
