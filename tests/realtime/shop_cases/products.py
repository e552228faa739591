"""What becomes of each event of products: they themselves, their sales and prices, reviews and wishlists."""

from __future__ import annotations

from tests.realtime.happenings.products import (
    SHOP_REVIEW,
    SHOP_WISHLIST,
    approved,
    created,
    deleted,
    got_cheaper,
    reviewed,
    sale_began,
    sale_changed,
    sale_was_over,
    told_cheaper,
    updated,
    wished,
)
from tests.realtime.happenings.records import MOMENT
from tests.realtime.shop_cases.case import ADMIN, CUSTOMER, PRODUCT, STOREFRONT, WISHERS, Case, Cases

SHOP_PRODUCT = {"_id": "prod_1", "title": "Becher „ü“\u2028", "price": 299.5, "salePrice": None}
SALE = {
    "saleId": "sale_1",
    "name": "Midnight <b>„ü“</b>",
    "description": "All of it",
    "discountPercentage": 12.5,
    "startTime": MOMENT,
    "endTime": "2026-11-21T11:00:00.000Z",
    "products": ["prod_1", "prod_2"],
    "status": "running",
    "soldOut": False,
    "timestamp": MOMENT,
}

CASES: Cases = {
    "created": Case(
        created(), [("product_created", (STOREFRONT,), {"timestamp": MOMENT, "data": SHOP_PRODUCT})]
    ),
    "updated": Case(
        updated(), [("product_updated", (STOREFRONT,), {"timestamp": MOMENT, "data": SHOP_PRODUCT})]
    ),
    "deleted": Case(
        deleted(), [("product_deleted", (STOREFRONT,), {"timestamp": MOMENT, "data": SHOP_PRODUCT})]
    ),
    "a sale began": Case(sale_began(), [("flash_sale_start", (STOREFRONT,), {**SALE, "event": "start"})]),
    "a sale was over": Case(
        sale_was_over(), [("flash_sale_end", (STOREFRONT,), {**SALE, "status": "ended", "event": "end"})]
    ),
    "a sale was sold out": Case(
        sale_changed(sold_out=True),
        [("flash_sale_update", (STOREFRONT,), {**SALE, "soldOut": True, "event": "update"})],
    ),
    "got cheaper": Case(got_cheaper(), []),
    "told that it got cheaper": Case(
        told_cheaper(),
        [
            (
                "price_drop_alert",
                WISHERS,
                {
                    "productId": "prod_1",
                    "productName": "Mug",
                    "oldPrice": 120,
                    "newPrice": 89.5,
                    "discountPercentage": 25,
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "wished": Case(
        wished(),
        [
            (
                "wishlist_updated",
                (CUSTOMER,),
                {"action": "item_added", "wishlist": SHOP_WISHLIST, "timestamp": MOMENT},
            )
        ],
    ),
    "reviewed": Case(
        reviewed(),
        [
            (
                "new_review_notification",
                (ADMIN,),
                {
                    "reviewId": "rev_1",
                    "productId": "prod_1",
                    "productName": "Mug",
                    "rating": 5,
                    "title": "Good <b>mug</b>",
                    "user": {"_id": "usr_1", "name": "Carla"},
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "approved": Case(
        approved(),
        [
            (
                "product_review_added",
                (PRODUCT,),
                {
                    "productId": "prod_1",
                    "review": SHOP_REVIEW,
                    "rating": 4.5,
                    "reviewCount": 12,
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
}
