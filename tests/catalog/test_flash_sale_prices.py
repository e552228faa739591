"""What a flash sale does to products as readers see them: by the clock, to the millisecond, without a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.events import ProductUpdated
from catalog.models import Price, Variant
from catalog.selectors.offers import offers_of
from catalog.services import (
    PriceDraft,
    ProductDraft,
    SaleDraft,
    VariantDraft,
    change_flash_sale,
    change_product,
    create_flash_sale,
    end_flash_sale,
    give_back_units,
    take_units,
)
from tests.catalog.conftest import Call
from tests.catalog.goods import ACTOR, draft, made
from tests.catalog.sales import MILLISECOND, DatabaseClock, on_sale, stopped_clock
from tests.hearing import Heard

pytestmark = pytest.mark.django_db

START = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
END = START + dt.timedelta(minutes=1)
#: On either side of both edges, and on them.
MOMENTS = [
    (START - MILLISECOND, None),
    (START, 80),
    (END - MILLISECOND, 80),
    (END, None),
]


@pytest.fixture
def clock(db: None) -> Iterator[DatabaseClock]:
    with stopped_clock() as clock:
        yield clock


def mugs(count: int = 1, price: str = "100", **fields: Any) -> list[str]:
    return made(*(draft(prices=(PriceDraft("EGP", Decimal(price)),), **fields) for _ in range(count)))


def a_minute(*product_ids: str, **fields: Any) -> str:
    """A sale of one minute, planned long before."""
    return create_flash_sale(
        draft=SaleDraft(
            **{
                "name": "A minute",
                "discount_percentage": Decimal(20),
                "starts_at": START,
                "ends_at": END,
                "product_ids": product_ids,
                **fields,
            }
        )
    ).id


def offer_of(product_id: str, **who: Any) -> Decimal:
    variant = Variant.objects.get(product_id=product_id, archived_at=None)
    return offers_of([variant.id], currency="EGP", **who)[variant.id].unit_price({})


@pytest.mark.parametrize(("moment", "price"), MOMENTS)
def test_the_price_is_right_to_the_millisecond_at_both_ends(
    call: Call, clock: DatabaseClock, moment: dt.datetime, price: int | None
) -> None:
    (product_id,) = mugs()
    sale_id = a_minute(product_id)
    clock.stand_at(moment)
    single = call("GET", f"/api/products/{product_id}").data
    (listed,) = call("GET", "/api/products").data
    assert single["salePrice"] == listed["salePrice"] == price
    assert single["price"] == single["basePrice"] == 100
    assert (single["flashSale"] or {}).get("saleId") == (sale_id if price else None)
    assert offer_of(product_id) == (price or 100)
    status = call("GET", f"/api/flash-sales/{sale_id}").data["status"]
    assert status == ("running" if price else "scheduled" if moment < START else "ended")
    current = [one["_id"] for one in call("GET", "/api/flash-sales").data]
    assert current == ([] if moment == END else [sale_id])


def test_what_a_product_says_of_its_sale(call: Call) -> None:
    (product_id,) = mugs()
    sale = on_sale(product_id, off="12.5", name="<b>Now</b>")
    shown = call("GET", f"/api/products/{product_id}").data
    assert shown["salePrice"] == 87.5
    whole = call("GET", f"/api/flash-sales/{sale.id}").data
    assert shown["flashSale"] == {
        "_id": sale.id,
        "saleId": sale.id,
        "name": "<b>Now</b>",
        "discountPercentage": 12.5,
        "startTime": whole["startTime"],
        "endTime": whole["endTime"],
        "soldOut": False,
    }


def test_no_tag_from_before_an_edge_is_good_after_it(call: Call, clock: DatabaseClock) -> None:
    (product_id,) = mugs()
    path = f"/api/products/{product_id}"
    a_minute(product_id)
    tags = []
    for moment, price in MOMENTS:
        clock.stand_at(moment)
        answer = call("GET", path)
        tags.append(answer["ETag"])
        assert call("GET", path, **{"If-None-Match": answer["ETag"]}).status_code == 304
        assert answer.data["salePrice"] == price
    before, running, still_running, after = tags
    assert running == still_running
    assert before == after  # it shows the same product again
    clock.stand_at(START)
    assert call("GET", path, **{"If-None-Match": before}).status_code == 200
    clock.stand_at(END)
    assert call("GET", path, **{"If-None-Match": running}).status_code == 200


def test_a_reader_who_only_knows_a_time_learns_of_both_edges(call: Call, clock: DatabaseClock) -> None:
    (product_id,) = mugs()
    path = f"/api/products/{product_id}"
    a_minute(product_id)
    clock.stand_at(START - MILLISECOND)
    before = call("GET", path)["Last-Modified"]
    clock.stand_at(START)
    began = call("GET", path, **{"If-Modified-Since": before})
    assert (began.status_code, began["Last-Modified"]) == (200, "Tue, 01 Jan 2030 12:00:00 GMT")
    assert call("GET", path, **{"If-Modified-Since": began["Last-Modified"]}).status_code == 304
    clock.stand_at(END)
    ended = call("GET", path, **{"If-Modified-Since": began["Last-Modified"]})
    assert (ended.status_code, ended["Last-Modified"]) == (200, "Tue, 01 Jan 2030 12:01:00 GMT")


def test_a_write_holds_to_the_price_that_its_writer_has_read(call: Call, clock: DatabaseClock) -> None:
    (product_id,) = mugs()
    path = f"/api/products/{product_id}"
    a_minute(product_id)
    clock.stand_at(START)
    tag = call("GET", path)["ETag"]
    assert call("PATCH", path, {"title": "New"}, **{"If-Match": tag}).status_code == 200
    tag = call("GET", path)["ETag"]
    clock.stand_at(END)
    assert call("PATCH", path, {"title": "Newer"}, **{"If-Match": tag}).status_code == 412
    assert call("GET", path).data["title"] == "New"


def test_the_catalog_dialect_knows_nothing_of_it(call: Call, clock: DatabaseClock) -> None:
    (product_id,) = mugs()
    a_minute(product_id)
    clock.stand_at(START - MILLISECOND)
    before = call("GET", f"/products/{product_id}")
    clock.stand_at(START)
    assert call("GET", f"/products/{product_id}", **{"If-None-Match": before["ETag"]}).status_code == 304


def test_the_best_of_several_sales_wins(call: Call, clock: DatabaseClock) -> None:
    one, two = mugs(2)
    a_minute(one, two)
    better = a_minute(one, discount_percentage=Decimal("50.5"), ends_at=END - MILLISECOND)
    clock.stand_at(START)
    shown = {product["_id"]: product for product in call("GET", "/api/products").data}
    assert (shown[one]["salePrice"], shown[two]["salePrice"]) == (49.5, 80)
    assert shown[one]["flashSale"]["saleId"] == better
    assert (offer_of(one), offer_of(two)) == (Decimal("49.5"), Decimal(80))
    clock.stand_at(END - MILLISECOND)
    assert call("GET", f"/api/products/{one}").data["salePrice"] == 80
    assert offer_of(one) == 80


def test_a_variants_own_price_is_reduced_too_and_choices_multiply_before_it_is_rounded(call: Call) -> None:
    variants = (
        VariantDraft(attributes={"size": "M"}),
        VariantDraft(attributes={"size": "L"}, prices=(PriceDraft("EGP", Decimal("33.33")),)),
    )
    (product_id,) = made(draft(variants=variants, prices=(PriceDraft("EGP", Decimal("9.99")),)))
    on_sale(product_id, off="33.33")
    shown = call("GET", f"/api/products/{product_id}").data
    assert shown["salePrice"] == 6.66  # 6.660333
    medium, large = shown["variants"]
    assert "salePrice" not in medium
    assert (large["price"], large["salePrice"]) == (33.33, 22.22)  # 22.221111
    offers = offers_of([medium["id"], large["id"]], currency="EGP")
    assert [offers[one["id"]].unit_price({}) for one in (medium, large)] == [
        Decimal("6.66"),
        Decimal("22.22"),
    ]


def test_all_of_it_off_is_free(call: Call) -> None:
    (product_id,) = mugs()
    on_sale(product_id, off="100")
    assert call("GET", f"/api/products/{product_id}").data["salePrice"] == 0


def test_what_has_no_price_has_no_sale_price(call: Call) -> None:
    (product_id,) = mugs()
    on_sale(product_id)
    Price.objects.all().delete()
    assert call("GET", f"/api/products/{product_id}").data["salePrice"] is None


@pytest.mark.parametrize("path", ["/api/products", "/api/products/featured"])
def test_a_list_of_any_length_asks_once_for_sales(call: Call, path: str) -> None:
    ids = mugs(12, featured=True)
    on_sale(*ids)
    with CaptureQueriesContext(connection) as queries:
        shown = call("GET", path).data
    assert {product["salePrice"] for product in shown} == {80}
    assert sum("catalog_flashsale" in query["sql"] for query in queries.captured_queries) == 1


def test_prices_are_sorted_and_bounded_by_what_is_paid(call: Call) -> None:
    (cheap,), (dear,) = mugs(price="50"), mugs(price="60")

    def titles(query: str) -> list[str]:
        return [one["_id"] for one in call("GET", f"/api/products?{query}").data]

    assert titles("sort=price") == [cheap, dear]
    on_sale(dear, off="33.33")  # 40.002, which is 40.00
    assert titles("sort=price") == [dear, cheap]
    assert titles("sort=-price") == [cheap, dear]
    assert titles("maxPrice=40") == [dear]
    assert titles("minPrice=40.01") == [cheap]
    first = call("GET", "/api/products?sort=price&limit=1")
    assert [one["_id"] for one in first.data] == [dear]
    second = call("GET", first["Link"].partition("<")[2].partition(">")[0])
    assert [one["_id"] for one in second.data] == [cheap]


def test_a_sold_out_sale_is_shown_as_such_and_its_price_is_gone(call: Call) -> None:
    (product_id,) = mugs()
    sale = on_sale(product_id, units=2)
    path = f"/api/products/{product_id}"
    tag = call("GET", path)["ETag"]
    take_units(reference="ord_1", customer="usr_1", units={sale.id: 1})
    assert call("GET", path)["ETag"] == tag  # how many are left is nothing that a reader sees
    take_units(reference="ord_2", customer="usr_1", units={sale.id: 1})
    sold_out = call("GET", path, **{"If-None-Match": tag})
    assert sold_out.status_code == 200
    assert (sold_out.data["salePrice"], sold_out.data["flashSale"]["soldOut"]) == (None, True)
    assert offer_of(product_id) == 100
    assert [one["_id"] for one in call("GET", "/api/products?maxPrice=80").data] == []
    (shown,) = call("GET", "/api/flash-sales").data
    assert (shown["status"], shown["soldOut"]) == ("running", True)
    give_back_units(reference="ord_2")
    again = call("GET", path, **{"If-None-Match": sold_out["ETag"]})
    assert (again.data["salePrice"], again.data["flashSale"]["soldOut"]) == (80, False)


def test_where_the_best_sale_is_sold_out_the_next_one_counts(call: Call) -> None:
    (product_id,) = mugs()
    best = on_sale(product_id, off="50", units=1)
    next_one = on_sale(product_id, off="10")
    take_units(reference="ord_1", customer="usr_1", units={best.id: 1})
    shown = call("GET", f"/api/products/{product_id}").data
    assert (shown["salePrice"], shown["flashSale"]["saleId"]) == (90, next_one.id)
    assert offer_of(product_id) == 90


def test_who_has_had_a_full_share_is_offered_the_next_best(call: Call) -> None:
    (product_id,) = mugs()
    sale = on_sale(product_id, off="50", units_per_customer=1)
    on_sale(product_id, off="10")
    take_units(reference="ord_1", customer="usr_1", units={sale.id: 1})
    assert offer_of(product_id, customer="usr_1") == 90
    assert offer_of(product_id, customer="usr_2") == offer_of(product_id) == 50


def test_what_is_taken_out_of_a_running_sale_or_whose_sale_is_ended_changes_for_its_readers(
    call: Call, clock: DatabaseClock
) -> None:
    one, two = mugs(2)
    sale_id = a_minute(one, two)
    clock.stand_at(START)
    read = {product_id: call("GET", f"/api/products/{product_id}") for product_id in (one, two)}
    later = START + dt.timedelta(seconds=10)
    clock.stand_at(later)
    change_flash_sale(sale_id=sale_id, draft=SaleDraft(product_ids=(two,)))
    path = f"/api/products/{one}"
    for header, known in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        answer = call("GET", path, **{header: read[one][known]})
        assert (answer.status_code, answer.data["salePrice"], answer.data["flashSale"]) == (200, None, None)
    clock.stand_at(later + MILLISECOND)
    end_flash_sale(sale_id=sale_id)
    path = f"/api/products/{two}"
    for header, known in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        answer = call("GET", path, **{header: read[two][known]})
        assert (answer.status_code, answer.data["salePrice"], answer.data["flashSale"]) == (200, None, None)


def test_a_products_event_shows_it_as_it_is_read_while_the_sale_runs(call: Call, heard: Heard) -> None:
    (product_id,) = mugs()
    on_sale(product_id)
    change_product(product_id=product_id, draft=ProductDraft(title="Cup"), actor=ACTOR)
    event = heard.events[-1]
    assert isinstance(event, ProductUpdated)
    shown = call("GET", f"/api/products/{product_id}").data
    assert {**event.shop_product, "reviews": []} == shown
    assert shown["salePrice"] == 80
    deleted = call("DELETE", f"/api/products/{product_id}").data["product"]
    assert deleted["salePrice"] == 80
    assert heard.events[-1].extra()["shop_product"] == deleted
