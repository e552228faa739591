"""One of each event of stock."""

from __future__ import annotations

from typing import Any

from inventory.events import (
    StockBack,
    StockLow,
    StockReduced,
    StockReleased,
    StockReserved,
    StockUpdated,
    StockValidated,
)
from realtime.events import (
    StockAnnounced,
    WishersToldOfStock,
)

#: Red mugs of size M, of a cloth that has a name too.
RED_M = {"color": "Red", "size": "M", "cloth": "wool"}

_STOCK: dict[str, Any] = {
    "product_id": "prod_1",
    "variant_id": "var_1",
    "sku": "MUG-M",
    "attributes": RED_M,
    "change": -2,
    "stock": 8,
    "total_stock": 20,
    "locations": [{"location_id": "main", "quantity": 8}],
    "after_order": False,
    "reference": None,
    "version": 5,
}


def sold(**fields: Any) -> StockReduced:
    return StockReduced(**{**_STOCK, "after_order": True, "reference": "order-1", **fields})


def restocked(**fields: Any) -> StockUpdated:
    return StockUpdated(**{**_STOCK, "change": 12, **fields})


def held(**fields: Any) -> StockReserved:
    return StockReserved(**{**_STOCK, **fields})


def released(**fields: Any) -> StockReleased:
    return StockReleased(**{**_STOCK, "change": 2, **fields})


def came_back(**fields: Any) -> StockBack:
    return StockBack(**{**_STOCK, "change": 8, "product_name": "Mug", **fields})


def told_back() -> WishersToldOfStock:
    """Two of those who wished for it."""
    back = {**_STOCK, "change": 8, "product_name": "Mug"}
    return WishersToldOfStock(**back, user_ids=["usr_1", "usr_2"], cause=6)


def ran_low(**fields: Any) -> StockLow:
    low: dict[str, Any] = {
        "product_id": "prod_1",
        "product_name": "Mug",
        "variant_id": "var_1",
        "sku": "MUG-M",
        "attributes": RED_M,
        "location_id": "main",
        "current_stock": 3,
        "low_stock_threshold": 5,
        "severity": "warning",
        "version": 6,
    }
    return StockLow(**{**low, **fields})


def validated(**fields: Any) -> StockValidated:
    looked_at: dict[str, Any] = {
        "product_id": "prod_1",
        "variant_id": "var_1",
        "sku": "MUG-M",
        "attributes": RED_M,
        "stock": 8,
        "timestamp": "2026-11-21T09:59:59.000Z",
    }
    return StockValidated(**{**looked_at, **fields})


def announced(event: str, **fields: Any) -> StockAnnounced:
    said: dict[str, Any] = {
        "event_id": "evt_own",
        "event": event,
        "size": "M",
        "color": None,
        **{name: value for name, value in _STOCK.items() if name != "version"},
        "change": 0,
        "stock": 4,
    }
    return StockAnnounced(**{**said, **fields})
