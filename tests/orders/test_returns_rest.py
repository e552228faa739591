"""Returns through REST: what goes on the shelf again, and never more than was sold."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from inventory.models import StockMovement
from inventory.selectors.drift import drifts
from orders.models import OrderLine, OrderReturn
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.shop import Goods, cake, mug, place, ship

pytestmark = pytest.mark.django_db


def send_back(staff: Any, order: dict[str, Any], *items: dict[str, Any], **headers: str) -> Any:
    return staff("POST", f"/api/orders/{order['_id']}/return", {"items": list(items)}, **headers)


def back(goods: Goods, quantity: int, disposition: str = "sellable", **names: Any) -> dict[str, Any]:
    return {"variantId": goods.variants[0], "quantity": quantity, "disposition": disposition, **names}


def test_only_sellable_units_go_on_the_shelf_again(customer: Person, staff: Person, heard: Heard) -> None:
    goods = mug(stock=10)
    order = place(customer, goods.item(6))
    ship(staff, order["_id"])
    before = customer("GET", f"/api/orders/{order['_id']}")
    heard.events.clear()
    answer = send_back(staff, order, back(goods, 2), back(goods, 1, "damaged"), back(goods, 1, "lost"))
    assert answer.status_code == 200
    assert (answer.content, answer["ETag"]) == (before.content, before["ETag"]), "the order stays as it is"
    assert goods.on_hand() == 6
    assert heard.names == ["stock.updated"]
    assert (heard.events[0].data()["change"], heard.events[0].data()["reference"]) == (2, order["_id"])
    rows = StockMovement.objects.filter(reference=order["_id"]).order_by("id")
    assert list(rows.values_list("delta", "kind")) == [(-6, "sale"), (2, "return")]
    assert OrderLine.objects.get().returned == 4
    returns = OrderReturn.objects.order_by("disposition")
    assert list(returns.values_list("disposition", "quantity", "actor")) == [
        ("damaged", 1, f"user:{staff.id}"),
        ("lost", 1, f"user:{staff.id}"),
        ("sellable", 2, f"user:{staff.id}"),
    ]
    assert drifts() == []


def test_units_come_back_in_several_returns_and_never_more_than_were_sold(
    customer: Person, staff: Person, heard: Heard
) -> None:
    goods = mug(stock=10)
    order = place(customer, goods.item(3))
    ship(staff, order["_id"], to="delivered")
    assert send_back(staff, order, back(goods, 1)).status_code == 200
    assert send_back(staff, order, back(goods, 1, "damaged")).status_code == 200
    heard.events.clear()
    sent = back(goods, 2)
    answer = send_back(staff, order, sent)
    assert (answer.status_code, answer.data["code"]) == (409, "more_than_sold")
    assert answer.data["errors"] == [
        {"item": sent, "error": "1 can come back", "code": "more_than_sold", "returnable": 1}
    ]
    assert (goods.on_hand(), heard.names, OrderLine.objects.get().returned) == (8, [], 2)
    assert send_back(staff, order, back(goods, 1)).status_code == 200
    assert send_back(staff, order, back(goods, 1)).data["errors"][0]["returnable"] == 0
    assert goods.on_hand() == 9


def test_items_of_one_request_are_judged_together(customer: Person, staff: Person) -> None:
    goods, other = mug(), mug(title="Other")
    order = place(customer, goods.item(3), other.item(1))
    ship(staff, order["_id"])
    wrong = [back(goods, 2, "damaged"), back(other, 2)]
    answer = send_back(staff, order, back(goods, 2), *wrong)
    assert [(error["item"], error["returnable"]) for error in answer.data["errors"]] == [
        (wrong[0], 1),
        (wrong[1], 1),
    ]
    assert (goods.on_hand(), other.on_hand(), OrderReturn.objects.count()) == (7, 9, 0)


def test_a_line_is_named_by_its_id_and_a_variant_means_all_lines_that_have_it(
    customer: Person, staff: Person
) -> None:
    sweet = cake(stock=10)
    order = place(customer, sweet.item(2, flavor="Vanilla"), sweet.item(3, flavor="Hazelnut"))
    ship(staff, order["_id"])
    second = order["items"][1]["_id"]
    named = {"itemId": second, "quantity": 2, "disposition": "sellable"}
    assert send_back(staff, order, named).status_code == 200
    assert send_back(staff, order, {**named, "quantity": 2}).data["errors"][0]["returnable"] == 1
    assert send_back(staff, order, back(sweet, 3)).status_code == 200
    assert list(OrderLine.objects.order_by("position").values_list("returned", flat=True)) == [2, 3]
    assert sweet.on_hand() == 10


def test_what_was_never_in_the_order_is_a_400(customer: Person, staff: Person) -> None:
    goods, stranger = mug(), mug()
    order, another = place(customer, goods.item(1)), place(customer, stranger.item(1))
    ship(staff, order["_id"])
    for sent in (
        back(stranger, 1),
        {"itemId": another["items"][0]["_id"], "quantity": 1, "disposition": "sellable"},
        back(goods, 1, itemId="nothing"),
    ):
        answer = send_back(staff, order, back(goods, 1), sent)
        assert (answer.status_code, answer.data["code"]) == (400, "unknown_item")
        assert [error["item"] for error in answer.data["errors"]] == [sent]
    assert (goods.on_hand(), OrderReturn.objects.count()) == (9, 0)


@pytest.mark.parametrize("status", ["pending", "processing", "cancelled"])
def test_nothing_comes_back_from_an_order_that_has_not_left_the_house(
    customer: Person, staff: Person, status: str
) -> None:
    goods = mug()
    order = place(customer, goods.item(2))
    if status == "cancelled":
        customer("POST", f"/api/orders/{order['_id']}/cancel")
    elif status == "processing":
        ship(staff, order["_id"], to=status)
    on_hand = goods.on_hand()
    answer = send_back(staff, order, back(goods, 1))
    assert (answer.status_code, answer.data["code"]) == (409, "not_returnable")
    assert (goods.on_hand(), OrderReturn.objects.count()) == (on_hand, 0)


def test_the_same_key_returns_once(customer: Person, staff: Person) -> None:
    goods = mug()
    order = place(customer, goods.item(4))
    ship(staff, order["_id"])
    for _ in range(3):
        answer = send_back(staff, order, back(goods, 1), **{"Idempotency-Key": "k"})
        assert answer.status_code == 200
    assert answer["Idempotent-Replayed"] == "true"
    assert (goods.on_hand(), OrderLine.objects.get().returned) == (7, 1)


@pytest.mark.parametrize(
    ("item", "place_"),
    [
        ({"variantId": "v", "quantity": 1}, "items[0].disposition"),
        ({"variantId": "v", "quantity": 1, "disposition": "eaten"}, "items[0].disposition"),
        ({"variantId": "v", "disposition": "lost"}, "items[0].quantity"),
        ({"variantId": "v", "quantity": 0, "disposition": "lost"}, "items[0].quantity"),
        ({"quantity": 1, "disposition": "lost"}, "items[0].itemId"),
        ({"itemId": 7, "quantity": 1, "disposition": "lost"}, "items[0].itemId"),
        (None, "items"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_place(
    customer: Person, staff: Person, item: Any, place_: str
) -> None:
    order = place(customer, mug().item(1))
    answer = send_back(staff, order, *([] if item is None else [item]))
    assert (answer.status_code, answer.data["code"]) == (400, "invalid")
    assert place_ in answer.data["details"]


def test_only_staff_take_back(callers: dict[str, Any], tailor: Person, delivery: Person) -> None:
    goods = mug()
    order = place(callers["customer"], goods.item(2))
    callers["admin"](
        "PUT",
        f"/api/orders/{order['_id']}/assign",
        {"deliveryPartner": delivery.id, "tailor": tailor.id},
    )
    ship(callers["admin"], order["_id"])
    statuses = {
        name: send_back(call, order, back(goods, 1)).status_code
        for name, call in callers.items()
        if name != "admin"
    }
    assert statuses == {"customer": 403, "tailor": 403, "delivery": 403, "service": 403, "guest": 401}
    missing = callers["admin"]("POST", "/api/orders/nothing/return", {"items": [back(goods, 1)]})
    assert (missing.status_code, missing.data["code"]) == (404, "unknown_order")
    assert goods.on_hand() == 8


def test_the_table_itself_refuses_more_than_was_sold(customer: Person) -> None:
    place(customer, mug().item(2))
    with pytest.raises(IntegrityError, match="order_line_returned_at_most_sold"), transaction.atomic():
        OrderLine.objects.update(returned=F("quantity") + 1)
