"""What becomes of each event of stock."""

from __future__ import annotations

from tests.realtime.happenings.records import MOMENT
from tests.realtime.happenings.stock import (
    announced,
    came_back,
    held,
    ran_low,
    released,
    restocked,
    sold,
    told_back,
    validated,
)
from tests.realtime.shop_cases.case import ADMIN, PRODUCT, STOREFRONT, WISHERS, Case, Cases

VARIANT = {"size": "M", "color": "Red", "cloth": "wool"}
FIGURE = {"productId": "prod_1", "size": "M", "color": "Red", "stock": 8, "timestamp": MOMENT}
CHANGE = {"productId": "prod_1", "variant": VARIANT, "timestamp": MOMENT}
PRODUCT_STOCK = {**CHANGE, "stock": 8, "totalStock": 20, "available": True}
SAID = {"productId": "prod_1", "size": "M", "stock": 4, "timestamp": MOMENT, "afterOrder": False}

CASES: Cases = {
    "sold": Case(
        sold(),
        [
            ("STOCK_REDUCED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": True}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": -2}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "sold out": Case(
        sold(stock=0, total_stock=12),
        [
            ("STOCK_REDUCED", (STOREFRONT, PRODUCT), {**FIGURE, "stock": 0, "afterOrder": True}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": -2}),
            (
                "product_stock_update",
                (PRODUCT,),
                {**PRODUCT_STOCK, "stock": 0, "totalStock": 12, "available": False},
            ),
        ],
    ),
    "restocked": Case(
        restocked(),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": 12}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "touched": Case(
        restocked(change=0, touch=True),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "transferred": Case(
        restocked(change=0),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": 0}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "held": Case(
        held(),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "released": Case(
        released(),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "sold without variants": Case(
        sold(attributes={}),
        [
            (
                "STOCK_REDUCED",
                (STOREFRONT, PRODUCT),
                {"productId": "prod_1", "stock": 8, "timestamp": MOMENT, "afterOrder": True},
            ),
            (
                "inventory_update",
                (STOREFRONT, PRODUCT),
                {**CHANGE, "variant": {"size": "", "color": ""}, "stockChange": -2},
            ),
            (
                "product_stock_update",
                (PRODUCT,),
                {**PRODUCT_STOCK, "variant": {"size": "", "color": ""}},
            ),
        ],
    ),
    "ran low": Case(
        ran_low(),
        [
            (
                "low_stock_alert",
                (ADMIN,),
                {
                    "productId": "prod_1",
                    "productName": "Mug",
                    "variant": VARIANT,
                    "currentStock": 3,
                    "lowStockThreshold": 5,
                    "severity": "warning",
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    # Only those who wished for it hear it, by an event that names them.
    "came back": Case(came_back(), []),
    "told that it came back": Case(
        told_back(), [("back_in_stock_alert", WISHERS, {**CHANGE, "productName": "Mug", "stock": 8})]
    ),
    "validated": Case(validated(), [("STOCK_VALIDATED", (PRODUCT, ADMIN), {**FIGURE, "afterOrder": False})]),
    "announced as updated": Case(
        announced("STOCK_UPDATED"), [("STOCK_UPDATED", (STOREFRONT, PRODUCT), SAID)]
    ),
    "announced as reduced": Case(
        announced("STOCK_REDUCED", size=None, color="Red"),
        [
            (
                "STOCK_REDUCED",
                (STOREFRONT, PRODUCT),
                {
                    "productId": "prod_1",
                    "color": "Red",
                    "stock": 4,
                    "timestamp": MOMENT,
                    "afterOrder": False,
                },
            )
        ],
    ),
    "announced as validated": Case(
        announced("STOCK_VALIDATED"), [("STOCK_VALIDATED", (PRODUCT, ADMIN), SAID)]
    ),
}
