"""Adjust, transfer, thresholds and sync, through REST."""

from __future__ import annotations

from typing import Any

import pytest

from inventory import services
from inventory.models import Location, ProductStock, StockLevel, StockMovement
from tests.hearing import Heard
from tests.inventory.conftest import Call
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods, make_location

pytestmark = pytest.mark.django_db

ADJUST, TRANSFER = "/api/stock/adjust", "/api/stock/transfer"
LEVELS, SYNC = "/api/stock/levels", "/api/stock/sync"


def counted(goods: Goods, quantity: Any, expected: Any, **more: Any) -> dict[str, Any]:
    return {"productId": goods.id, "quantity": quantity, "expected": expected, **more}


# -------------------------------------------------------------------------------------------- adjust


def test_a_count_becomes_a_movement_of_the_difference(staff: Call, heard: Heard) -> None:
    goods = make_goods(stock=38)
    heard.events.clear()
    sent = counted(goods, 40, 38, reason="count")
    answer = staff("POST", ADJUST, {"items": [sent]})
    assert (answer.status_code, answer.data["items"]) == (200, [{**sent, "stock": 40}])
    assert deltas(goods)[-1] == ("main", 2, 40, "adjustment")
    assert StockMovement.objects.latest("id").reason == "count"
    assert heard.names == ["stock.updated"]


def test_a_count_to_nothing_is_fine(staff: Call) -> None:
    goods = make_goods(stock=3)
    assert staff("POST", ADJUST, {"items": [counted(goods, 0, 3)]}).status_code == 200
    assert goods.level().on_hand == 0


def test_a_count_of_what_is_there_changes_nothing_and_announces_nothing(staff: Call, heard: Heard) -> None:
    goods = make_goods(stock=3)
    heard.events.clear()
    version = ProductStock.objects.get(product=goods.product).version
    assert staff("POST", ADJUST, {"items": [counted(goods, 3, 3)]}).status_code == 200
    assert (heard.names, len(deltas(goods))) == ([], 1)
    assert ProductStock.objects.get(product=goods.product).version == version


def test_a_count_that_is_based_on_an_old_figure_is_stale_and_changes_nothing(staff: Call) -> None:
    moved, other = make_goods(stock=39), make_goods(stock=5)
    items = [counted(other, 6, 5), counted(moved, 40, 38)]
    answer = staff("POST", ADJUST, {"items": items})
    assert (answer.status_code, answer.data["code"], answer.data["current"]) == (409, "stale", 39)
    [error] = answer.data["errors"]
    assert (error["item"], error["code"], error["current"]) == (items[1], "stale", 39)
    assert (moved.level().on_hand, other.level().on_hand) == (39, 5)


def test_what_is_held_cannot_be_counted_away(staff: Call) -> None:
    goods = make_goods(stock=5)
    services.reserve_stock(lines=[goods.line(3)], ttl_seconds=60, actor=ACTOR)
    answer = staff("POST", ADJUST, {"items": [counted(goods, 2, 5)]})
    assert (answer.status_code, answer.data["code"], answer.data["errors"][0]["held"]) == (
        409,
        "held_stock",
        3,
    )
    assert staff("POST", ADJUST, {"items": [counted(goods, 3, 5)]}).data["items"][0]["stock"] == 0


def test_a_count_without_a_place_is_of_all_places_and_so_is_what_it_was_based_on(staff: Call) -> None:
    goods = make_goods(stock={"a": 1, "b": 2})
    stale = staff("POST", ADJUST, {"items": [counted(goods, 2, 1)]})
    assert (stale.status_code, stale.data["code"], stale.data["current"]) == (409, "stale", 3)
    answer = staff("POST", ADJUST, {"items": [counted(goods, 8, 3)]})
    assert (answer.status_code, answer.data["items"][0]["stock"]) == (200, 8)
    assert deltas(goods)[2:] == [("a", 5, 6, "adjustment")]
    services.reserve_stock(lines=[goods.line(4, "a")], ttl_seconds=60, actor=ACTOR)
    held = staff("POST", ADJUST, {"items": [counted(goods, 3, 8)]})
    assert (held.status_code, held.data["code"], held.data["errors"][0]["held"]) == (409, "held_stock", 4)
    assert staff("POST", ADJUST, {"items": [counted(goods, 4, 8)]}).status_code == 200
    assert (goods.level("a").on_hand, goods.level("b").on_hand) == (4, 0)


def test_stock_counted_twice_in_one_request_is_a_400(staff: Call) -> None:
    goods = make_goods(stock={"a": 1, "b": 2})
    mixed = [counted(goods, 2, 1, locationId="a"), counted(goods, 3, 3)]
    answer = staff("POST", ADJUST, {"items": mixed})
    assert (answer.status_code, answer.data["code"], len(answer.data["errors"])) == (400, "duplicate_item", 2)
    assert staff("POST", ADJUST, {"items": [counted(goods, 2, 1, locationId="a")]}).status_code == 200
    twice = [counted(goods, 2, 2, locationId="a"), counted(goods, 3, 2, locationId="a")]
    answer = staff("POST", ADJUST, {"items": twice})
    assert (answer.status_code, answer.data["code"], len(answer.data["errors"])) == (400, "duplicate_item", 2)


@pytest.mark.parametrize("figure", [-1, 1.5, "1", True, None, 1_000_000_001])
@pytest.mark.parametrize("name", ["quantity", "expected"])
def test_a_count_is_a_whole_number_from_nothing_to_a_milliard(staff: Call, name: str, figure: Any) -> None:
    goods = make_goods(stock=1)
    answer = staff("POST", ADJUST, {"items": [{**counted(goods, 1, 1), name: figure}]})
    assert (answer.status_code, list(answer.data["details"])) == (400, [f"items[0].{name}"])


def test_a_count_must_say_what_it_was_based_on(staff: Call) -> None:
    goods = make_goods(stock=1)
    answer = staff("POST", ADJUST, {"items": [{"productId": goods.id, "quantity": 2}]})
    assert (answer.status_code, answer.data["details"]) == (400, {"items[0].expected": ["required"]})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ADJUST),
        ("POST", TRANSFER),
        ("PATCH", LEVELS),
        ("GET", "/api/stock/movements"),
        ("GET", "/api/stock/at"),
    ],
)
def test_counting_and_the_ledger_are_the_staffs(
    guest: Call, customer: Call, call: Call, method: str, path: str
) -> None:
    answers = [one(method, path, {} if method != "GET" else None) for one in (guest, customer, call)]
    assert [answer.status_code for answer in answers] == [401, 403, 403]
    assert all(answer["X-Stock-Timestamp"] for answer in answers)


# ------------------------------------------------------------------------------------------ transfer


def test_a_transfer_moves_both_sides_at_once(staff: Call, heard: Heard) -> None:
    make_location("shop")
    goods = make_goods(stock=10)
    heard.events.clear()
    sent = {"productId": goods.id, "quantity": 4}
    answer = staff(
        "POST",
        TRANSFER,
        {"items": [sent], "fromLocationId": "main", "toLocationId": "shop", "reason": "window"},
    )
    assert (answer.status_code, answer.data["items"]) == (200, [{**sent, "stock": 10}])
    assert deltas(goods)[-2:] == [("main", -4, 6, "transfer"), ("shop", 4, 4, "transfer")]
    assert heard.names == ["stock.updated"]
    data = heard.events[0].data()
    assert (data["change"], data["stock"]) == (0, 10)
    assert data["locations"] == [
        {"location_id": "main", "quantity": 6},
        {"location_id": "shop", "quantity": 4},
    ]


@pytest.mark.parametrize(
    ("places", "code"),
    [
        ({"fromLocationId": "main", "toLocationId": "nowhere"}, "unknown_location"),
        ({"fromLocationId": "nowhere", "toLocationId": "main"}, "unknown_location"),
        ({"fromLocationId": "main", "toLocationId": "main"}, "same_location"),
        ({"fromLocationId": "main"}, "invalid"),
        ({"fromLocationId": 7, "toLocationId": "main"}, "invalid"),
    ],
)
def test_a_transfer_needs_two_locations_that_are_there(
    staff: Call, places: dict[str, Any], code: str
) -> None:
    goods = make_goods(stock=10)
    answer = staff("POST", TRANSFER, {"items": [{"productId": goods.id, "quantity": 4}], **places})
    assert (answer.status_code, answer.data["code"]) == (400, code)
    assert goods.level().on_hand == 10
    assert not Location.objects.filter(code="nowhere").exists()


def test_an_item_of_a_transfer_names_no_other_place_than_the_one_it_comes_from(staff: Call) -> None:
    goods = make_goods(stock=10)
    make_location("shop")
    body = {"fromLocationId": "main", "toLocationId": "shop"}
    item = {"productId": goods.id, "quantity": 4}
    elsewhere = {"items": [{**item, "locationId": "main"}, {**item, "locationId": "shop"}], **body}
    refused = staff("POST", TRANSFER, elsewhere)
    assert (refused.status_code, list(refused.data["details"])) == (400, ["items[1].locationId"])
    assert [kind for *_, kind in deltas(goods)] == ["restock"]
    assert staff("POST", TRANSFER, {"items": elsewhere["items"][:1], **body}).status_code == 200
    assert deltas(goods)[-2:] == [("main", -4, 6, "transfer"), ("shop", 4, 4, "transfer")]


def test_a_transfer_of_more_than_can_be_sold_there_is_short(staff: Call) -> None:
    goods = make_goods(stock={"main": 2, "shop": 9})
    places = {"fromLocationId": "main", "toLocationId": "shop"}
    answer = staff("POST", TRANSFER, {"items": [{"productId": goods.id, "quantity": 3}], **places})
    assert (answer.status_code, answer.data["errors"][0]["available"]) == (409, 2)
    assert len(deltas(goods)) == 2


# ---------------------------------------------------------------------------------------- thresholds


def test_a_threshold_is_set_where_it_is_said_or_everywhere(staff: Call) -> None:
    goods = make_goods(stock={"a": 9, "b": 9})
    answer = staff(
        "PATCH", LEVELS, {"items": [{"productId": goods.id, "locationId": "a", "lowStockThreshold": 2}]}
    )
    assert answer.status_code == 200
    assert answer.data["items"][0]["lowStockThreshold"] == 2
    assert (goods.level("a").low_stock_threshold, goods.level("b").low_stock_threshold) == (2, 5)
    staff("PATCH", LEVELS, {"items": [{"productId": goods.id, "lowStockThreshold": 7}]})
    assert (goods.level("a").low_stock_threshold, goods.level("b").low_stock_threshold) == (7, 7)


def test_a_threshold_is_heard_of_at_the_next_fall_below_it(staff: Call, heard: Heard) -> None:
    goods = make_goods(stock=9)
    staff("PATCH", LEVELS, {"items": [{"productId": goods.id, "lowStockThreshold": 8}]})
    services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    assert heard.names.count("stock.low") == 1


def test_a_threshold_may_come_before_the_first_stock(staff: Call, heard: Heard) -> None:
    goods = make_goods()
    assert (
        staff("PATCH", LEVELS, {"items": [{"productId": goods.id, "lowStockThreshold": 3}]}).status_code
        == 200
    )
    assert (goods.level().on_hand, goods.level().low_stock_threshold) == (0, 3)
    assert heard.names == ["stock.updated"]  # since now the location is shown
    assert heard.events[0].data()["locations"] == [{"location_id": "main", "quantity": 0}]
    heard.events.clear()
    staff("PATCH", LEVELS, {"items": [{"productId": goods.id, "lowStockThreshold": 4}]})
    assert heard.names == []


@pytest.mark.parametrize("threshold", [-1, 1.5, "1", True, None, 1_000_001])
def test_a_threshold_is_a_whole_number(staff: Call, threshold: Any) -> None:
    goods = make_goods(stock=1)
    answer = staff("PATCH", LEVELS, {"items": [{"productId": goods.id, "lowStockThreshold": threshold}]})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["items[0].lowStockThreshold"])


# ---------------------------------------------------------------------------------------------- sync


def test_a_touch_announces_every_variant_as_it_is(call: Call, heard: Heard) -> None:
    goods = make_goods({"size": "S"}, {"size": "M"}, stock=3)
    before = call("GET", f"/api/products/{goods.id}/stock")
    heard.events.clear()
    answer = call("POST", SYNC, {"productIds": [goods.id, "nothing"]})
    assert answer.status_code == 200
    assert (answer.data["success"], answer.data["updated"], answer.data["missing"]) == (True, 1, ["nothing"])
    assert [product["productId"] for product in answer.data["products"]] == [goods.id]
    assert answer.data["products"][0]["updatedAt"] > before.data["updatedAt"]
    assert heard.names == ["stock.updated", "stock.updated"]
    assert [event.extra() for event in heard.events] == [{"touch": True}] * 2
    assert [event.data()["change"] for event in heard.events] == [0, 0]
    assert len(deltas(goods)) == 2


def test_counts_from_another_system_go_through_the_ledger(call: Call, heard: Heard) -> None:
    goods = make_goods({"size": "S"}, {"size": "M"}, stock=3)
    heard.events.clear()
    items = [
        {"productId": goods.id, "size": "S", "stock": 12},
        {"productId": goods.id, "size": "M", "stock": 3},
    ]
    answer = call("POST", SYNC, {"items": items})
    assert (answer.status_code, answer.data["updated"]) == (200, 1)
    assert answer.data["products"][0]["stock"] == 15
    assert deltas(goods)[2:] == [("main", 9, 12, "recount")]
    assert heard.names == ["stock.updated"]


def test_a_count_without_a_place_is_what_there_is_of_the_variant_in_all(call: Call) -> None:
    make_location("GBG1", priority=1)
    goods = make_goods(stock={"GBG1": 2, "STH1": 36})
    for counted_units, first, second in ((12, 0, 12), (15, 3, 12)):
        answer = call("POST", SYNC, {"items": [{"productId": goods.id, "stock": counted_units}]})
        assert answer.data["products"][0]["stock"] == counted_units
        assert (goods.level("GBG1").on_hand, goods.level("STH1").on_hand) == (first, second)


def test_a_count_of_none_that_opens_a_place_is_announced_and_moves_the_tag(call: Call, heard: Heard) -> None:
    goods = make_goods()
    path, items = f"/products/{goods.id}", [{"productId": goods.id, "stock": 0}]
    before = call("GET", path)
    assert call("POST", SYNC, {"items": items}).data["updated"] == 1
    assert (heard.names, heard.events[0].data()["change"]) == (["stock.updated"], 0)
    after = call("GET", path)
    assert after.data["stock"] == [{"location_id": "main", "quantity": 0}]
    assert after["ETag"] != before["ETag"]
    assert call("POST", SYNC, {"items": items}).data["updated"] == 0
    assert heard.names == ["stock.updated"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"productIds": [], "items": []}, "invalid"),
        ({"productIds": "a"}, "invalid"),
        ({"productIds": [7]}, "invalid"),
        ({"productIds": ["x"] * 501}, "invalid"),
        ({"items": [{"productId": "none", "stock": 5}]}, "unknown_product"),
        ({"items": [{"productId": "none", "stock": -5}]}, "invalid"),
    ],
)
def test_a_bad_sync_is_a_400(call: Call, body: Any, code: str) -> None:
    answer = call("POST", SYNC, body)
    assert (answer.status_code, answer.data["code"]) == (400, code)


def test_a_sync_that_is_refused_touches_nothing(call: Call, heard: Heard) -> None:
    goods = make_goods(stock=5)
    services.reserve_stock(lines=[goods.line(3)], ttl_seconds=60, actor=ACTOR)
    heard.events.clear()
    body = {"productIds": [goods.id], "items": [{"productId": goods.id, "stock": 2}]}
    answer = call("POST", SYNC, body)
    assert (answer.status_code, answer.data["code"]) == (409, "held_stock")
    assert heard.names == [] or StockLevel.objects.get(product=goods.product).version == 2
