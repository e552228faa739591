"""Each way in which an order or its money is refused: a clear answer, and every table as it was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from catalog.services import PriceDraft
from tests.fingerprint import nothing_changes
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, confirm, notice, pay
from tests.orders.shop import WHERE, Goods, cake, mug, place, ship

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders"


@dataclass(frozen=True)
class Shop:
    customer: Person
    other: Person
    staff: Person
    guest: Any
    goods: Goods
    order: dict[str, Any]
    payment: dict[str, Any]

    @property
    def path(self) -> str:
        return f"{ORDERS}/{self.order['_id']}"

    @property
    def money(self) -> str:
        return f"/api/payments/{self.payment['_id']}"


@pytest.fixture
def shop(customer: Person, other: Person, staff: Person, guest: Any, bank: Bank) -> Shop:
    """An order of two mugs that has been paid."""
    goods = mug(stock=10)
    order = place(customer, goods.item(2))
    payment = pay(customer, order)
    assert confirm(customer, payment).status_code == 200
    return Shop(customer, other, staff, guest, goods, order, payment)


Case = tuple[Callable[[Shop], None], Callable[[Shop], Any], int, str]


def nothing(_shop: Shop) -> None:
    """Nothing has to happen before."""


def in_the_cart(shop: Shop) -> None:
    shop.customer("POST", "/api/cart/items", shop.goods.item(2))


def gone_from_the_cart(shop: Shop) -> None:
    in_the_cart(shop)
    shop.goods.archive()


def dearer_than_in_the_cart(shop: Shop) -> None:
    in_the_cart(shop)
    shop.goods.change(prices=(PriceDraft("EGP", Decimal(150)),))


def ordering(*items: dict[str, Any], **more: Any) -> Callable[[Shop], Any]:
    return lambda shop: shop.customer("POST", ORDERS, {"items": [*items], **WHERE, **more})


CASES: dict[str, Case] = {
    "an empty cart": (nothing, lambda shop: shop.customer("POST", ORDERS, WHERE), 400, "cart_empty"),
    "a product that never was": (
        nothing, ordering({"productId": "prod_none", "quantity": 1}), 400, "unknown_product"
    ),
    "a product that is gone": (
        lambda shop: shop.goods.archive(),
        lambda shop: shop.customer("POST", ORDERS, {"items": [shop.goods.item(1)], **WHERE}),
        400,
        "unknown_product",
    ),
    "a product that is gone from the cart": (
        gone_from_the_cart, lambda shop: shop.customer("POST", ORDERS, WHERE), 409, "not_for_sale"
    ),
    "another price than in the cart": (
        dearer_than_in_the_cart,
        lambda shop: shop.customer("POST", ORDERS, {**WHERE, "totalPrice": 200}),
        409,
        "price_changed",
    ),
    "one item twice that is too much together": (
        nothing,
        lambda shop: shop.customer("POST", ORDERS, {"items": [shop.goods.item(5)] * 2, **WHERE}),
        409,
        "out_of_stock",
    ),
    "more than any shelf holds": (
        nothing,
        lambda shop: shop.customer("POST", ORDERS, {"items": [shop.goods.item(1_000_000)] * 1000, **WHERE}),
        409,
        "out_of_stock",
    ),
    "a step too far": (
        nothing,
        lambda shop: shop.staff("PUT", f"{shop.path}/status", {"status": "delivered"}),
        409,
        "illegal_transition",
    ),
    "a step to where it is": (
        nothing,
        lambda shop: shop.staff("PUT", f"{shop.path}/status", {"status": "pending"}),
        409,
        "illegal_transition",
    ),
    "a cancellation that comes too late": (
        lambda shop: ship(shop.staff, shop.order["_id"]),
        lambda shop: shop.customer("POST", f"{shop.path}/cancel"),
        409,
        "illegal_transition",
    ),
    "another's order, read": (nothing, lambda shop: shop.other("GET", shop.path), 404, "unknown_order"),
    "another's order, cancelled": (
        nothing, lambda shop: shop.other("POST", f"{shop.path}/cancel"), 404, "unknown_order"
    ),
    "another's order, paid": (
        nothing,
        lambda shop: shop.other("POST", "/api/payments", {"orderId": shop.order["_id"], "provider": "fake"}),
        404,
        "unknown_order",
    ),
    "another's payment, confirmed": (
        nothing, lambda shop: confirm(shop.other, shop.payment), 404, "unknown_payment"
    ),
    "an order that is paid, paid again": (
        nothing,
        lambda shop: shop.customer(
            "POST", "/api/payments", {"orderId": shop.order["_id"], "provider": "cod"}
        ),
        409,
        "order_paid",
    ),
    "a payment that came in, said to have failed": (
        nothing, lambda shop: confirm(shop.customer, shop.payment, "failed"), 409, "payment_settled"
    ),
    "a refund that is too large": (
        nothing,
        lambda shop: shop.staff("POST", f"{shop.money}/refund", {"amount": 200.01}),
        409,
        "refund_too_large",
    ),
    "a refund of less than there is": (
        nothing, lambda shop: shop.staff("POST", f"{shop.money}/refund", {"amount": 0.001}), 400, "invalid"
    ),
    "a forged call back": (
        nothing,
        lambda shop: call_back(shop.guest, notice(shop.payment, "evt_1"), signature="0" * 64),
        400,
        "signature_mismatch",
    ),
    "a call back of another amount": (
        nothing,
        lambda shop: call_back(shop.guest, notice(shop.payment, "evt_1", amount=1)),
        400,
        "amount_mismatch",
    ),
    "a return from an order that has not left": (
        nothing,
        lambda shop: shop.staff("POST", f"{shop.path}/return", {"items": [
            {"itemId": shop.order["items"][0]["_id"], "quantity": 1, "disposition": "sellable"}]}),
        409,
        "not_returnable",
    ),
    "a return of more than were sold": (
        lambda shop: ship(shop.staff, shop.order["_id"]),
        lambda shop: shop.staff("POST", f"{shop.path}/return", {"items": [
            {"itemId": shop.order["items"][0]["_id"], "quantity": 1, "disposition": "lost"}] * 3}),
        409,
        "more_than_sold",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_refused_says_why_and_leaves_no_trace(shop: Shop, heard: Heard, name: str) -> None:
    before, ask, status, code = CASES[name]
    before(shop)
    heard.events.clear()
    with nothing_changes():
        answer = ask(shop)
    assert (answer.status_code, answer.data["code"]) == (status, code), answer.content
    assert answer.data["error"] == answer.data["message"] != ""
    assert heard.names == []


def test_short_stock_names_all_lines_of_a_cart_and_what_there_is(customer: Person) -> None:
    few, none, plenty, sweet = mug(stock=1), mug(stock=2), mug(stock=50), cake(stock=3)
    for item in (few.item(2), none.item(3), plenty.item(1), sweet.item(4, flavor="Vanilla")):
        assert customer("POST", "/api/cart/items", item).status_code == 200
    with nothing_changes():
        answer = customer("POST", ORDERS, WHERE)
    assert (answer.status_code, answer.data["code"], answer.data["success"]) == (409, "out_of_stock", False)
    found = {error["item"]["productId"]: error["available"] for error in answer.data["errors"]}
    assert found == {few.id: 1, none.id: 2, sweet.id: 3}


@pytest.mark.parametrize("key", [None, "k"])
def test_a_double_click_and_a_retry_after_a_timeout_do_it_once(
    shop: Shop, heard: Heard, key: str | None
) -> None:
    """Each is done, and asked for again by somebody who has not seen the answer."""
    headers = {"Idempotency-Key": key} if key else {}
    again: dict[str, tuple[Callable[[], Any], int]] = {
        "confirm": (
            lambda: shop.customer("POST", f"{shop.money}/confirm", {"outcome": "completed"}, **headers),
            200,
        ),
        "cancel": (lambda: shop.customer("POST", f"{shop.path}/cancel", {}, **headers), 200 if key else 409),
        "call back": (lambda: call_back(shop.guest, notice(shop.payment, "evt_1")), 200),
    }
    for name, (ask, status) in again.items():
        assert ask().status_code == 200, name
        heard.events.clear()
        with nothing_changes():
            assert ask().status_code == status, name
        assert heard.names == []


def test_a_call_back_for_an_order_that_never_was_is_kept_and_does_nothing_else(
    shop: Shop, guest: Any, heard: Heard
) -> None:
    stranger = {"_id": "pay_of_nobody", "amount": 1, "currency": "EGP"}
    heard.events.clear()
    with nothing_changes(but=("orders_providerevent",)):
        answer = call_back(guest, notice(stranger, "evt_1"))
    # So that the provider does not come again for ever.
    assert (answer.status_code, answer.data) == (200, {"received": True, "duplicate": False})
    assert heard.names == []
