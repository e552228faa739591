"""Flash sales: begun, over, changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from catalog.events import FlashSaleEnded, FlashSaleEvent, FlashSaleStarted, FlashSaleUpdated
from realtime.registry.emissions import (
    CATALOG,
    SHOP,
    Build,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)


class FlashSale(TypedDict):
    """`event` is `start`, `end` or `update`; `products` are ids. `status` and `soldOut` are as
    `/api/flash-sales` shows them: what is sold out is sold at its ordinary price again.
    """

    saleId: str
    name: str
    description: str
    discountPercentage: float
    startTime: str
    endTime: str
    products: Sequence[str]
    status: str
    soldOut: bool
    event: str
    timestamp: str


def _payload(what: str) -> Build:
    def build(event: Fields) -> FlashSale:
        sale = event["sale"]
        return {
            "saleId": event["sale_id"],
            "name": sale["name"],
            "description": sale["description"],
            "discountPercentage": sale["discount_percentage"],
            "startTime": sale["start_time"],
            "endTime": sale["end_time"],
            "products": sale["products"],
            "status": sale["status"],
            "soldOut": sale["sold_out"],
            "event": what,
            "timestamp": event["timestamp"],
        }

    return build


def _sale(event: type[FlashSaleEvent], what: str) -> EventType:
    return EventType(
        event,
        {
            CATALOG: (catalog_emission(event.name, "flash_sales"),),
            SHOP: (shop_emission(f"flash_sale_{what}", _payload(what), "storefront"),),
        },
    )


TYPES: tuple[EventType, ...] = (
    _sale(FlashSaleStarted, "start"),
    _sale(FlashSaleEnded, "end"),
    _sale(FlashSaleUpdated, "update"),
)
