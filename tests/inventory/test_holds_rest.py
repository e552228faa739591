"""Holds through REST: reserve, commit, extend, release, and the clock that ends them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db.models import F

from config.identity.models import Role
from config.kernel.clock import iso, now, parse_iso
from inventory import services
from inventory.models import Reservation, ReservationLine, ReservationState
from tests.hearing import Heard
from tests.inventory.conftest import Call, user_caller
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods

pytestmark = pytest.mark.django_db

RESERVE = "/api/stock/reserve"


def reserve(call: Call, goods: Goods, quantity: int = 2, **more: Any) -> str:
    answer = call("POST", RESERVE, {"items": [{"productId": goods.id, "quantity": quantity}], **more})
    assert answer.status_code == 201
    return str(answer.data["reservationId"])


def path_of(reservation_id: str, verb: str = "") -> str:
    return f"/api/stock/reservations/{reservation_id}{verb}"


def let_run_out(reservation_id: str) -> None:
    """The clock goes on: the hold's whole life is moved into the past."""
    day = dt.timedelta(days=1)
    Reservation.objects.filter(id=reservation_id).update(
        created_at=F("created_at") - day, expires_at=F("expires_at") - day
    )


def available(call: Call, goods: Goods) -> int:
    return int(call("GET", f"/api/products/{goods.id}/stock").data["stock"])


def test_what_is_held_is_on_the_shelf_but_not_for_others(customer: Call, heard: Heard) -> None:
    goods = make_goods(stock=5)
    heard.events.clear()
    before = now()
    sent = {"productId": goods.id, "quantity": 2}
    answer = customer("POST", RESERVE, {"items": [sent], "ttlSeconds": 60})
    assert answer.status_code == 201
    assert answer.data["items"] == [{**sent, "available": 3}]
    ends = parse_iso(answer.data["expiresAt"])
    assert dt.timedelta(seconds=59) < ends - before < dt.timedelta(seconds=62)
    assert (goods.level().on_hand, goods.level().reserved) == (5, 2)
    assert available(customer, goods) == 3
    assert heard.names == ["stock.reserved"]
    data = heard.events[0].data()
    assert (data["change"], data["stock"], data["total_stock"]) == (-2, 3, 3)
    assert data["locations"] == [{"location_id": "main", "quantity": 5}]
    assert len(deltas(goods)) == 1, "a hold is no movement"


def test_more_than_can_be_sold_is_not_held(customer: Call) -> None:
    goods = make_goods(stock=5)
    reserve(customer, goods, 4)
    answer = customer("POST", RESERVE, {"items": [{"productId": goods.id, "quantity": 2}]})
    assert (answer.status_code, answer.data["errors"][0]["available"]) == (409, 1)
    assert Reservation.objects.count() == 1


def test_a_committed_hold_is_sold(customer: Call, heard: Heard) -> None:
    goods = make_goods({"size": "M"}, stock=5)
    reservation = reserve(customer, goods)
    heard.events.clear()
    answer = customer("POST", path_of(reservation, "/commit?orderId=o-1&afterOrder=true"))
    assert answer.status_code == 200
    assert answer.data == {
        "success": True,
        "orderId": "o-1",
        "items": [
            {
                "productId": goods.id,
                "variantId": goods.variants[0].id,
                "sku": goods.variants[0].sku,
                "size": "M",
                "quantity": 2,
                "stock": 3,
            }
        ],
        "timestamp": answer.data["timestamp"],
    }
    assert (goods.level().on_hand, goods.level().reserved) == (3, 0)
    assert heard.names == ["stock.reduced"]
    data = heard.events[0].data()
    assert (data["change"], data["stock"], data["reference"], data["after_order"]) == (-2, 3, "o-1", True)
    assert deltas(goods)[-1] == ("main", -2, 3, "sale")


@pytest.mark.parametrize("query", ["", "?orderId=o-1"])
def test_a_hold_committed_twice_is_sold_once_and_answered_the_same(customer: Call, query: str) -> None:
    goods = make_goods(stock=5)
    reservation = reserve(customer, goods)
    first = customer("POST", path_of(reservation, f"/commit{query}"))
    again = customer("POST", path_of(reservation, f"/commit{query}"))
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (200, first.content, "true")
    assert goods.level().on_hand == 3


def test_a_hold_is_not_sold_under_two_orders(customer: Call) -> None:
    goods = make_goods(stock=5)
    reservation = reserve(customer, goods)
    customer("POST", path_of(reservation, "/commit?orderId=o-1"))
    answer = customer("POST", path_of(reservation, "/commit?orderId=o-2"))
    assert (answer.status_code, answer.data["code"]) == (409, "reservation_committed")
    assert goods.level().on_hand == 3


def test_an_order_that_was_reduced_does_not_sell_a_hold_too(call: Call) -> None:
    goods = make_goods(stock=9)
    reservation = reserve(call, goods)
    call("POST", "/api/stock/reduce?orderId=o-1", {"items": [{"productId": goods.id, "quantity": 2}]})
    answer = call("POST", path_of(reservation, "/commit?orderId=o-1"))
    assert (answer.status_code, answer.data["code"]) == (422, "idempotency_key_reused")
    assert goods.level().on_hand == 7


def test_a_released_hold_is_for_others_again_and_stays_released(customer: Call, heard: Heard) -> None:
    goods = make_goods(stock=2)
    reservation = reserve(customer, goods)
    heard.events.clear()
    for _ in range(2):
        answer = customer("DELETE", path_of(reservation))
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer["X-Stock-Timestamp"]
    assert heard.names == ["stock.released", "stock.back"]
    assert heard.events[0].data()["change"] == 2
    assert available(customer, goods) == 2
    refused = customer("POST", path_of(reservation, "/commit"))
    assert (refused.status_code, refused.data["code"]) == (409, "reservation_released")


def test_a_sold_hold_cannot_be_released(customer: Call) -> None:
    goods = make_goods(stock=5)
    reservation = reserve(customer, goods)
    customer("POST", path_of(reservation, "/commit"))
    answer = customer("DELETE", path_of(reservation))
    assert (answer.status_code, answer.data["code"]) == (409, "reservation_committed")


def test_a_hold_ends_by_the_clock_without_any_job(customer: Call, call: Call, heard: Heard) -> None:
    goods = make_goods(stock=5)
    reservation = reserve(customer, goods, 4)
    assert available(customer, goods) == 1
    let_run_out(reservation)
    assert available(customer, goods) == 5
    assert customer("POST", "/api/stock/validate", {"items": [{"productId": goods.id, "quantity": 5}]}).data[
        "success"
    ]
    heard.events.clear()
    sold = call("POST", "/api/stock/reduce", {"items": [{"productId": goods.id, "quantity": 5}]})
    assert sold.status_code == 200
    assert heard.names == ["stock.released", "stock.reduced"]
    assert [event.data()["stock"] for event in heard.events] == [5, 0]
    assert (goods.level().on_hand, goods.level().reserved) == (0, 0)
    for verb in ("/commit", "/extend"):
        answer = customer("POST", path_of(reservation, verb), {"ttlSeconds": 60})
        assert (answer.status_code, answer.data["code"]) == (409, "reservation_expired")
    assert customer("DELETE", path_of(reservation)).status_code == 204


def test_an_expired_hold_cannot_be_sold_before_anybody_has_tidied_it_up(customer: Call) -> None:
    goods = make_goods(stock=5)
    reservation = reserve(customer, goods)
    let_run_out(reservation)
    answer = customer("POST", path_of(reservation, "/commit"))
    assert (answer.status_code, answer.data["code"]) == (409, "reservation_expired")
    assert goods.level().on_hand == 5


def test_the_sweep_tidies_up_once_and_leaves_what_still_holds(customer: Call, heard: Heard) -> None:
    old, new = make_goods(stock=5), make_goods(stock=5)
    expired = reserve(customer, old)
    standing = reserve(customer, new)
    let_run_out(expired)
    heard.events.clear()
    assert [services.release_expired(), services.release_expired()] == [1, 0]
    assert heard.names == ["stock.released"]
    assert (old.level().reserved, new.level().reserved) == (0, 2)
    states = dict(Reservation.objects.values_list("id", "state"))
    assert states == {expired: ReservationState.EXPIRED, standing: ReservationState.ACTIVE}
    assert ReservationLine.objects.filter(ended_at__isnull=True).count() == 1


def test_a_sale_of_one_product_ends_an_expired_hold_there_and_leaves_the_rest_of_it_to_the_next(
    customer: Call, call: Call, heard: Heard
) -> None:
    mug, plate = make_goods(stock=5), make_goods(stock=5)
    items = [{"productId": goods.id, "quantity": 2} for goods in (mug, plate)]
    reservation = customer("POST", RESERVE, {"items": items}).data["reservationId"]
    let_run_out(reservation)
    call("POST", "/api/stock/reduce", {"items": [{"productId": mug.id, "quantity": 5}]})
    assert (mug.level().reserved, plate.level().reserved) == (0, 2)
    assert available(customer, plate) == 5
    assert services.release_expired() == 1
    assert plate.level().reserved == 0


def test_a_hold_is_extended_from_now_and_never_shortened(customer: Call, heard: Heard) -> None:
    goods = make_goods(stock=5)
    reservation = reserve(customer, goods, ttlSeconds=60)
    heard.events.clear()
    longer = customer("POST", path_of(reservation, "/extend"), {"ttlSeconds": 3600})
    assert longer.status_code == 200
    assert parse_iso(longer.data["expiresAt"]) - now() > dt.timedelta(minutes=59)
    same = customer("POST", path_of(reservation, "/extend"), {"ttlSeconds": 1})
    assert same.data["expiresAt"] == longer.data["expiresAt"]
    assert heard.names == []
    assert iso(Reservation.objects.get(id=reservation).expires_at) == longer.data["expiresAt"]


@pytest.mark.parametrize("ttl", [0, -1, 86_401, 1.5, "60", True, None])
def test_a_hold_lasts_from_a_second_to_a_day(customer: Call, ttl: Any) -> None:
    goods = make_goods(stock=5)
    body = {"items": [{"productId": goods.id, "quantity": 1}], "ttlSeconds": ttl}
    answer = customer("POST", RESERVE, body)
    assert (answer.status_code, list(answer.data["details"])) == (400, ["ttlSeconds"])
    reservation = reserve(customer, goods)
    assert customer("POST", path_of(reservation, "/extend"), {"ttlSeconds": ttl}).status_code == 400


def test_a_hold_without_a_time_lasts_ten_minutes(customer: Call) -> None:
    reservation = Reservation.objects.get(id=reserve(customer, make_goods(stock=5)))
    assert reservation.expires_at - reservation.created_at == dt.timedelta(minutes=10)


def test_a_hold_is_its_holders_and_the_staffs(customer: Call, staff: Call, call: Call, guest: Call) -> None:
    goods = make_goods(stock=9)
    stranger = user_caller(Role.CUSTOMER, "stranger@example.com")
    reservation = reserve(customer, goods)
    for one in (stranger, call):
        for method, verb in (("POST", "/commit"), ("POST", "/extend"), ("DELETE", "")):
            answer = one(method, path_of(reservation, verb), {"ttlSeconds": 60})
            assert (answer.status_code, answer.data["code"]) == (404, "unknown_reservation")
    assert guest("POST", path_of(reservation, "/commit")).status_code == 401
    assert guest("POST", RESERVE, {"items": []}).status_code == 401
    assert staff("POST", path_of(reservation, "/extend"), {"ttlSeconds": 700}).status_code == 200
    assert staff("POST", path_of(reservation, "/commit")).status_code == 200


@pytest.mark.parametrize("reservation", ["rsv_none", "x" * 300, "%00"])
def test_a_hold_that_is_not_there_is_a_404(customer: Call, reservation: str) -> None:
    assert customer("DELETE", path_of(reservation)).status_code == 404
    assert customer("POST", path_of(reservation, "/commit")).status_code == 404


def test_a_key_makes_a_reservation_once(customer: Call) -> None:
    goods = make_goods(stock=5)
    body = {"items": [{"productId": goods.id, "quantity": 2}]}
    first = customer("POST", RESERVE, body, **{"Idempotency-Key": "k"})
    again = customer("POST", RESERVE, body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (201, first.content)
    assert (Reservation.objects.count(), goods.level().reserved) == (1, 2)


def test_a_hold_over_several_locations_is_sold_from_where_it_was_held(customer: Call) -> None:
    goods = make_goods(stock={"a": 2, "b": 2})
    reservation = reserve(customer, goods, 3)
    services.restock(lines=[goods.line(5, "a")], actor=ACTOR)
    answer = customer("POST", path_of(reservation, "/commit"))
    assert [item["quantity"] for item in answer.data["items"]] == [3]
    assert deltas(goods)[-2:] == [("a", -2, 5, "sale"), ("b", -1, 1, "sale")]
