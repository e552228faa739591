"""Who does a thing, as services and the ledger know it. No request, no session, no permission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "service", "guest", "open", "command", "system"]
Source = Literal["api", "admin", "import", "command", "live", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One doer. ``source`` is the door that was used; ``str(actor)`` is what the ledger stores."""

    kind: ActorKind
    id: str = ""
    source: Source = "api"

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


#: What the house does by itself: sweeps, repairs.
SYSTEM = Actor(kind="system", source="system")
