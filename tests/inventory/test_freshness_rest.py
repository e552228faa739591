"""How fresh an answer about stock says it is, and who may keep it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import Product
from config.kernel.clock import iso
from inventory import services
from inventory.models import ProductStock, Reservation, StockMovement
from tests.inventory.conftest import Call
from tests.inventory.shop import ACTOR, Goods, make_goods

pytestmark = pytest.mark.django_db

LONG_AGO = dt.datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=dt.UTC)
THEN = "2026-01-02T03:04:05.678Z"


def rested(goods: Goods, changed_at: dt.datetime = LONG_AGO) -> Goods:
    """The goods, as though nothing of their stock had changed since then."""
    Product.objects.filter(id=goods.id).update(created_at=changed_at)
    ProductStock.objects.filter(product=goods.product).update(changed_at=changed_at)
    return goods


def named(goods: Goods, **fields: Any) -> dict[str, Any]:
    return {"productId": goods.id, **fields}


WRITES: dict[str, Callable[[Goods], tuple[str, str, dict[str, Any]]]] = {
    "validated": lambda goods: ("POST", "/api/stock/validate", named(goods, quantity=1)),
    "validated, short": lambda goods: ("POST", "/api/stock/validate", named(goods, quantity=99)),
    "reduced, short": lambda goods: ("POST", "/api/stock/reduce", named(goods, quantity=99)),
    "reserved, short": lambda goods: ("POST", "/api/stock/reserve", named(goods, quantity=99)),
    "adjusted, stale": lambda goods: ("POST", "/api/stock/adjust", named(goods, quantity=1, expected=4)),
    "adjusted to what it was": lambda goods: (
        "POST",
        "/api/stock/adjust",
        named(goods, quantity=5, expected=5),
    ),
    "synced to what it was": lambda goods: ("POST", "/api/stock/sync", named(goods, stock=5)),
    "thresholds": lambda goods: ("PATCH", "/api/stock/levels", named(goods, lowStockThreshold=3)),
}


@pytest.mark.parametrize("what", WRITES)
def test_what_changed_nothing_bears_the_newest_change_of_the_stock_in_it(staff: Call, what: str) -> None:
    older = rested(make_goods(stock=500), LONG_AGO - dt.timedelta(days=1))
    goods = rested(make_goods(stock=5))
    rested(make_goods(stock=5), LONG_AGO + dt.timedelta(days=1))  # another product's change is none of this
    method, path, item = WRITES[what](goods)
    items = [item] if what.startswith(("adjusted", "synced")) else [item, {**item, "productId": older.id}]
    answer = staff(method, path, {"items": items})
    assert answer["X-Stock-Timestamp"] == THEN, answer.data


def test_a_change_bears_its_own_moment(staff: Call) -> None:
    goods = rested(make_goods(stock=5))
    answer = staff("POST", "/api/stock/adjust", {"items": [named(goods, quantity=4, expected=5)]})
    assert answer["X-Stock-Timestamp"] == answer.data["timestamp"] > THEN


def test_a_hold_that_ran_out_is_a_change_of_what_can_be_sold(staff: Call) -> None:
    goods = make_goods(stock=5)
    services.reserve_stock(lines=[goods.line(2)], ttl_seconds=60, actor=ACTOR)
    rested(goods, LONG_AGO - dt.timedelta(days=1))
    Reservation.objects.update(expires_at=LONG_AGO)
    answer = staff("POST", "/api/stock/validate", {"items": [named(goods, quantity=1)]})
    assert answer["X-Stock-Timestamp"] == THEN
    refused = staff("POST", "/api/stock/reduce", {"items": [named(goods, quantity=9)]})
    assert (refused.status_code, refused.data["errors"][0]["available"]) == (409, 5)
    assert refused["X-Stock-Timestamp"] >= THEN


def test_an_answer_without_stock_bears_the_present(guest: Call) -> None:
    rested(make_goods(stock=5))
    answer = guest("POST", "/api/stock/validate", {"items": [{"productId": "none", "quantity": 1}]})
    assert answer["X-Stock-Timestamp"] > THEN


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/stock/movements"),
        ("GET", "/api/stock/at?productId={id}&time=2030-01-01"),
        ("GET", "/api/products/{id}/stock"),
        ("GET", "/api/stock/sync"),
        ("POST", "/api/stock/reduce"),
    ],
)
def test_every_answer_varies_by_who_asked(staff: Call, guest: Call, method: str, path: str) -> None:
    path = path.format(id=make_goods(stock=1).id)
    for call in (staff, guest):
        answer = call(method, path)
        varies = {one.strip() for one in answer["Vary"].split(",")}
        assert {"Authorization", "Cookie"} <= varies, (answer.status_code, varies)
    known = staff(method, path, **{"If-None-Match": staff(method, path).headers.get("ETag", "none")})
    assert "Authorization" in known["Vary"]


def test_a_moment_as_it_was_shown_includes_what_happened_then(staff: Call) -> None:
    goods = make_goods(stock=5)
    moment = dt.datetime.now(dt.UTC).replace(microsecond=123_999) - dt.timedelta(minutes=1)
    services.reduce_stock(lines=[goods.line(2)], actor=ACTOR, occurred_at=moment)
    movement = StockMovement.objects.get(kind="sale")
    assert movement.occurred_at == moment
    (shown,) = (
        one["occurredAt"] for one in staff("GET", "/api/stock/movements").data if one["kind"] == "sale"
    )
    assert shown == iso(moment)
    for query, kinds in ((f"until={shown}", ["sale"]), (f"since={shown}", ["restock", "sale"])):
        found = staff("GET", f"/api/stock/movements?{query}&productId={goods.id}").data
        assert sorted(one["kind"] for one in found) == kinds, query
    earlier = iso(moment - dt.timedelta(milliseconds=1))
    assert staff("GET", f"/api/stock/movements?until={earlier}").data == []
    at = f"/api/stock/at?productId={goods.id}&time="
    assert (staff("GET", at + shown).data["stock"], staff("GET", at + earlier).data["stock"]) == (-2, 0)
    # Whoever knows the moment better than it is shown is taken at that word.
    exact = shown.replace("Z", "998Z")
    assert staff("GET", f"/api/stock/movements?until={exact}").data == []


@pytest.mark.parametrize(
    ("path", "body", "details"),
    [
        (
            "/api/stock/reduce",
            {"items": [{"quantity": 1, "sku": "A"}] * 1001},
            {"items": ["must be at most 1000"]},
        ),
        ("/api/stock/reduce", {"items": []}, {"items": ["must not be empty"]}),
        (
            "/api/stock/sync",
            {"items": [{"stock": 1, "sku": "A"}] * 1001},
            {"items": ["must be at most 1000"]},
        ),
        ("/api/stock/sync", {"productIds": ["a"] * 501}, {"productIds": ["must be at most 500"]}),
    ],
)
def test_too_many_are_refused_in_our_own_words(
    staff: Call, path: str, body: dict[str, Any], details: dict[str, list[str]]
) -> None:
    answer = staff("POST", path, body)
    assert (answer.status_code, answer.data["details"]) == (400, details)
