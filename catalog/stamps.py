"""Which version of a product somebody has read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.sale_records import NO_SALE, SaleView
from catalog.stock_port import StockStamp


@dataclass(frozen=True, slots=True)
class ProductStamp:
    """Changes whenever anything that a reader of the product sees changes.

    ``updated_at`` is when something but its stock last did, and differs after each such change. ``sale`` is
    what flash sales do to it, for readers who see that: it changes by the clock.
    """

    updated_at: dt.datetime
    stock: StockStamp
    sale: SaleView = NO_SALE

    @property
    def etag(self) -> str:
        """The text of the entity tag, without its quotes."""
        return f"{self.stock.version}{self.sale.mark}"

    @property
    def last_modified(self) -> dt.datetime:
        """The latest of the last changes."""
        changes = (self.updated_at, self.stock.changed_at, self.sale.changed_at)
        return max(change for change in changes if change is not None)
