"""One of each event of products: they themselves, their sales and prices, reviews and wishlists."""

from __future__ import annotations

from typing import Any

from catalog.events import (
    FlashSaleEnded,
    FlashSaleStarted,
    FlashSaleUpdated,
    PriceDropped,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
    ReviewApproved,
    ReviewSubmitted,
    WishlistUpdated,
)
from realtime.events import (
    WishersToldOfPrice,
)
from tests.realtime.happenings.records import MOMENT

_PRODUCT: dict[str, Any] = {
    "product_id": "prod_1",
    "product": {"id": "prod_1", "base_title": "Mug"},
    "shop_product": {"_id": "prod_1", "title": "Becher „ü“\u2028", "price": 299.5, "salePrice": None},
    "version": 5,
}

_SALE: dict[str, Any] = {
    "id": "sale_1",
    "name": "Midnight <b>„ü“</b>",
    "description": "All of it",
    "discount_percentage": 12.5,
    "start_time": MOMENT,
    "end_time": "2026-11-21T11:00:00.000Z",
    "products": ["prod_1", "prod_2"],
    "status": "running",
    "units": 100,
    "units_per_customer": None,
    "sold_out": False,
}


def sale_began(**fields: Any) -> FlashSaleStarted:
    return FlashSaleStarted(sale_id="sale_1", sale={**_SALE, **fields}, version=2)


def sale_was_over(**fields: Any) -> FlashSaleEnded:
    return FlashSaleEnded(sale_id="sale_1", sale={**_SALE, "status": "ended", **fields}, version=3)


def sale_changed(**fields: Any) -> FlashSaleUpdated:
    return FlashSaleUpdated(sale_id="sale_1", sale={**_SALE, **fields}, version=3)


def created(**fields: Any) -> ProductCreated:
    return ProductCreated(**{**_PRODUCT, "action": "created", **fields})


def updated(**fields: Any) -> ProductUpdated:
    return ProductUpdated(**{**_PRODUCT, "action": "updated", **fields})


def deleted(**fields: Any) -> ProductDeleted:
    return ProductDeleted(**{**_PRODUCT, "action": "deleted", **fields})


_PRICES: dict[str, Any] = {
    "product_id": "prod_1",
    "product_name": "Mug",
    "old_price": 120,
    "new_price": 89.5,
    "currency": "EGP",
    "discount_percentage": 25,
    "version": 5,
}


def got_cheaper(**fields: Any) -> PriceDropped:
    return PriceDropped(**{**_PRICES, **fields})


def told_cheaper(**fields: Any) -> WishersToldOfPrice:
    """Two of those who wished for it."""
    return WishersToldOfPrice(**{**_PRICES, "user_ids": ["usr_1", "usr_2"], "cause": 6, **fields})


SHOP_REVIEW: dict[str, Any] = {
    "_id": "rev_1",
    "user": "Carla",
    "rating": 5,
    "title": "Good <b>mug</b>",
    "comment": "Holds tea.",
    "verifiedPurchase": True,
    "date": MOMENT,
}


def reviewed() -> ReviewSubmitted:
    return ReviewSubmitted(
        product_id="prod_1",
        product_name="Mug",
        review_id="rev_1",
        user_id="usr_1",
        user_name="Carla",
        review={"id": "rev_1", "rating": 5},
        shop_review={**SHOP_REVIEW, "status": "pending"},
    )


def approved() -> ReviewApproved:
    return ReviewApproved(
        product_id="prod_1",
        review_id="rev_1",
        review={"id": "rev_1", "rating": 5},
        rating=4.5,
        review_count=12,
        updated_at=MOMENT,
        shop_review=SHOP_REVIEW,
        version=5,
    )


SHOP_WISHLIST: dict[str, Any] = {"_id": "wish_1", "items": [{"productId": "prod_1"}]}


def wished(**fields: Any) -> WishlistUpdated:
    wish: dict[str, Any] = {
        "wishlist_id": "wish_1",
        "user_id": "usr_1",
        "action": "item_added",
        "product_id": "prod_1",
        "wishlist": {"id": "wish_1"},
        "shop_wishlist": SHOP_WISHLIST,
        "version": 2,
    }
    return WishlistUpdated(**{**wish, **fields})
