"""Reading orders through REST: who sees which, filters, pages, conditional reads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from config.kernel.clock import iso
from orders.models import Order
from tests.inventory.conftest import caller
from tests.orders.conftest import Call, Person, person
from tests.orders.shop import mug, place, ship

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders"


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [order["_id"] for order in answer.data]


# ------------------------------------------------------------------------------------- who sees what


def test_each_sees_what_is_theirs_to_see_in_lists_and_alone(
    callers: dict[str, Any], other: Person, tailor: Person, delivery: Person, reader: Call
) -> None:
    goods = mug(stock=100)
    own = [place(callers["customer"], goods.item(1))["_id"] for _ in range(2)]
    others = place(other, goods.item(1))["_id"]
    staff = callers["admin"]
    staff("PUT", f"{ORDERS}/{own[0]}/assign", {"tailor": tailor.id})
    staff("PUT", f"{ORDERS}/{others}/assign", {"deliveryPartner": delivery.id})
    seen = {
        "customer": [own[1], own[0]],
        "other": [others],
        "admin": [others, own[1], own[0]],
        "reader": [others, own[1], own[0]],
        "tailor": [own[0]],
        "delivery": [others],
    }
    for name, expected in seen.items():
        call = {**callers, "other": other, "reader": reader}[name]
        assert ids(call("GET", ORDERS)) == expected, name
        for order_id in (*own, others):
            answer = call("GET", f"{ORDERS}/{order_id}")
            if order_id in expected:
                assert (answer.status_code, answer.data["_id"]) == (200, order_id)
            else:
                assert (answer.status_code, answer.data["code"], answer.data["message"]) == (
                    404,
                    "unknown_order",
                    "Order not found",
                )


def test_guests_and_keys_without_the_scope_see_nothing(guest: Call, server: Call, customer: Person) -> None:
    order = place(customer, mug().item(1))
    for path in (ORDERS, f"{ORDERS}/{order['_id']}"):
        assert (guest("GET", path).status_code, guest("GET", path).data["code"]) == (401, "not_authenticated")
        assert server("GET", path).data["code"] == "insufficient_scope"
        wrong = caller(authorization="Bearer nonsense")("GET", path)
        assert (wrong.status_code, wrong.data["code"]) == (401, "invalid_token")


def test_the_customer_is_populated_in_the_staffs_lists_and_nowhere_else(
    customer: Person, staff: Person, reader: Call
) -> None:
    order = place(customer, mug().item(1))
    populated = {"_id": customer.id, "name": "Carla", "email": "carla@example.com", "phone": "0100"}
    assert staff("GET", ORDERS).data == [{**order, "userId": populated}]
    assert reader("GET", ORDERS).data == [{**order, "userId": populated}]
    assert customer("GET", ORDERS).data == [order]
    assert staff("GET", f"{ORDERS}/{order['_id']}").data == order


def test_an_order_that_is_not_there_is_a_404_to_everybody(customer: Person, staff: Person) -> None:
    for call in (customer, staff):
        for path in (f"{ORDERS}/nothing", f"{ORDERS}/ord_%00"):
            assert call("GET", path).status_code == 404


# ------------------------------------------------------------------------------------------- filters


def test_lists_are_narrowed_by_status_user_time_and_search(staff: Person) -> None:
    goods = mug(stock=100)
    carla, omar = person(name="carla", phone="+20100"), person(name="omar")
    first = place(carla, goods.item(1), phone="555-1")
    second = place(omar, goods.item(1))
    third = place(carla, goods.item(1))
    ship(staff, second["_id"])
    long_ago = dt.datetime(2020, 5, 1, 12, tzinfo=dt.UTC)
    Order.objects.filter(id=first["_id"]).update(created_at=long_ago)
    wanted = {
        "status=shipped": [second],
        "status=pending": [third, first],
        f"user={carla.id}": [third, first],
        "user=nobody": [],
        f"since={iso(long_ago + dt.timedelta(seconds=1))}": [third, second],
        "since=2020-05-01T14:00:00%2B02:00": [third, second, first],
        "search=CARLA": [third, first],
        "search=omar@example": [second],
        "search=555": [first],
        f"search={second['orderNumber'].lower()}": [second],
        f"search={third['_id']}": [third],
        f"search=carla&status=pending&since=2021-01-01&user={carla.id}": [third],
        "search=%25": [],
    }
    for query, orders in wanted.items():
        assert ids(staff("GET", f"{ORDERS}?{query}")) == [order["_id"] for order in orders], query


def test_a_filter_never_shows_more_than_one_may_see(customer: Person, other: Person) -> None:
    place(other, mug().item(1))
    assert ids(customer("GET", f"{ORDERS}?user={other.id}")) == []
    assert ids(customer("GET", f"{ORDERS}?search=omar")) == []


@pytest.mark.parametrize(
    ("query", "place_"),
    [("status=lost", "status"), ("since=soon", "since"), ("limit=0", "limit"), ("limit=501", "limit")],
)
def test_a_filter_that_can_not_be_read_is_a_400(staff: Person, query: str, place_: str) -> None:
    answer = staff("GET", f"{ORDERS}?{query}")
    assert (answer.status_code, list(answer.data["details"])) == (400, [place_])


def test_pages_follow_one_another_newest_first(customer: Person) -> None:
    goods = mug(stock=100)
    placed = [place(customer, goods.item(1))["_id"] for _ in range(5)]
    found: list[str] = []
    path = f"{ORDERS}?limit=2"
    while path:
        answer = customer("GET", path)
        found += ids(answer)
        link = answer.get("Link", "")
        path = link[link.index("/api") : link.index(">")] if link else ""
    assert found == placed[::-1]


def test_without_a_limit_fifty_are_shown(customer: Person) -> None:
    order = place(customer, mug(stock=100).item(1))
    row = Order.objects.get()
    for number in range(60):
        row.pk, row.number = f"ord_{number}", f"N-{number}"
        row._state.adding = True
        row.save()
    answer = customer("GET", ORDERS)
    assert len(answer.data) == 50
    assert 'rel="next"' in answer["Link"]
    assert order["_id"] in {*ids(customer("GET", f"{ORDERS}?limit=500"))}


# --------------------------------------------------------------------------------- conditional reads


def test_an_order_that_is_known_is_not_sent_again_until_it_changes(customer: Person, staff: Person) -> None:
    order = place(customer, mug().item(1))
    path = f"{ORDERS}/{order['_id']}"
    first = customer("GET", path)
    assert (first["ETag"], first["Cache-Control"]) == ('"1"', "private, no-cache")
    assert first["Last-Modified"]
    again = customer("GET", path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    ship(staff, order["_id"], to="processing")
    fresh = customer("GET", path, **{"If-None-Match": first["ETag"]})
    assert (fresh.status_code, fresh["ETag"], fresh.data["status"]) == (200, '"2"', "processing")


def test_orders_carry_the_cursor_to_go_on_hearing_from(customer: Person) -> None:
    order = place(customer, mug().item(1))
    assert customer("GET", ORDERS)["X-Event-Cursor"]
    assert customer("GET", f"{ORDERS}/{order['_id']}")["X-Event-Cursor"]


@pytest.mark.parametrize("path", [ORDERS, f"{ORDERS}/x", f"{ORDERS}/x/status", f"{ORDERS}/x/return"])
def test_a_method_that_is_not_there_is_a_405(staff: Person, path: str) -> None:
    answer = staff("DELETE", path)
    assert (answer.status_code, answer.data["code"]) == (405, "method_not_allowed")
