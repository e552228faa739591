"""The way of an order through the house, through REST: each step for each caller, and cancellations."""

from __future__ import annotations

from typing import Any

import pytest

from inventory import services as inventory
from inventory.models import StockMovement
from inventory.selectors.drift import drifts
from orders.flow import Status
from orders.models import Order, OrderStatusChange
from tests.catalog.goods import ACTOR
from tests.hearing import Heard
from tests.inventory.shop import make_location
from tests.orders.conftest import Person
from tests.orders.shop import mug, place, ship, shirt

pytestmark = pytest.mark.django_db


def path(order: dict[str, Any], what: str = "status") -> str:
    return f"/api/orders/{order['_id']}/{what}"


def bring_to(staff: Person, order: dict[str, Any], status: str) -> None:
    if status == "cancelled":
        assert staff("POST", path(order, "cancel")).status_code == 200
    elif status != "pending":
        ship(staff, order["_id"], to=status)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_order_goes_its_way_and_each_step_is_kept(
    customer: Person, staff: Person, heard: Heard, method: str
) -> None:
    order = place(customer, mug().item(1))
    heard.events.clear()
    answer = staff(method, path(order), {"status": "processing", "note": "Packing"})
    assert answer.status_code == 200
    assert answer.data == {
        **order,
        "status": "processing",
        "statusHistory": [
            *order["statusHistory"],
            {
                "status": "processing",
                "timestamp": answer.data["statusHistory"][1]["timestamp"],
                "note": "Packing",
                "by": staff.id,
            },
        ],
        "updatedAt": answer.data["updatedAt"],
    }
    assert customer("GET", f"/api/orders/{order['_id']}").data == answer.data
    (event,) = heard.events
    assert (event.name, event.version_number, event.extra()["shop_order"]) == (
        "order.status_changed",
        2,
        answer.data,
    )
    data = event.data()
    assert (data["status"], data["previous_status"], data["note"], data["user_id"]) == (
        "processing",
        "pending",
        "Packing",
        customer.id,
    )


def test_a_step_brings_news_of_the_shipment_and_silence_changes_nothing(
    customer: Person, staff: Person
) -> None:
    order = place(customer, mug().item(1))
    ship(staff, order["_id"], to="processing")
    shipped = staff(
        "PUT",
        path(order),
        {
            "status": "shipped",
            "tracking": {"carrier": "DHL", "trackingNumber": "JD01"},
            "estimatedDelivery": "2026-12-24",
        },
    ).data
    assert shipped["tracking"] == {"carrier": "DHL", "trackingNumber": "JD01"}
    assert shipped["estimatedDelivery"] == "2026-12-24T00:00:00.000Z"
    delivered = staff("PUT", path(order), {"status": "delivered", "tracking": {"carrier": None}}).data
    assert delivered["tracking"] == shipped["tracking"]
    assert delivered["estimatedDelivery"] == shipped["estimatedDelivery"]


ALLOWED = {
    "pending": {"admin": ["processing", "cancelled"]},
    "processing": {"admin": ["shipped", "cancelled"]},
    "shipped": {"admin": ["delivered"], "delivery": ["delivered"]},
    "delivered": {},
    "cancelled": {},
}


@pytest.mark.parametrize("present", list(ALLOWED))
def test_each_step_from_each_status_for_each_caller(
    callers: dict[str, Any], delivery: Person, tailor: Person, heard: Heard, present: str
) -> None:
    customer, staff = callers["customer"], callers["admin"]
    goods = mug()
    order = place(customer, goods.item(1))
    staff("PUT", path(order, "assign"), {"deliveryPartner": delivery.id, "tailor": tailor.id})
    bring_to(staff, order, present)
    before = customer("GET", f"/api/orders/{order['_id']}").content
    on_hand = goods.on_hand()
    heard.events.clear()
    for name, call in callers.items():
        allowed = ALLOWED[present].get(name, [])
        for status in [status for status in Status if status not in allowed]:
            answer = call("PUT", path(order), {"status": status})
            if name in {"admin", "delivery"}:
                assert (answer.status_code, answer.data["code"]) == (409, "illegal_transition")
                assert answer.data["allowed"] == allowed
            else:
                assert answer.status_code == (401 if name == "guest" else 403)
    assert customer("GET", f"/api/orders/{order['_id']}").content == before
    assert (heard.names, goods.on_hand()) == ([], on_hand)
    for name, steps in ALLOWED[present].items():
        again = place(customer, goods.item(1))
        staff("PUT", path(again, "assign"), {"deliveryPartner": delivery.id})
        bring_to(staff, again, present)
        assert callers[name]("PUT", path(again), {"status": steps[-1]}).data["status"] == steps[-1]


def test_an_order_that_is_not_assigned_is_a_404_to_a_delivery_partner(
    customer: Person, staff: Person, delivery: Person
) -> None:
    order = place(customer, mug().item(1))
    ship(staff, order["_id"])
    answer = delivery("PUT", path(order), {"status": "delivered"})
    assert (answer.status_code, answer.data["message"]) == (404, "Order not found")
    assert Order.objects.get().status == "shipped"


@pytest.mark.parametrize(
    ("body", "place_"),
    [
        ({}, "status"),
        ({"status": "lost"}, "status"),
        ({"status": 7}, "status"),
        ({"status": ["shipped"]}, "status"),
        ({"status": "processing", "tracking": "DHL"}, "tracking"),
        ({"status": "processing", "tracking": {"carrier": 7}}, "tracking.carrier"),
        ({"status": "processing", "tracking": {"trackingNumber": "x" * 101}}, "tracking.trackingNumber"),
        ({"status": "processing", "estimatedDelivery": "soon"}, "estimatedDelivery"),
        ({"status": "processing", "note": 7}, "note"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_place(
    customer: Person, staff: Person, body: dict[str, Any], place_: str
) -> None:
    order = place(customer, mug().item(1))
    answer = staff("PUT", path(order), body)
    assert (answer.status_code, answer.data["code"]) == (400, "invalid")
    assert place_ in answer.data["details"]
    assert Order.objects.get().status == "pending"


# ------------------------------------------------------------------------------------ cancellations


def test_a_cancelled_orders_stock_comes_back_to_where_it_was_taken_from(
    customer: Person, staff: Person, heard: Heard
) -> None:
    make_location("near", priority=1)
    goods = mug(stock=10)
    inventory.restock(lines=[goods.line(2, at="near")], actor=ACTOR)
    order = place(customer, goods.item(5))
    heard.events.clear()
    answer = customer("POST", path(order, "cancel"), {"note": "Changed my mind"})
    assert answer.status_code == 200
    assert (answer.data["status"], answer.data["statusHistory"][1]["note"]) == (
        "cancelled",
        "Changed my mind",
    )
    rows = StockMovement.objects.filter(reference=order["_id"]).order_by("id")
    assert list(rows.values_list("location_id", "delta", "kind")) == [
        ("near", -2, "sale"),
        ("main", -3, "sale"),
        ("main", 3, "return"),
        ("near", 2, "return"),
    ]
    assert heard.names == ["stock.updated", "order.status_changed"]
    assert (heard.events[0].data()["change"], heard.events[0].data()["reference"]) == (5, order["_id"])
    assert drifts() == []


def test_a_sold_out_product_is_back_after_a_cancellation(customer: Person, heard: Heard) -> None:
    goods = mug(stock=1)
    order = place(customer, goods.item(1))
    heard.events.clear()
    customer("POST", path(order, "cancel"))
    assert heard.names == ["stock.updated", "stock.back", "order.status_changed"]


def test_what_was_archived_meanwhile_comes_back_to_its_shelf_too(customer: Person, staff: Person) -> None:
    goods = shirt()
    order = place(customer, goods.item(2, size="M", color="Red"))
    goods.archive()
    assert customer("POST", path(order, "cancel")).status_code == 200
    assert goods.on_hand() == 10


def test_cancelling_again_is_no_step_and_brings_nothing_back_twice(
    customer: Person, staff: Person, heard: Heard
) -> None:
    goods = mug()
    order = place(customer, goods.item(3))
    assert customer("POST", path(order, "cancel")).status_code == 200
    heard.events.clear()
    for call, how in ((customer, "cancel"), (staff, "cancel"), (staff, "status")):
        answer = call("POST" if how == "cancel" else "PUT", path(order, how), {"status": "cancelled"})
        assert (answer.status_code, answer.data["code"], answer.data["allowed"]) == (
            409,
            "illegal_transition",
            [],
        )
    assert (goods.on_hand(), heard.names) == (10, [])


def test_an_idempotency_key_answers_a_cancellation_again(customer: Person) -> None:
    goods = mug()
    order = place(customer, goods.item(3))
    first = customer("POST", path(order, "cancel"), **{"Idempotency-Key": "k"})
    again = customer("POST", path(order, "cancel"), **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("present", "customers", "staffs"),
    [("pending", 200, 200), ("processing", 409, 200), ("shipped", 409, 409), ("delivered", 409, 409)],
)
def test_the_owner_cancels_while_pending_and_staff_until_it_is_shipped(
    customer: Person, staff: Person, present: str, customers: int, staffs: int
) -> None:
    for call, status in ((customer, customers), (staff, staffs)):
        goods = mug()
        order = place(customer, goods.item(2))
        bring_to(staff, order, present)
        assert call("POST", path(order, "cancel")).status_code == status
        assert goods.on_hand() == (10 if status == 200 else 8)


def test_nobody_else_cancels(
    callers: dict[str, Any], other: Person, tailor: Person, delivery: Person
) -> None:
    staff = callers["admin"]
    goods = mug()
    order = place(callers["customer"], goods.item(2))
    staff("PUT", path(order, "assign"), {"deliveryPartner": delivery.id, "tailor": tailor.id})
    statuses = {
        name: call("POST", path(order, "cancel")).status_code
        for name, call in {**callers, "other": other}.items()
        if name not in {"customer", "admin"}
    }
    assert statuses == {"tailor": 403, "delivery": 403, "service": 403, "guest": 401, "other": 404}
    assert goods.on_hand() == 8
    assert OrderStatusChange.objects.count() == 1


# ----------------------------------------------------------------------------------- lost updates


def test_if_match_guards_a_step(customer: Person, staff: Person) -> None:
    order = place(customer, mug().item(1))
    tag = customer("GET", f"/api/orders/{order['_id']}")["ETag"]
    first = staff("PUT", path(order), {"status": "processing"}, **{"If-Match": tag})
    assert first.status_code == 200
    late = staff("PUT", path(order), {"status": "shipped"}, **{"If-Match": tag})
    assert (late.status_code, late["ETag"]) == (412, first["ETag"])
    assert staff("POST", path(order, "cancel"), None, **{"If-Match": tag}).status_code == 412
    assert Order.objects.get().status == "processing"
