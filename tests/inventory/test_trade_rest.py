"""Validate, reduce and restock, through REST: rules, refusals, replays, headers, events."""

from __future__ import annotations

import json

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from config.identity.models import Role, Scope
from inventory.models import StockLevel, StockMovement, StockOperation
from tests.hearing import Heard
from tests.inventory.conftest import Call, key_caller, user_caller
from tests.inventory.shop import deltas, make_goods, make_location
from tests.inventory.trading import REDUCE, RESTOCK, VALIDATE, item, shirts

pytestmark = pytest.mark.django_db


# -------------------------------------------------------------------------------------------- reduce


def test_a_reduction_echoes_each_item_with_what_is_left(call: Call) -> None:
    goods = shirts()
    sent = item(goods, 2, size="M", color="Red", note="as a gift")
    answer = call("POST", f"{REDUCE}?afterOrder=true&orderId=12345", {"items": [sent]})
    assert answer.status_code == 200
    assert answer.data == {
        "success": True,
        "orderId": "12345",
        "items": [{**sent, "stock": 8}],
        "timestamp": answer.data["timestamp"],
    }
    assert answer["X-Stock-Timestamp"] == answer.data["timestamp"]
    assert answer["Cache-Control"] == "no-cache, no-store, must-revalidate"
    assert deltas(goods)[-1] == ("main", -2, 8, "sale")


def test_a_reduction_is_announced_with_full_state(call: Call, heard: Heard) -> None:
    goods = shirts()
    heard.events.clear()
    call("POST", f"{REDUCE}?afterOrder=true&orderId=o-1", {"items": [item(goods, 2, size="M", color="Red")]})
    assert heard.names == ["stock.reduced"]
    assert heard.events[0].data() == {
        "product_id": goods.id,
        "variant_id": goods.variants[0].id,
        "sku": goods.variants[0].sku,
        "attributes": {"size": "M", "color": "Red"},
        "change": -2,
        "stock": 8,
        "total_stock": 28,
        "locations": [{"location_id": "main", "quantity": 8}],
        "after_order": True,
        "reference": "o-1",
        "version": 7,
    }


def test_a_reduction_that_falls_to_the_threshold_is_announced_as_low_once(call: Call, heard: Heard) -> None:
    goods = make_goods(stock=7)
    heard.events.clear()
    for _ in range(4):
        call("POST", REDUCE, {"items": [item(goods)]})
    assert heard.names == ["stock.reduced", "stock.reduced", "stock.low", "stock.reduced", "stock.reduced"]
    low = heard.events[2].data()
    assert (low["current_stock"], low["low_stock_threshold"], low["severity"]) == (5, 5, "warning")
    versions = [event.version_number for event in heard.events]
    assert versions == sorted(set(versions), key=lambda version: version or 0), (
        "each event is newer than the last"
    )


@pytest.mark.parametrize(
    ("left", "threshold", "severity"),
    [(1, 5, "critical"), (2, 5, "warning"), (0, 5, "critical"), (0, 0, "critical"), (1, 4, "warning")],
)
def test_low_is_critical_at_none_and_at_a_fifth_of_the_threshold(
    call: Call, heard: Heard, left: int, threshold: int, severity: str
) -> None:
    goods = make_goods(stock=20)
    StockLevel.objects.filter(product=goods.product).update(low_stock_threshold=threshold)
    heard.events.clear()
    call("POST", REDUCE, {"items": [item(goods, 20 - left)]})
    low = [event.data() for event in heard.events if event.name == "stock.low"]
    assert [(one["current_stock"], one["severity"]) for one in low] == [(left, severity)]


def test_short_stock_refuses_all_and_changes_nothing(call: Call, heard: Heard) -> None:
    plenty, few = make_goods(stock=10), make_goods(stock=1)
    heard.events.clear()
    sent = [item(plenty, 2), item(few, 2)]
    answer = call("POST", f"{REDUCE}?orderId=7", {"items": sent})
    assert answer.status_code == 409
    assert answer.data["errors"] == [
        {"item": sent[1], "error": "Item out of stock", "code": "out_of_stock", "available": 1}
    ]
    assert (answer.data["success"], answer.data["code"]) == (False, "out_of_stock")
    assert answer["X-Stock-Timestamp"]
    assert answer["Cache-Control"] == "private, max-age=5"
    assert (plenty.level().on_hand, few.level().on_hand) == (10, 1)
    assert heard.names == []
    assert not StockOperation.objects.filter(reference="7").exists()


def test_a_refused_order_may_try_again_under_its_id(call: Call) -> None:
    goods = make_goods(stock=1)
    body = {"items": [item(goods, 2)]}
    assert call("POST", f"{REDUCE}?orderId=7", body).status_code == 409
    call("POST", RESTOCK, {"items": [item(goods, 5)]})
    assert call("POST", f"{REDUCE}?orderId=7", body).data["items"][0]["stock"] == 4


def test_items_of_one_variant_are_added_up_before_they_are_judged(call: Call) -> None:
    goods = shirts(stock=5)
    named = [
        item(goods, 3, size="M", color="Red"),
        {"sku": goods.variants[0].sku, "quantity": 3},
    ]
    answer = call("POST", REDUCE, {"items": named})
    assert answer.status_code == 409
    assert [error["item"] for error in answer.data["errors"]] == named
    assert goods.level().on_hand == 5


def test_the_same_order_gets_its_first_answer_byte_for_byte(call: Call) -> None:
    goods = shirts()
    path = f"{REDUCE}?orderId=12345&afterOrder=true"
    first = call("POST", path, {"items": [item(goods, 2, size="M", color="Red"), item(goods, 1, size="L")]})
    again = call(
        "POST",
        path,
        {
            "items": [
                {"sku": goods.variants[2].sku, "quantity": 1},
                {"variantId": goods.variants[0].id, "quantity": 2},
            ]
        },
    )
    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert again["X-Stock-Timestamp"] == first["X-Stock-Timestamp"]
    assert not first.has_header("Idempotent-Replayed")
    assert goods.level().on_hand == 8


def test_the_same_order_with_other_items_is_refused(call: Call) -> None:
    goods = shirts()
    call("POST", f"{REDUCE}?orderId=1", {"items": [item(goods, 2, size="L")]})
    answer = call("POST", f"{REDUCE}?orderId=1", {"items": [item(goods, 3, size="L")]})
    assert (answer.status_code, answer.data["code"]) == (422, "idempotency_key_reused")
    assert goods.level(variant=2).on_hand == 8


def test_a_restock_may_bear_the_orders_id(call: Call) -> None:
    goods = make_goods(stock=5)
    call("POST", f"{REDUCE}?orderId=1", {"items": [item(goods, 2)]})
    assert call("POST", f"{RESTOCK}?orderId=1", {"items": [item(goods, 2)]}).data["items"][0]["stock"] == 5
    replayed = call("POST", f"{RESTOCK}?orderId=1", {"items": [item(goods, 2)]})
    assert replayed["Idempotent-Replayed"] == "true"
    assert goods.level().on_hand == 5


def test_without_an_order_and_a_key_it_is_simply_done_each_time(call: Call) -> None:
    goods = make_goods(stock=5)
    for _ in range(2):
        assert call("POST", REDUCE, {"items": [item(goods)]}).data["orderId"] is None
    assert goods.level().on_hand == 3


def test_an_idempotency_key_gives_the_first_answer_again(call: Call) -> None:
    goods = make_goods(stock=5)
    body = {"items": [item(goods)]}
    first = call("POST", REDUCE, body, **{"Idempotency-Key": "k"})
    again = call("POST", REDUCE, body, **{"Idempotency-Key": "k"})
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert again["X-Stock-Timestamp"] == first["X-Stock-Timestamp"]
    other = call("POST", REDUCE, {"items": [item(goods, 2)]}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.data["code"]) == (422, "idempotency_key_reused")
    assert goods.level().on_hand == 4


def test_a_location_narrows_a_sale_to_what_is_there(call: Call) -> None:
    make_location("near", priority=1)
    goods = make_goods(stock={"near": 2, "far": 9})
    short = call("POST", REDUCE, {"items": [item(goods, 3, locationId="near")]})
    assert (short.status_code, short.data["errors"][0]["available"]) == (409, 2)
    assert call("POST", REDUCE, {"items": [item(goods, 3, locationId="far")]}).data["items"][0]["stock"] == 6
    call("POST", REDUCE, {"items": [item(goods, 4)]})
    assert (goods.level("near").on_hand, goods.level("far").on_hand) == (0, 4)
    assert deltas(goods)[-2:] == [("near", -2, 0, "sale"), ("far", -2, 4, "sale")]


def test_a_thousand_items_take_the_same_queries_as_one(
    call: Call, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many = [make_goods(stock=5) for _ in range(60)]
    with django_assert_max_num_queries(16):
        answer = call("POST", f"{REDUCE}?orderId=1", {"items": [item(goods) for goods in many] * 2})
    assert answer.status_code == 200
    assert all(goods.level().on_hand == 3 for goods in many)


# -------------------------------------------------------------------------------------------- restock


def test_a_restock_writes_its_reason_and_announces_the_new_state(call: Call, heard: Heard) -> None:
    goods = make_goods(stock=1)
    call("POST", REDUCE, {"items": [item(goods)]})
    heard.events.clear()
    answer = call("POST", f"{RESTOCK}?orderId=o1", {"items": [item(goods, 3)], "reason": "came back"})
    assert answer.data["items"][0]["stock"] == 3
    movement = StockMovement.objects.latest("id")
    assert (movement.kind, movement.reason, movement.reference) == ("restock", "came back", "o1")
    assert (movement.source, movement.actor.split(":")[0]) == ("api", "service")
    assert heard.names == ["stock.updated", "stock.back"]
    assert heard.events[0].data()["change"] == 3


def test_the_first_stock_ever_goes_to_the_shops_own_location_and_whoever_wished_hears(
    call: Call, heard: Heard
) -> None:
    goods = make_goods()
    assert call("POST", RESTOCK, {"items": [item(goods, 3)]}).status_code == 200
    assert goods.level("main").on_hand == 3
    assert heard.names == ["stock.updated", "stock.back"]


# ------------------------------------------------------------------------------------------- validate


def test_validation_tells_what_can_be_sold_and_changes_nothing(guest: Call) -> None:
    goods = shirts()
    sent = item(goods, 2, size="M", color="Red")
    answer = guest("POST", VALIDATE, {"items": [sent]})
    assert answer.status_code == 200
    assert answer.data == {
        "success": True,
        "items": [{**sent, "available": 10}],
        "timestamp": answer.data["timestamp"],
    }
    assert answer["Cache-Control"] == "private, max-age=5"
    assert len(deltas(goods)) == 3


def test_validation_finds_everything_that_is_wrong_and_answers_200(guest: Call) -> None:
    goods = shirts(stock=1)
    short, unknown = item(goods, 2, size="L"), item(goods, 1, size="XS")
    answer = guest("POST", VALIDATE, {"items": [short, unknown, item(goods, 1, size="M", color="Red")]})
    assert answer.status_code == 200
    assert answer.data["success"] is False
    assert answer.data["errors"] == [
        {"item": short, "error": "Item out of stock", "code": "out_of_stock", "available": 1},
        {"item": unknown, "error": "Unknown variant", "code": "unknown_variant"},
    ]


# ----------------------------------------------------------------------------------- who may, headers


@pytest.mark.parametrize("path", [REDUCE, RESTOCK])
def test_only_the_shops_server_and_staff_move_stock(
    guest: Call, customer: Call, staff: Call, call: Call, path: str
) -> None:
    goods = make_goods(stock=5)
    body = {"items": [item(goods)]}
    reader = key_caller(Scope.ORDERS_READ, name="reader")
    tailor = user_caller(Role.TAILOR, "tailor@example.com")
    assert [one("POST", path, body).status_code for one in (guest, customer, tailor, reader)] == [
        401,
        403,
        403,
        403,
    ]
    refused = guest("POST", path, body)
    assert refused["X-Stock-Timestamp"]
    assert goods.level().on_hand == 5
    assert [one("POST", path, body).status_code for one in (staff, call)] == [200, 200]


def test_in_open_mode_anyone_reduces_but_nobody_restocks(guest: Call, settings: Settings) -> None:
    settings.STOCKWIRE_OPEN_WRITES = True
    goods = make_goods(stock=5)
    assert guest("POST", REDUCE, {"items": [item(goods)]}).status_code == 200
    assert guest("POST", RESTOCK, {"items": [item(goods)]}).status_code == 401


@pytest.mark.parametrize("path", [REDUCE, RESTOCK, VALIDATE, "/api/stock/adjust", "/api/stock/transfer"])
def test_a_method_that_is_not_there_says_so_with_the_same_headers(staff: Call, path: str) -> None:
    answer = staff("GET", path)
    assert (answer.status_code, answer["Cache-Control"]) == (405, "public, max-age=5")
    assert answer["X-Stock-Timestamp"]


def test_the_answer_is_json_that_a_replay_repeats_after_years(call: Call) -> None:
    goods = make_goods(stock=5)
    answer = call("POST", f"{REDUCE}?orderId=9", {"items": [item(goods)]})
    assert json.loads(StockOperation.objects.get(reference="9").answer) == answer.data
