"""What the live half announces of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from config.kernel.events import DomainEvent

StockEventName = Literal["STOCK_UPDATED", "STOCK_REDUCED", "STOCK_VALIDATED"]


@dataclasses.dataclass(frozen=True)
class StockAnnounced(DomainEvent):
    """Another system said something about stock (`POST /api/socket`), and everybody is told.

    It goes out as the `stock.*` event that was named, with `announced: true`: `stock` is what that system
    said, all else is what the ledger holds. It bears no `version`: nothing changed here, and who goes by
    versions would take it for old news.
    """

    name: ClassVar[str] = "stock.announced"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"event_id", "event", "size", "color"})

    event_id: str
    event: StockEventName
    product_id: str
    size: str | None
    color: str | None
    variant_id: str | None
    sku: str | None
    attributes: Mapping[str, str]
    change: int
    stock: int
    total_stock: int
    locations: Sequence[Mapping[str, Any]]
    after_order: bool
    reference: str | None
    announced: bool = True
