"""When a price has fallen, and by how much. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from catalog.dialects.shop import shop_price
from catalog.records import ProductRecord

_FREE = 100


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """From ``old`` to less, in one currency."""

    currency: str
    old: Decimal
    new: Decimal

    @property
    def discount_percentage(self) -> int:
        """Of the old price, rounded half up to a whole number; but some discount is never 0, and only what
        is free is 100.
        """
        if self.new == 0:
            return _FREE
        exact = 100 * (self.old - self.new) / self.old
        return min(max(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), 1), _FREE - 1)


def price_drop(before: ProductRecord, after: ProductRecord) -> PriceDrop | None:
    """How what the shop shows as the product's price has fallen; ``None``: it hasn't.

    In another currency it is another price and not a lower one.
    """
    old, new = shop_price(before.prices), shop_price(after.prices)
    if old is None or new is None or old.currency != new.currency or new.amount >= old.amount:
        return None
    return PriceDrop(new.currency, old.amount, new.amount)
