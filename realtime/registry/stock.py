"""Stock: sold, counted, held, run low, come back, looked at, and what other systems say of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NotRequired, TypedDict

from inventory.events import (
    StockBack,
    StockLow,
    StockReduced,
    StockReleased,
    StockReserved,
    StockUpdated,
    StockValidated,
)
from realtime.events import StockAnnounced
from realtime.records import Record
from realtime.registry.emissions import (
    CATALOG,
    PRODUCT,
    SHOP,
    Emission,
    EventType,
    Fields,
    RoomTemplate,
    catalog_emission,
    shop_emission,
)

# ---------------------------------------------------------------------------------------- payloads


class StockFigure(TypedDict):
    """`stock` is what can be sold of the variant. `size` and `color` only where it has them."""

    productId: str
    size: NotRequired[str]
    color: NotRequired[str]
    stock: int
    timestamp: str
    afterOrder: bool


class InventoryUpdate(TypedDict):
    """`stockChange` is below zero where stock went down. In `variant` are always `size` and `color`, empty
    where it has none."""

    productId: str
    variant: Mapping[str, str]
    stockChange: int
    timestamp: str


class ProductStock(TypedDict):
    """`stock` of the variant, `totalStock` of the product; `available`: there is some of the variant."""

    productId: str
    variant: Mapping[str, str]
    stock: int
    totalStock: int
    available: bool
    timestamp: str


class LowStock(TypedDict):
    """Once for each crossing. `severity` is `warning` or `critical`."""

    productId: str
    productName: str
    variant: Mapping[str, str]
    currentStock: int
    lowStockThreshold: int
    severity: str
    timestamp: str


def shown_variant(attributes: Mapping[str, str]) -> dict[str, str]:
    """Size and color always, empty where it has none, as in `sizeVariants`; then what else it has."""
    return {"size": "", "color": "", **attributes}


def _figure(event: Fields) -> StockFigure:
    # What was validated was not ordered yet, and says nothing of an order.
    return _figure_of(event, event["attributes"], after_order=event.get("after_order", False))


def _figure_announced(event: Fields) -> StockFigure:
    # As the other system said it: it may name no size where there is but one.
    return _figure_of(event, event, after_order=event["after_order"])


def _figure_of(event: Fields, named: Mapping[str, str | None], *, after_order: bool) -> StockFigure:
    figure: StockFigure = {
        "productId": event["product_id"],
        "stock": event["stock"],
        "timestamp": event["timestamp"],
        "afterOrder": after_order,
    }
    if (size := named.get("size")) is not None:
        figure["size"] = size
    if (color := named.get("color")) is not None:
        figure["color"] = color
    return figure


def _inventory_update(event: Fields) -> InventoryUpdate:
    return {
        "productId": event["product_id"],
        "variant": shown_variant(event["attributes"]),
        "stockChange": event["change"],
        "timestamp": event["timestamp"],
    }


def _product_stock(event: Fields) -> ProductStock:
    return {
        "productId": event["product_id"],
        "variant": shown_variant(event["attributes"]),
        "stock": event["stock"],
        "totalStock": event["total_stock"],
        "available": event["stock"] > 0,
        "timestamp": event["timestamp"],
    }


def _low_stock(event: Fields) -> LowStock:
    return {
        "productId": event["product_id"],
        "productName": event["product_name"],
        "variant": shown_variant(event["attributes"]),
        "currentStock": event["current_stock"],
        "lowStockThreshold": event["low_stock_threshold"],
        "severity": event["severity"],
        "timestamp": event["timestamp"],
    }


# ---------------------------------------------------------------------------------------- entries

_HEARS_FIGURES = {
    "STOCK_UPDATED": ("storefront", PRODUCT),
    "STOCK_REDUCED": ("storefront", PRODUCT),
    # Looking changes nothing: only who looks at the product as well, and staff.
    "STOCK_VALIDATED": (PRODUCT, "admin"),
}


def _figure_emission(name: str) -> Emission:
    return shop_emission(name, _figure, *_HEARS_FIGURES[name])


_PRODUCT_STOCK = shop_emission("product_stock_update", _product_stock, PRODUCT)


def _change_emission(*, when: Callable[[Fields], bool] | None = None) -> Emission:
    return shop_emission("inventory_update", _inventory_update, "storefront", PRODUCT, when=when)


def _is_no_touch(event: Fields) -> bool:
    """not for a touch"""
    return not event.get("touch")


_ANNOUNCED_AS = {
    "STOCK_UPDATED": StockUpdated.name,
    "STOCK_REDUCED": StockReduced.name,
    "STOCK_VALIDATED": StockValidated.name,
}


def _announced_type(record: Record) -> str:
    return _ANNOUNCED_AS[json.loads(record.extra)["event"]]


def _announced_emission(name: str) -> Emission:
    return shop_emission(
        name, _figure_announced, *_HEARS_FIGURES[name], when=lambda event: event["event"] == name
    )


TYPES: tuple[EventType, ...] = (
    EventType(
        StockReduced,
        {
            CATALOG: (catalog_emission(StockReduced.name, "stock", PRODUCT),),
            SHOP: (_figure_emission("STOCK_REDUCED"), _change_emission(), _PRODUCT_STOCK),
        },
    ),
    EventType(
        StockUpdated,
        {
            CATALOG: (catalog_emission(StockUpdated.name, "stock", PRODUCT),),
            SHOP: (_figure_emission("STOCK_UPDATED"), _change_emission(when=_is_no_touch), _PRODUCT_STOCK),
        },
    ),
    # A hold changes what can be sold, and nothing on the shelf: no `inventory_update`.
    EventType(
        StockReserved,
        {
            CATALOG: (catalog_emission(StockReserved.name, "stock", PRODUCT),),
            SHOP: (_figure_emission("STOCK_UPDATED"), _PRODUCT_STOCK),
        },
    ),
    EventType(
        StockReleased,
        {
            CATALOG: (catalog_emission(StockReleased.name, "stock", PRODUCT),),
            SHOP: (_figure_emission("STOCK_UPDATED"), _PRODUCT_STOCK),
        },
    ),
    # Staff only: a low shelf is the shop's own business.
    EventType(
        StockLow,
        {
            CATALOG: (catalog_emission(StockLow.name, "admin"),),
            SHOP: (shop_emission("low_stock_alert", _low_stock, "admin"),),
        },
    ),
    EventType(
        StockBack,
        {
            # Those who wished for it are told by events of their own (`wishers`).
            CATALOG: (catalog_emission(StockBack.name, PRODUCT),),
            SHOP: (),
        },
    ),
    EventType(
        StockValidated,
        {
            CATALOG: (catalog_emission(StockValidated.name, PRODUCT, "admin"),),
            SHOP: (_figure_emission("STOCK_VALIDATED"),),
        },
        durable=False,
    ),
    EventType(
        StockAnnounced,
        {
            CATALOG: (
                Emission(
                    rooms=tuple(RoomTemplate(room) for room in ("stock", PRODUCT, "admin")),
                    names=tuple(_ANNOUNCED_AS.values()),
                    type_of=_announced_type,
                ),
            ),
            # Nothing but what was said. Neither `inventory_update` (nothing changed) nor
            # `product_stock_update`: that one is what the ledger holds, and this is another system's word.
            SHOP: tuple(_announced_emission(name) for name in _ANNOUNCED_AS),
        },
    ),
)
