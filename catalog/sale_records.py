"""Flash sales as plain values, and what one does to a price. No database, no JSON, no clock of its own:
whether a sale runs is what the statement that read it says.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_WHOLE = Decimal(100)


class SaleStatus(StrEnum):
    """Where a sale is between its two instants."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRecord:
    """One flash sale, whole. ``units`` and ``units_per_customer``: ``None`` for any number."""

    id: str
    name: str
    description: str
    discount_percentage: Decimal
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: SaleStatus
    product_ids: tuple[str, ...]
    units: int | None
    units_per_customer: int | None
    units_taken: int
    version: int
    changed_at: dt.datetime

    @property
    def sold_out(self) -> bool:
        return self.units is not None and self.units_taken >= self.units

    @property
    def etag(self) -> str:
        """Differs after each change, and on either side of both edges."""
        return f"{self.version}-{self.status}"

    @property
    def last_modified(self) -> dt.datetime:
        """The last change, or the edge that has passed since."""
        passed = [self.changed_at]
        if self.status != SaleStatus.SCHEDULED:
            passed.append(self.starts_at)
        if self.status == SaleStatus.ENDED:
            passed.append(self.ends_at)
        return max(passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSale:
    """The running sale that counts for a product: the one with the most percent off that still has units;
    where none has, the best of those that are ``sold_out``, whose price is no longer to be had.
    """

    id: str
    name: str
    discount_percentage: Decimal
    starts_at: dt.datetime
    ends_at: dt.datetime
    sold_out: bool
    version: int

    def price(self, amount: Decimal) -> Decimal | None:
        """What is paid in place of ``amount``, not rounded; ``None``: that itself."""
        return None if self.sold_out else reduced(amount, self.discount_percentage)


@dataclass(frozen=True, slots=True)
class SaleView:
    """What flash sales do to a product just now, and when they last did something else (``None``: never)."""

    sale: ProductSale | None = None
    changed_at: dt.datetime | None = None

    @property
    def mark(self) -> str:
        """Differs where readers see something else; empty where they see nothing of a sale."""
        return f"-{self.sale.id}.{self.sale.version}" if self.sale else ""


#: Nothing of any sale.
NO_SALE = SaleView()


@dataclass(frozen=True, slots=True)
class SaleOffer:
    """A sale that whoever asks can buy in: how many units at most, ``None`` for any number."""

    sale_id: str
    discount_percentage: Decimal
    left: int | None = None


def reduced(amount: Decimal, percentage: Decimal) -> Decimal:
    """``amount`` without so many percent of it, exact."""
    return amount * (_WHOLE - percentage) / _WHOLE
