"""What is refused of an order, through REST, and changes nothing; and keys that make one order of many."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.services import PriceDraft
from inventory import services as inventory
from inventory.models import StockMovement
from orders.models import CartItem, Order
from tests.catalog.goods import ACTOR
from tests.hearing import Heard
from tests.orders.conftest import Call, Person
from tests.orders.shop import WHERE, cake, mug, place, shirt
from tests.orders.test_placing_rest import nothing_happened

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders"


# ------------------------------------------------------------------------------------------ refusals


def test_short_stock_is_a_409_that_names_every_short_line(customer: Person, heard: Heard) -> None:
    plenty, few, none, sweet = mug(), mug(stock=1), mug(stock=0), cake(stock=3)
    sent = [
        plenty.item(1),
        few.item(2),
        none.item(1),
        sweet.item(2, flavor="Vanilla"),
        sweet.item(2, flavor="Hazelnut"),
    ]
    heard.events.clear()
    answer = customer("POST", ORDERS, {"items": sent, **WHERE})
    assert (answer.status_code, answer.data["code"], answer.data["success"]) == (409, "out_of_stock", False)
    assert answer.data["errors"] == [
        {"item": item, "error": "Item out of stock", "code": "out_of_stock", "available": available}
        for item, available in zip(sent[1:], (1, 0, 3, 3), strict=True)
    ]
    assert nothing_happened(plenty)
    assert (few.on_hand(), sweet.on_hand(), heard.names) == (1, 3, [])


@pytest.mark.parametrize(("total", "price"), [(99.99, "100"), (0, "100"), (100.01, "100"), (100, "99.99")])
def test_another_total_than_ours_is_a_409_with_ours(
    customer: Person, heard: Heard, total: float, price: str
) -> None:
    goods = mug(price=price)
    heard.events.clear()
    answer = customer("POST", ORDERS, {"items": [goods.item(1)], "totalPrice": total, **WHERE})
    assert (answer.status_code, answer.data["code"]) == (409, "price_changed")
    assert (answer.data["totalPrice"], answer.data["currency"]) == (float(price), "EGP")
    assert nothing_happened(goods)
    assert heard.names == []


@pytest.mark.parametrize("total", [956.34, 956.3400000000001, 956.339999, 956.3444, None])
def test_a_total_is_compared_to_the_currencys_decimals(customer: Person, total: float | None) -> None:
    item = cake().item(1, flavor="Hazelnut", size="1 kg", eggOption="Eggless")
    assert place(customer, item, totalPrice=total)["totalPrice"] == 956.34


@pytest.mark.parametrize(
    ("names", "status", "code"),
    [
        ({"productId": "nothing"}, 400, "unknown_product"),
        ({"variant": {"size": "XXL"}}, 400, "unknown_variant"),
        ({}, 400, "ambiguous_variant"),
        ({"size": "M", "color": "Red", "flavor": "Vanilla"}, 400, "unknown_option"),
    ],
)
def test_an_item_that_names_nothing_that_there_is_is_an_error_on_that_item(
    customer: Person, heard: Heard, names: dict[str, Any], status: int, code: str
) -> None:
    fine, goods = mug(), shirt()
    sent = [fine.item(1), {**goods.item(1), **names}]
    heard.events.clear()
    answer = customer("POST", ORDERS, {"items": sent, **WHERE})
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert [error["item"] for error in answer.data["errors"]] == sent[1:]
    assert nothing_happened(fine, goods)
    assert heard.names == []


def test_what_is_off_sale_or_has_no_price_is_not_sold(customer: Person) -> None:
    paused, foreign = mug(available=False), mug(prices=(PriceDraft("SEK", Decimal(10)),))
    answer = customer("POST", ORDERS, {"items": [paused.item(1), foreign.item(1)], **WHERE})
    assert answer.status_code == 409
    assert [error["code"] for error in answer.data["errors"]] == ["not_for_sale", "no_price"]
    assert nothing_happened(paused, foreign)


@pytest.mark.parametrize(
    ("changes", "place_"),
    [
        ({"shippingAddress": None}, "shippingAddress"),
        ({"shippingAddress": " "}, "shippingAddress"),
        ({"shippingAddress": 7}, "shippingAddress"),
        ({"shippingAddress": "x" * 2001}, "shippingAddress"),
        ({"phone": 7}, "phone"),
        ({"notes": ["x"]}, "notes"),
        ({"paymentMethod": ""}, "paymentMethod"),
        ({"totalPrice": "100"}, "totalPrice"),
        ({"totalPrice": -1}, "totalPrice"),
        ({"totalPrice": 1e300}, "totalPrice"),
        ({"items": {}}, "items"),
        ({"items": [7]}, "items[0]"),
        ({"items": [{"productId": "p"}]}, "items[0].quantity"),
        ({"items": [{"productId": "p", "quantity": 0}]}, "items[0].quantity"),
        ({"items": [{"productId": "p", "quantity": 1_000_001}]}, "items[0].quantity"),
        ({"items": [{"quantity": 1}]}, "items[0].productId"),
        ({"items": [{"productId": "p", "quantity": 1}] * 1001}, "items"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_place(
    customer: Person, changes: dict[str, Any], place_: str
) -> None:
    goods = mug()
    answer = customer("POST", ORDERS, {"items": [goods.item(1)], **WHERE, **changes})
    assert (answer.status_code, answer.data["code"]) == (400, "invalid"), answer.content
    assert place_ in answer.data["details"]
    assert nothing_happened(goods)


def test_without_a_phone_the_customers_own_is_taken_and_without_both_it_is_a_400(
    customer: Person, other: Person
) -> None:
    goods = mug()
    body = {"items": [goods.item(1)], "shippingAddress": "Here"}
    assert customer("POST", ORDERS, body).data["phone"] == "0100"
    answer = other("POST", ORDERS, body)
    assert (answer.status_code, list(answer.data["details"])) == (400, ["phone"])
    assert goods.on_hand() == 9


def test_a_total_beyond_any_amount_is_a_400(customer: Person) -> None:
    goods = mug(stock=1_000_000, price="900000000000.00")
    answer = customer("POST", ORDERS, {"items": [goods.item(1_000_000)], **WHERE})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["items"])
    assert nothing_happened(goods, stock=1_000_000)


def test_only_customers_order(callers: dict[str, Any]) -> None:
    goods = mug()
    body = {"items": [goods.item(1)], **WHERE}
    statuses = {name: call("POST", ORDERS, body).status_code for name, call in callers.items()}
    assert statuses == {
        "customer": 201,
        "admin": 403,
        "tailor": 403,
        "delivery": 403,
        "service": 403,
        "guest": 401,
    }
    assert (goods.on_hand(), Order.objects.count()) == (9, 1)


# --------------------------------------------------------------------------------------- idempotency


def test_the_same_key_gives_the_same_order_byte_for_byte(customer: Person, other: Person) -> None:
    goods = mug()
    body = {"items": [goods.item(1)], **WHERE}
    first = customer("POST", ORDERS, body, **{"Idempotency-Key": "k"})
    again = customer("POST", ORDERS, body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, first.content, "true")
    assert again["Location"] == first["Location"]
    reused = customer("POST", ORDERS, {**body, "notes": "x"}, **{"Idempotency-Key": "k"})
    assert (reused.status_code, reused.data["code"]) == (422, "idempotency_key_reused")
    assert (goods.on_hand(), Order.objects.count()) == (9, 1)
    assert other("POST", ORDERS, body, **{"Idempotency-Key": "k"}).data["_id"] != first.data["_id"]


def test_a_retry_of_a_cart_that_was_ordered_gives_that_order_and_not_an_empty_cart(customer: Person) -> None:
    goods = mug()
    customer("POST", "/api/cart/items", goods.item(2))
    first = customer("POST", ORDERS, WHERE, **{"Idempotency-Key": "k"})
    again = customer("POST", ORDERS, WHERE, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (201, first.content)
    assert customer("POST", ORDERS, WHERE).data["code"] == "cart_empty"
    assert Order.objects.count() == 1


def test_a_refusal_is_not_remembered(customer: Person) -> None:
    goods = mug(stock=1)
    body = {"items": [goods.item(2)], **WHERE}
    assert customer("POST", ORDERS, body, **{"Idempotency-Key": "k"}).status_code == 409
    inventory.restock(lines=[goods.line(5)], actor=ACTOR)
    assert customer("POST", ORDERS, body, **{"Idempotency-Key": "k"}).status_code == 201


def test_an_order_that_fails_at_its_end_leaves_nothing(
    customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = mug()
    customer("POST", "/api/cart/items", goods.item(2))
    movements = StockMovement.objects.count()

    def fails(*_args: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("orders.services.placing.publish_all", fails)
    answer = customer("POST", ORDERS, WHERE)
    assert (answer.status_code, answer.data["code"]) == (500, "internal_error")
    assert nothing_happened(goods)
    assert (StockMovement.objects.count(), CartItem.objects.count()) == (movements, 1)


def test_a_guest_is_told_to_sign_in(guest: Call) -> None:
    answer = guest("POST", ORDERS, WHERE)
    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")
