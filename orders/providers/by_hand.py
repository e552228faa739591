"""Money that people move: cash on delivery, and what staff take note of. Nobody is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orders.providers.port import Begun, Charge, Notice, Repayment, Standing


@dataclass(frozen=True, slots=True)
class ByHand:
    """There is nothing to do but to take note."""

    name: str
    by_hand: bool = True

    def begin(self, charge: Charge) -> Begun:  # noqa: ARG002  the interface's
        return Begun()

    def refund(self, repayment: Repayment) -> str:  # noqa: ARG002  the interface's
        return ""

    def look_up(self, reference: str) -> Standing | None:  # noqa: ARG002  the interface's
        return None

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Notice | None:  # noqa: ARG002  as above
        return None


COD = ByHand("cod")
MANUAL = ByHand("manual")
