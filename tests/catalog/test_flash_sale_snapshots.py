"""An old snapshot and the events since then make the fresh snapshot: products on sale, and the sales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from catalog.events import FlashSaleEnded, FlashSaleEvent, ProductEvent
from catalog.services import (
    PriceDraft,
    ProductDraft,
    SaleDraft,
    change_flash_sale,
    change_product,
    end_flash_sale,
    give_back_units,
    take_units,
    tell_edges,
)
from config.kernel.clock import iso
from config.kernel.events import DomainEvent
from config.kernel.money import quantize, to_number
from tests.catalog.conftest import Call
from tests.catalog.goods import ACTOR, draft, made
from tests.catalog.sales import on_sale, stopped_clock
from tests.hearing import Heard

pytestmark = pytest.mark.django_db


class Client:
    """A storefront: it has read both lists once, and hears events since then."""

    def __init__(self, products: Sequence[dict[str, Any]], sales: Sequence[dict[str, Any]]) -> None:
        self._products = {product["_id"]: product for product in products}
        self._sales = {sale["_id"]: sale for sale in sales}

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, ProductEvent):
            self._products[event.product_id] = dict(event.extra()["shop_product"])
        elif isinstance(event, FlashSaleEnded):
            self._sales.pop(event.sale_id, None)
        elif isinstance(event, FlashSaleEvent):
            told = event.data()["sale"]
            self._sales[event.sale_id] = {
                **dict.fromkeys(("_id", "id", "saleId"), told["id"]),
                **{name: told[name] for name in ("name", "description", "products", "status", "units")},
                "discountPercentage": told["discount_percentage"],
                "startTime": told["start_time"],
                "endTime": told["end_time"],
                "unitsPerCustomer": told["units_per_customer"],
                "soldOut": told["sold_out"],
            }

    def sales(self) -> dict[str, dict[str, Any]]:
        return self._sales

    def products(self) -> dict[str, dict[str, Any]]:
        """What is on sale follows from the sales alone."""
        return {id_: {**product, **self._on_sale(product)} for id_, product in self._products.items()}

    def _on_sale(self, product: dict[str, Any]) -> dict[str, Any]:
        running = [
            sale
            for sale in self._sales.values()
            if sale["status"] == "running" and product["_id"] in sale["products"]
        ]
        if not running:
            return {"salePrice": None, "flashSale": None}
        best = min(running, key=lambda sale: (sale["soldOut"], -sale["discountPercentage"]))
        of_it = ("_id", "saleId", "name", "discountPercentage", "startTime", "endTime", "soldOut")
        paid = Decimal(str(product["price"])) * (100 - Decimal(str(best["discountPercentage"]))) / 100
        price = (
            None if best["soldOut"] else to_number(quantize(paid, product["currency"]), product["currency"])
        )
        return {"salePrice": price, "flashSale": {name: best[name] for name in of_it}}


def test_whoever_follows_comes_to_what_is_read(call: Call, heard: Heard) -> None:
    one, two = made(draft(prices=(PriceDraft("EGP", Decimal("9.99")),)), draft())
    running = on_sale(one, two, off="33.33", units=3)
    coming = on_sale(one, starts=600, ends=660)

    def read() -> Client:
        return Client(call("GET", "/api/products").data, call("GET", "/api/flash-sales").data)

    client = read()
    heard.events.clear()
    seen: list[str] = []
    with stopped_clock() as clock:
        clock.stand_at(coming.starts_at - dt.timedelta(minutes=1))
        steps: list[Any] = [
            lambda: take_units(reference="ord_1", customer="usr_1", units={running.id: 3}),
            lambda: change_product(product_id=one, draft=ProductDraft(title="Cup"), actor=ACTOR),
            lambda: give_back_units(reference="ord_1"),
            lambda: change_flash_sale(sale_id=running.id, draft=SaleDraft(product_ids=(two,), name="New")),
            lambda: change_flash_sale(sale_id=coming.id, draft=SaleDraft(discount_percentage=Decimal(50))),
            lambda: clock.stand_at(coming.starts_at),
            lambda: change_flash_sale(sale_id=running.id, draft=SaleDraft(product_ids=(one, two))),
            lambda: end_flash_sale(sale_id=running.id),
            lambda: clock.stand_at(coming.ends_at),
            lambda: on_sale(two, off="5"),
        ]
        for number, step in enumerate(steps):
            step()
            tell_edges()
            for event in heard.events:
                client.hear(event)
            seen += heard.names
            heard.events.clear()
            fresh = read()
            assert client.sales() == fresh.sales(), number
            assert client.products() == {id_: {**product} for id_, product in fresh._products.items()}, number
    assert set(seen) == {"flash_sale.started", "flash_sale.updated", "flash_sale.ended", "product.updated"}
    assert iso(running.starts_at) not in {sale["startTime"] for sale in client.sales().values()}
