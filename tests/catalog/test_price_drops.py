"""A price falls: through whichever door, it is told once, right behind the change; a rise is not."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product
from catalog.price_drops import PriceDrop, price_drop
from catalog.records import PriceRecord, ProductRecord
from catalog.selectors import product_records
from tests.catalog.conftest import Call
from tests.catalog.goods import draft, made, version_of
from tests.hearing import Heard
from tests.orders.shop import mug, shirt

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("old", "new", "percentage"),
    [
        ("100", "80", 20),
        ("300", "199", 34),
        ("200", "199", 1),
        ("8", "7.9", 1),
        ("1000", "999.99", 1),
        ("1000", "0.01", 99),
        ("10", "0", 100),
        ("40", "39.5", 1),
        ("40", "35", 13),
    ],
)
def test_a_discount_is_a_whole_number_of_the_old_price(old: str, new: str, percentage: int) -> None:
    assert PriceDrop("EGP", Decimal(old), Decimal(new)).discount_percentage == percentage


def test_only_a_lower_price_in_the_same_currency_is_a_drop(db: None) -> None:
    (product_id,) = made(draft())
    (record,) = product_records(Product.objects.filter(id=product_id))

    def priced(*prices: tuple[str, str]) -> ProductRecord:
        records = tuple(PriceRecord(currency, Decimal(amount)) for currency, amount in prices)
        return dataclasses.replace(record, prices=records)

    at_100 = priced(("EGP", "100"), ("USD", "5"))
    assert price_drop(at_100, priced(("USD", "5"), ("EGP", "99"))) == PriceDrop(
        "EGP", Decimal(100), Decimal(99)
    )
    for after in (at_100, priced(("EGP", "101")), priced(("EGP", "100"), ("USD", "4")), priced(("USD", "1"))):
        assert price_drop(at_100, after) is None
    # The first price, where there is none in the shop's own currency.
    assert price_drop(priced(("USD", "5")), priced(("USD", "4"))) == PriceDrop("USD", Decimal(5), Decimal(4))
    assert price_drop(priced(("USD", "5")), priced(("EUR", "4"))) is None


@pytest.mark.parametrize("door", ["shop put", "shop patch", "catalog put", "catalog patch", "batch"])
def test_through_every_door_it_is_told_once_behind_the_change(call: Call, heard: Heard, door: str) -> None:
    (product_id,) = made(draft(title="Mug", sku="M"))
    heard.events.clear()
    described = {"sku": "M", "base_title": "Mug"}
    in_catalog = {"prices": [{"currency": "EGP", "amount": 74.99}]}
    requests: dict[str, tuple[str, str, Any]] = {
        "shop put": ("PUT", f"/api/products/{product_id}", {"price": 74.99}),
        "shop patch": ("PATCH", f"/api/products/{product_id}", {"basePrice": 74.99}),
        "catalog put": ("PUT", f"/products/{product_id}", {**described, **in_catalog}),
        "catalog patch": ("PATCH", f"/products/{product_id}", in_catalog),
        "batch": ("PUT", "/products/batch", [{"id": product_id, **described, **in_catalog}]),
    }
    assert call(*requests[door]).status_code == 200
    assert heard.names == ["product.updated", "price.dropped"]
    assert [event.version_number for event in heard.events] == [2, 3]
    assert heard.events[1].data() == {
        "product_id": product_id,
        "product_name": "Mug",
        "old_price": 100,
        "new_price": 74.99,
        "currency": "EGP",
        "discount_percentage": 25,
        "version": 3,
        "sale_id": None,
    }
    heard.events.clear()
    assert call(*requests[door]).status_code == 200
    assert heard.names == [], "it is as it was"


def test_a_price_that_rises_and_falls_is_told_each_time_that_it_falls(call: Call, heard: Heard) -> None:
    (product_id,) = made(draft())
    heard.events.clear()
    for price in (120, 110, 110, 115, 90):
        call("PATCH", f"/api/products/{product_id}", {"price": price})
    assert heard.names == [
        "product.updated", "product.updated", "price.dropped", "product.updated", "product.updated",
        "price.dropped",
    ]  # fmt: skip
    drops = [event.data() for event in heard.events if event.name == "price.dropped"]
    assert [(drop["old_price"], drop["new_price"]) for drop in drops] == [(120, 110), (115, 90)]


def test_a_batch_that_names_a_product_twice_tells_what_came_of_it(call: Call, heard: Heard) -> None:
    up_and_down, down_and_down, other = made(draft(), draft(), draft())
    heard.events.clear()

    def priced(product_id: str, amount: int) -> dict[str, Any]:
        prices = [{"currency": "EGP", "amount": amount}]
        return {"id": product_id, "sku": f"S-{product_id}", "base_title": "Mug", "prices": prices}

    sent = [
        priced(up_and_down, 50), priced(up_and_down, 130), priced(down_and_down, 60),
        priced(down_and_down, 40), priced(other, 99),
    ]  # fmt: skip
    answer = call("PUT", "/products/batch", sent)
    assert [result["error"] for result in answer.data] == [""] * 5
    drops = [event.data() for event in heard.events if event.name == "price.dropped"]
    assert {(drop["product_id"], drop["old_price"], drop["new_price"]) for drop in drops} == {
        (down_and_down, 100, 40), (other, 100, 99),
    }  # fmt: skip


def test_stock_that_is_written_with_a_lower_price_is_told_last(call: Call, heard: Heard) -> None:
    product_id = mug(stock=1).id
    call("PATCH", f"/api/products/{product_id}", {"stock": 0})
    before = version_of(product_id)
    heard.events.clear()
    call("PATCH", f"/api/products/{product_id}", {"price": 90, "stock": 4})
    assert heard.names == ["product.updated", "price.dropped", "stock.updated", "stock.back"]
    assert [event.version_number for event in heard.events] == list(range(before + 1, before + 5))


def test_a_price_of_one_variant_alone_is_no_drop_of_the_product(call: Call, heard: Heard) -> None:
    goods = shirt(price="250", dearer="300")
    heard.events.clear()
    answer = call("GET", f"/api/products/{goods.id}")
    variants = [{**one, "price": 200} for one in answer.data["variants"]]
    assert call("PATCH", f"/api/products/{goods.id}", {"variants": variants}).status_code == 200
    assert heard.names == ["product.updated"]
