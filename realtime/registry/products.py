"""Products made, changed, archived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from catalog.events import ProductCreated, ProductDeleted, ProductEvent, ProductUpdated
from realtime.registry.emissions import (
    CATALOG,
    PRODUCT,
    SHOP,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)


class WholeProduct(TypedDict):
    """`data` is the product as `/api/products` shows it; for a deletion, as it was before."""

    timestamp: str
    data: Mapping[str, Any]


def _whole(event: Fields) -> WholeProduct:
    return {"timestamp": event["timestamp"], "data": event["shop_product"]}


def _product(event: type[ProductEvent], shop_name: str) -> EventType:
    return EventType(
        event,
        {
            CATALOG: (catalog_emission(event.name, "products", PRODUCT),),
            SHOP: (shop_emission(shop_name, _whole, "storefront"),),
        },
    )


TYPES: tuple[EventType, ...] = (
    _product(ProductCreated, "product_created"),
    _product(ProductUpdated, "product_updated"),
    _product(ProductDeleted, "product_deleted"),
)
