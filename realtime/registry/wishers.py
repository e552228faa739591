"""What was wished for: it costs less, or is back. And wishlists themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from catalog.events import PriceDropped, WishlistUpdated
from inventory.events import StockBack
from realtime.events import WishersToldOfPrice, WishersToldOfStock
from realtime.hub.wire import Told
from realtime.registry.emissions import (
    CATALOG,
    PRODUCT,
    SHOP,
    EventType,
    Fields,
    Reading,
    catalog_emission,
    shop_emission,
)
from realtime.registry.stock import shown_variant

_WISHERS = "user:{user_ids}"


class PriceDrop(TypedDict):
    """The price itself fell, or a flash sale began. `discountPercentage` is a whole number."""

    productId: str
    productName: str
    oldPrice: float
    newPrice: float
    discountPercentage: int
    timestamp: str


class BackInStock(TypedDict):
    """There was nothing of the variant, and now there is."""

    productId: str
    productName: str
    variant: Mapping[str, str]
    stock: int
    timestamp: str


class ChangedWishlist(TypedDict):
    """`wishlist` as `/api/wishlist` shows it; `action` is `item_added`, `item_removed` or
    `wishlist_created`."""

    action: str
    wishlist: Mapping[str, Any]
    timestamp: str


def _price_drop(event: Fields) -> PriceDrop:
    return {
        "productId": event["product_id"],
        "productName": event["product_name"],
        "oldPrice": event["old_price"],
        "newPrice": event["new_price"],
        "discountPercentage": event["discount_percentage"],
        "timestamp": event["timestamp"],
    }


def _back_in_stock(event: Fields) -> BackInStock:
    return {
        "productId": event["product_id"],
        "productName": event["product_name"],
        "variant": shown_variant(event["attributes"]),
        "stock": event["stock"],
        "timestamp": event["timestamp"],
    }


def _changed_wishlist(event: Fields) -> ChangedWishlist:
    return {
        "action": event["action"],
        "wishlist": event["shop_wishlist"],
        "timestamp": event["timestamp"],
    }


def _cause(reading: Reading) -> Told:
    """What whoever listens to the product has heard already."""
    return Told(f"product:{reading.record.subject}", reading.fields["cause"])


TYPES: tuple[EventType, ...] = (
    # Those who wished for it are told by events of their own, as of `stock.back`.
    EventType(PriceDropped, {CATALOG: (catalog_emission(PriceDropped.name, PRODUCT),), SHOP: ()}),
    EventType(
        WishersToldOfPrice,
        {
            CATALOG: (catalog_emission(PriceDropped.name, _WISHERS, repeats=_cause),),
            SHOP: (shop_emission("price_drop_alert", _price_drop, _WISHERS),),
        },
    ),
    EventType(
        WishersToldOfStock,
        {
            CATALOG: (catalog_emission(StockBack.name, _WISHERS, repeats=_cause),),
            SHOP: (shop_emission("back_in_stock_alert", _back_in_stock, _WISHERS),),
        },
    ),
    EventType(
        WishlistUpdated,
        {
            CATALOG: (catalog_emission(WishlistUpdated.name, "user:{user_id}"),),
            SHOP: (shop_emission("wishlist_updated", _changed_wishlist, "user:{user_id}"),),
        },
    ),
)
