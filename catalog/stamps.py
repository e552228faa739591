"""Which version of a product somebody has read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.stock_port import StockStamp


@dataclass(frozen=True, slots=True)
class ProductStamp:
    """Changes whenever anything that a reader of the product sees changes.

    ``updated_at`` is when something but its stock last did, and differs after each such change.
    """

    updated_at: dt.datetime
    stock: StockStamp

    @property
    def etag(self) -> str:
        """The text of the entity tag, without its quotes."""
        return str(self.stock.version)

    @property
    def last_modified(self) -> dt.datetime:
        """The later of the two last changes."""
        if self.stock.changed_at is None:
            return self.updated_at
        return max(self.updated_at, self.stock.changed_at)
