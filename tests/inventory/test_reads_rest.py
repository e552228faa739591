"""A product's stock, sync, the ledger and stock at a moment, through REST; and how long answers are fresh."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import F
from django.utils.http import http_date
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from config.kernel.clock import iso, now
from inventory import services
from inventory.models import ProductStock, Reservation
from tests.inventory.conftest import Call
from tests.inventory.shop import ACTOR, make_goods, make_location

pytestmark = pytest.mark.django_db


def test_a_products_stock_is_what_can_be_sold_variant_by_variant_and_place_by_place(guest: Call) -> None:
    make_location("near", priority=1)
    goods = make_goods(
        {"size": "M", "color": "Red"}, {"size": "L", "color": "Red"}, stock={"far": 6, "near": 4}
    )
    services.reserve_stock(lines=[goods.line(1, "near")], ttl_seconds=60, actor=ACTOR)
    answer = guest("GET", f"/api/products/{goods.id}/stock")
    assert answer.status_code == 200
    red_m, red_l = goods.variants
    assert answer.data == {
        "productId": goods.id,
        "title": "Mug",
        "stock": 19,
        "sizeVariants": [
            {"size": "M", "colorVariants": [{"color": "Red", "stock": 9}]},
            {"size": "L", "colorVariants": [{"color": "Red", "stock": 10}]},
        ],
        "variants": [
            {
                "variantId": red_m.id,
                "sku": red_m.sku,
                "attributes": {"size": "M", "color": "Red"},
                "stock": 9,
                "locations": [{"locationId": "near", "stock": 3}, {"locationId": "far", "stock": 6}],
            },
            {
                "variantId": red_l.id,
                "sku": red_l.sku,
                "attributes": {"size": "L", "color": "Red"},
                "stock": 10,
                "locations": [{"locationId": "near", "stock": 4}, {"locationId": "far", "stock": 6}],
            },
        ],
        "updatedAt": answer["X-Stock-Timestamp"],
        "timestamp": answer.data["timestamp"],
    }
    assert answer["Cache-Control"] == "public, max-age=5"
    assert answer["ETag"]
    assert answer["Last-Modified"]


def test_a_product_without_variants_shows_the_one_that_bears_its_stock(guest: Call) -> None:
    goods = make_goods(stock=4)
    answer = guest("GET", f"/api/products/{goods.id}/stock").data
    assert (answer["stock"], answer["sizeVariants"]) == (4, [])
    assert [(one["attributes"], one["stock"]) for one in answer["variants"]] == [({}, 4)]


def test_size_and_color_narrow(guest: Call) -> None:
    goods = make_goods(
        {"size": "M", "color": "Red"}, {"size": "L", "color": "Red"}, {"size": "L", "color": "Blue"}, stock=2
    )
    path = f"/api/products/{goods.id}/stock"
    assert guest("GET", f"{path}?size=L").data["stock"] == 4
    assert guest("GET", f"{path}?size=L&color=Blue").data["stock"] == 2
    assert guest("GET", f"{path}?size=l").data["variants"] == []


def test_an_unknown_or_archived_product_is_a_404_with_the_headers(guest: Call) -> None:
    goods = make_goods(stock=4)
    Product.objects.filter(id=goods.id).update(archived_at=now())
    for id_ in ("nothing", goods.id):
        answer = guest("GET", f"/api/products/{id_}/stock?afterOrder=true")
        assert (answer.status_code, answer.data["message"]) == (404, "Product not found")
        assert answer["X-Stock-Timestamp"]
        assert answer["Cache-Control"] == "no-cache, no-store, must-revalidate"


def test_who_has_it_already_gets_a_304_until_it_changes(guest: Call) -> None:
    goods = make_goods(stock=4)
    path = f"/api/products/{goods.id}/stock"
    tag = guest("GET", path)["ETag"]
    same = guest("GET", path, **{"If-None-Match": tag})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    assert same["X-Stock-Timestamp"]
    assert same["Cache-Control"] == "public, max-age=5"
    services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    changed = guest("GET", path, **{"If-None-Match": tag})
    assert (changed.status_code, changed["ETag"] != tag) == (200, True)


def test_a_hold_that_runs_out_changes_the_tag_although_nobody_has_written_anything(guest: Call) -> None:
    goods = make_goods(stock=4)
    services.reserve_stock(lines=[goods.line(1)], ttl_seconds=60, actor=ACTOR)
    path = f"/api/products/{goods.id}/stock"
    held = guest("GET", path)
    Reservation.objects.update(expires_at=F("expires_at") - dt.timedelta(seconds=60))
    free = guest("GET", path, **{"If-None-Match": held["ETag"]})
    assert (held.data["stock"], free.status_code, free.data["stock"]) == (3, 200, 4)
    assert free["X-Stock-Timestamp"] >= held["X-Stock-Timestamp"]


def test_a_change_within_the_second_of_the_last_read_is_not_missed_by_the_date(guest: Call) -> None:
    goods = make_goods(stock=4)
    path = f"/api/products/{goods.id}/stock"
    first = guest("GET", path)
    services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    again = guest("GET", path, **{"If-Modified-Since": first["Last-Modified"]})
    assert (again.status_code, again.data["stock"]) == (200, 3)


def test_a_date_after_the_last_change_gives_a_304(guest: Call) -> None:
    goods = make_goods(stock=4)
    hour = dt.timedelta(hours=1)
    Product.objects.update(updated_at=now() - hour, created_at=now() - hour)
    ProductStock.objects.update(changed_at=now() - hour)
    path = f"/api/products/{goods.id}/stock"
    assert (
        guest("GET", path, **{"If-Modified-Since": http_date((now() - hour / 2).timestamp())}).status_code
        == 304
    )
    assert (
        guest("GET", path, **{"If-Modified-Since": http_date((now() - 2 * hour).timestamp())}).status_code
        == 200
    )


# ---------------------------------------------------------------------------------------------- sync


def test_sync_answers_those_that_are_asked_for_and_names_the_missing(guest: Call) -> None:
    a, b, _ = (make_goods(stock=stock) for stock in (1, 2, 3))
    answer = guest("GET", f"/api/stock/sync?productIds={b.id},nothing,{a.id},{b.id}")
    assert [(one["productId"], one["stock"]) for one in answer.data["products"]] == [(b.id, 2), (a.id, 1)]
    assert answer.data["missing"] == ["nothing"]
    assert answer["ETag"]
    assert (
        guest("GET", f"/api/stock/sync?productIds={b.id}", **{"If-None-Match": answer["ETag"]}).status_code
        == 200
    )


def test_sync_without_ids_pages_through_everything(guest: Call) -> None:
    ids = sorted(make_goods(stock=1).id for _ in range(5))
    seen: list[str] = []
    path = "/api/stock/sync?limit=2"
    while path:
        answer = guest("GET", path)
        seen += [one["productId"] for one in answer.data["products"]]
        link = answer.headers.get("Link", "")
        path = link[link.index("/api") : link.index(">")] if link else ""
    assert seen == ids


@pytest.mark.parametrize(
    "query",
    [
        "productIds=" + ",".join(f"p{n}" for n in range(501)),
        "productIds=" + "x" * 65,
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=x",
    ],
)
def test_a_bad_sync_query_is_a_400(guest: Call, query: str) -> None:
    answer = guest("GET", f"/api/stock/sync?{query}")
    assert answer.status_code == 400
    assert answer["X-Stock-Timestamp"]


def test_sync_takes_the_same_queries_for_many_products(
    guest: Call, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [make_goods({"size": "S"}, {"size": "M"}, stock=1).id for _ in range(40)]
    with django_assert_max_num_queries(6):
        assert len(guest("GET", f"/api/stock/sync?productIds={','.join(ids)}").data["products"]) == 40
    with django_assert_max_num_queries(6):
        assert len(guest("GET", "/api/stock/sync").data["products"]) == 40


# --------------------------------------------------------------------------------- movements and at


def test_the_ledger_is_read_newest_first_with_all_that_an_entry_says(staff: Call) -> None:
    goods = make_goods(stock=5)
    services.reduce_stock(lines=[goods.line(2)], actor=ACTOR, reference="o-1", reason="till")
    [newest, oldest] = staff("GET", "/api/stock/movements").data
    assert newest == {
        "id": newest["id"],
        "productId": goods.id,
        "variantId": goods.variants[0].id,
        "sku": goods.product.sku,
        "locationId": "main",
        "delta": -2,
        "balanceAfter": 3,
        "kind": "sale",
        "reason": "till",
        "reference": "o-1",
        "actor": "service:test",
        "source": "api",
        "occurredAt": newest["recordedAt"],
        "recordedAt": newest["recordedAt"],
    }
    assert isinstance(newest["id"], str)
    assert (oldest["delta"], oldest["kind"], oldest["reference"]) == (5, "restock", None)


def test_the_ledger_is_filtered_and_paged(
    staff: Call, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    mug, plate = make_goods(stock=9), make_goods({"size": "S"}, {"size": "M"}, stock=9)
    services.reduce_stock(lines=[mug.line(1), plate.line(1, variant=1)], actor=ACTOR, reference="o-1")

    def ids(query: str) -> int:
        return len(staff("GET", f"/api/stock/movements?{query}").data)

    middle = iso(now())
    assert (ids(""), ids(f"productId={plate.id}"), ids(f"variantId={plate.variants[1].id}")) == (5, 3, 2)
    assert (ids("orderId=o-1"), ids(f"productId={mug.id}&orderId=o-1"), ids("productId=none")) == (2, 1, 0)
    later = iso(now() + dt.timedelta(hours=1)).replace("Z", "%2B00:00")
    assert (ids(f"since={later}"), ids(f"until={later}"), ids(f"until={middle}")) == (0, 5, 5)
    first = staff("GET", "/api/stock/movements?limit=2")
    link = first["Link"]
    second = staff("GET", link[link.index("/api") : link.index(">")])
    numbers = [int(one["id"]) for one in first.data + second.data]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 4
    with django_assert_max_num_queries(3):
        ids("")


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-13-01", "limit=0", "cursor=abc", "productId=%00"]
)
def test_a_bad_query_of_the_ledger_is_a_400(staff: Call, query: str) -> None:
    assert staff("GET", f"/api/stock/movements?{query}").status_code == 400


def test_stock_at_a_moment_is_what_the_ledger_adds_up_to_then(staff: Call) -> None:
    goods = make_goods({"size": "M"}, {"size": "L"})
    make_location("main")
    monday = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    services.restock(
        lines=[goods.line(10, "main"), goods.line(4, "main", variant=1)], actor=ACTOR, occurred_at=monday
    )
    services.reduce_stock(lines=[goods.line(3)], actor=ACTOR, occurred_at=monday + 2 * day)

    def at(moment: dt.datetime) -> tuple[int, list[int]]:
        answer = staff("GET", f"/api/stock/at?productId={goods.id}&time={iso(moment)}")
        assert (answer.data["productId"], answer.data["time"]) == (goods.id, iso(moment))
        return answer.data["stock"], [one["stock"] for one in answer.data["variants"]]

    assert at(monday - day) == (0, [0, 0])
    assert at(monday) == (14, [10, 4])
    assert at(monday + day) == (14, [10, 4])
    assert at(monday + 3 * day) == (11, [7, 4])


def test_stock_at_a_moment_bears_the_newest_change_in_it(staff: Call) -> None:
    goods = make_goods({"size": "M"}, {"size": "L"})
    make_location("main")
    monday = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    for variant, moment in ((0, monday), (1, monday + 2 * day)):
        services.restock(lines=[goods.line(10, "main", variant=variant)], actor=ACTOR, occurred_at=moment)

    def borne(moment: dt.datetime) -> str:
        answer = staff("GET", f"/api/stock/at?productId={goods.id}&time={iso(moment)}")
        stamped: str = answer["X-Stock-Timestamp"]
        return stamped

    assert borne(monday + day) == iso(monday)
    assert borne(monday + 3 * day) == iso(monday + 2 * day)
    assert borne(monday - day) > iso(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)), "there is none"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("productId=x", 400),
        ("time=2026-01-01", 400),
        ("productId=x&time=soon", 400),
        ("productId=x&time=2026-01-01", 404),
    ],
)
def test_stock_at_a_moment_needs_a_product_and_a_time(staff: Call, query: str, status: int) -> None:
    assert staff("GET", f"/api/stock/at?{query}").status_code == status
