"""What an item of a request came to: so many units of one variant. Resolving it is ``selectors.items``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory.ledger.requests import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """``quantity`` units of one variant, at one location or wherever they are.

    ``item`` is what an error about this line names: the item as it was sent.
    """

    product_id: str
    variant_id: str
    quantity: int
    location_id: str | None = None
    item: Any = None

    @property
    def want(self) -> Want:
        return Want(self.variant_id, self.quantity, self.location_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """``quantity`` units counted at one location, or, for ``None``, in all of them together.

    ``expected`` is the figure that the count was based on. ``for_sale``: what can be sold was counted, and
    what is held is on hand besides.
    """

    product_id: str
    variant_id: str
    quantity: int
    location_id: str | None = None
    expected: int | None = None
    reason: str = ""
    for_sale: bool = False
    item: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdLine:
    """``threshold`` for one variant, at one location or at all that it has."""

    product_id: str
    variant_id: str
    threshold: int
    location_id: str | None = None
    item: Any = None


AnyLine = StockLine | CountLine | ThresholdLine
