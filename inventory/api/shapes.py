"""What the doors of stock answer, for the REST document; an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from catalog.api.shapes import SizeVariant
from config.api.openapi.errors import BatchError
from config.api.openapi.shapes import Count, Moment


class PlaceStock(TypedDict):
    """What can be sold at a location."""

    locationId: str
    stock: int


class VariantStock(TypedDict):
    variantId: str
    sku: str
    attributes: Mapping[str, str]
    stock: int
    locations: list[PlaceStock]


class SyncedStock(TypedDict):
    """A product's stock: what can be sold, variant by variant."""

    productId: str
    title: str
    stock: int
    sizeVariants: list[SizeVariant]
    variants: list[VariantStock]
    updatedAt: Moment


class ProductStock(SyncedStock):
    """A product's stock, and when this was said."""

    timestamp: Moment


class Stocks(TypedDict):
    """Many products' stock; `missing` are ids that name none."""

    products: list[SyncedStock]
    missing: list[str]
    timestamp: Moment


class Synced(Stocks):
    """What was touched or set, as it is now."""

    success: Literal[True]
    updated: Count


class _Named(TypedDict):
    productId: NotRequired[str | None]
    variantId: NotRequired[str | None]
    sku: NotRequired[str | None]
    size: NotRequired[str | None]
    color: NotRequired[str | None]
    variant: NotRequired[Mapping[str, str] | None]
    locationId: NotRequired[str | None]


class AvailableItem(_Named):
    """An item as it was sent, and how many of it can be sold."""

    quantity: int
    available: int


class Valid(TypedDict):
    success: Literal[True]
    items: list[AvailableItem]
    timestamp: Moment


class ChangedItem(_Named):
    """An item as it was sent, and how many can be sold now."""

    quantity: int
    stock: int
    expected: NotRequired[int]
    reason: NotRequired[str]


class StockChanged(TypedDict):
    """`orderId` is what was sent, or null."""

    success: Literal[True]
    orderId: str | None
    items: list[ChangedItem]
    timestamp: Moment


class Extended(TypedDict):
    reservationId: str
    expiresAt: Moment
    timestamp: Moment


class Reserved(Extended):
    """Held, not sold: others no longer see it as available, until `expiresAt`."""

    items: list[AvailableItem]


class ThresholdItem(_Named):
    lowStockThreshold: Count


class ThresholdsSet(TypedDict):
    success: Literal[True]
    items: list[ThresholdItem]
    timestamp: Moment


class Movement(TypedDict):
    """An entry of the ledger. `delta` is below zero where stock went down."""

    id: str
    productId: str
    variantId: str
    sku: str
    locationId: str
    delta: int
    balanceAfter: int
    kind: Literal["sale", "return", "restock", "adjustment", "recount", "transfer", "import"]
    reason: str
    reference: str | None
    actor: str
    source: str
    occurredAt: Moment
    recordedAt: Moment


class StockThen(TypedDict):
    """What was on hand at a moment, by the ledger."""

    productId: str
    time: Moment
    stock: int
    variants: list[VariantStock]
    timestamp: Moment


Validated = Valid | BatchError

# ----------------------------------------------------------------------------------------- examples

AT = "2026-11-21T10:00:00.000Z"
ITEM = {"productId": "prod_0mi6v2k9q3", "size": "M", "color": "Navy", "quantity": 2}
_VARIANT = {
    "variantId": "var_0mi6v2k9q4",
    "sku": "TEE-HARBOUR-M-NAVY",
    "attributes": {"size": "M", "color": "Navy"},
    "stock": 12,
    "locations": [{"locationId": "main", "stock": 12}],
}
_STOCK = {
    "productId": "prod_0mi6v2k9q3",
    "title": "Harbour T-shirt",
    "stock": 12,
    "sizeVariants": [{"size": "M", "colorVariants": [{"color": "Navy", "stock": 12}]}],
    "variants": [_VARIANT],
    "updatedAt": AT,
}
_HELD = {"reservationId": "hold_0mi6v2k9q8", "expiresAt": "2026-11-21T10:10:00.000Z", "timestamp": AT}

EXAMPLES: dict[Any, Any] = {
    ProductStock: {**_STOCK, "timestamp": AT},
    Stocks: {"products": [_STOCK], "missing": ["prod_gone"], "timestamp": AT},
    Synced: {"success": True, "updated": 1, "products": [_STOCK], "missing": [], "timestamp": AT},
    Validated: {"success": True, "items": [{**ITEM, "available": 12}], "timestamp": AT},
    StockChanged: {"success": True, "orderId": "1001", "items": [{**ITEM, "stock": 10}], "timestamp": AT},
    Reserved: {**_HELD, "items": [{**ITEM, "available": 10}]},
    Extended: _HELD,
    ThresholdsSet: {
        "success": True,
        "items": [{"sku": "TEE-HARBOUR-M-NAVY", "lowStockThreshold": 5}],
        "timestamp": AT,
    },
    Movement: {
        "id": "4711",
        "productId": "prod_0mi6v2k9q3",
        "variantId": "var_0mi6v2k9q4",
        "sku": "TEE-HARBOUR-M-NAVY",
        "locationId": "main",
        "delta": -2,
        "balanceAfter": 10,
        "kind": "sale",
        "reason": "",
        "reference": "1001",
        "actor": "service:till",
        "source": "api",
        "occurredAt": AT,
        "recordedAt": AT,
    },
    StockThen: {
        "productId": "prod_0mi6v2k9q3",
        "time": AT,
        "stock": 12,
        "variants": [_VARIANT],
        "timestamp": "2026-11-22T09:30:00.000Z",
    },
}
