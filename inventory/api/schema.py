"""The REST document's table of stock."""

from __future__ import annotations

from functools import partial
from typing import Any

from config.api.openapi import Operation, Query, Table
from config.api.openapi.shapes import Moment
from inventory.api import shapes
from inventory.api.items import (
    AdjustBody,
    ExtendBody,
    ItemsBody,
    ReserveBody,
    RestockBody,
    SyncBody,
    ThresholdsBody,
    TransferBody,
)

_stock = partial(Operation, tag="Stock", gives=("X-Stock-Timestamp",))
_ONCE_BY_ORDER = (
    Query("orderId", "Done once under this name; the same again is the first answer again"),
    Query("afterOrder", "`true`: an order is behind it, and no cache keeps the answer", bool),
)
_ALL_OR_NONE = "All items or none."

TABLE: Table = {
    "/api/products/{product_id}/stock": {
        "GET": _stock(
            summary="A product's stock",
            answer=shapes.ProductStock,
            conditional=True,
            cursor=True,
            query=(
                Query("size", "Only variants of this size"),
                Query("color", "Only variants of this color"),
            ),
        )
    },
    "/api/stock/validate": {
        "POST": _stock(
            summary="Could these be sold?",
            notes="Its findings are answers, not errors: 200 with `success: false`. Changes nothing.",
            body=ItemsBody,
            answer=shapes.Validated,
        )
    },
    "/api/stock/reduce": {
        "POST": _stock(
            summary="Sell",
            notes=_ALL_OR_NONE,
            body=ItemsBody,
            answer=shapes.StockChanged,
            query=_ONCE_BY_ORDER,
            once=True,
            batch=(400, 409),
        )
    },
    "/api/stock/restock": {
        "POST": _stock(
            summary="Take in: returns, deliveries",
            notes=_ALL_OR_NONE,
            body=RestockBody,
            answer=shapes.StockChanged,
            query=_ONCE_BY_ORDER,
            once=True,
            batch=(400, 409),
        )
    },
    "/api/stock/transfer": {
        "POST": _stock(
            summary="From one location to another",
            notes=_ALL_OR_NONE,
            body=TransferBody,
            answer=shapes.StockChanged,
            once=True,
            batch=(400, 409),
        )
    },
    "/api/stock/reserve": {
        "POST": _stock(
            summary="Hold for a while",
            notes="An expired hold is released by the clock.",
            body=ReserveBody,
            status=201,
            answer=shapes.Reserved,
            once=True,
            batch=(400, 409),
        )
    },
    "/api/stock/reservations/{reservation_id}": {"DELETE": _stock(summary="Give a hold back", status=204)},
    "/api/stock/reservations/{reservation_id}/commit": {
        "POST": _stock(
            summary="What was held is sold",
            answer=shapes.StockChanged,
            query=_ONCE_BY_ORDER,
            once=True,
            refusals=(400,),
        )
    },
    "/api/stock/reservations/{reservation_id}/extend": {
        "POST": _stock(summary="Hold longer", body=ExtendBody, answer=shapes.Extended, once=True)
    },
    "/api/stock/adjust": {
        "POST": _stock(
            summary="Set what was counted",
            notes="`expected` is the figure that the count was based on: 409 `stale` if it has moved since.",
            body=AdjustBody,
            answer=shapes.StockChanged,
            once=True,
            batch=(400, 409),
        )
    },
    "/api/stock/levels": {
        "PATCH": _stock(
            summary="Where levels count as low",
            body=ThresholdsBody,
            answer=shapes.ThresholdsSet,
            batch=(400,),
        )
    },
    "/api/stock/sync": {
        "GET": _stock(
            summary="Many products' stock",
            answer=shapes.Stocks,
            conditional=True,
            cursor=True,
            paged=True,
            query=(Query("productIds", "Ids with commas between, at most 500; none: all, paged"),),
        ),
        "POST": _stock(
            summary="Touch products, or set counts of another system",
            body=SyncBody,
            answer=shapes.Synced,
            once=True,
            batch=(400,),
        ),
    },
    "/api/stock/movements": {
        "GET": _stock(
            summary="The ledger, newest first",
            answer=list[shapes.Movement],
            conditional=True,
            cursor=True,
            paged=True,
            query=(
                Query("productId", "Only of this product"),
                Query("variantId", "Only of this variant"),
                Query("orderId", "Only under this reference"),
                Query("since", "Not before", Moment),
                Query("until", "Not after", Moment),
            ),
        )
    },
    "/api/stock/at": {
        "GET": _stock(
            summary="What it was at a moment",
            answer=shapes.StockThen,
            conditional=True,
            cursor=True,
            refusals=(404,),
            query=(
                Query("productId", "The product", required=True),
                Query("time", "The moment", Moment, required=True),
            ),
        )
    },
}

_ITEMS = {"items": [shapes.ITEM]}
_BY_SKU = {"sku": "TEE-HARBOUR-M-NAVY"}

EXAMPLES: dict[Any, Any] = {
    **shapes.EXAMPLES,
    ItemsBody: _ITEMS,
    RestockBody: {**_ITEMS, "reason": "delivery 88"},
    TransferBody: {
        **_ITEMS,
        "fromLocationId": "main",
        "toLocationId": "shop-2",
        "reason": "more asked for there",
    },
    ReserveBody: {**_ITEMS, "ttlSeconds": 600},
    ExtendBody: {"ttlSeconds": 600},
    AdjustBody: {"items": [{**_BY_SKU, "quantity": 40, "expected": 38, "reason": "count"}]},
    ThresholdsBody: {"items": [{**_BY_SKU, "lowStockThreshold": 5}]},
    SyncBody: {"items": [{**_BY_SKU, "stock": 12}]},
}
