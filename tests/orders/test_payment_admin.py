"""Payments in the admin: looked at whole, and money moved only by the services."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.utils import quote as quoted
from django.test import Client

from orders.errors import ProviderUnavailable
from orders.models import Order, Payment, Refund
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, confirm, notice, pay, raising
from tests.orders.shop import mug, place

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/orders/payment/"


@pytest.fixture
def admin(staff: Person) -> Client:
    client = Client()
    client.force_login(staff.user)
    return client


def act(client: Client, payment: dict[str, Any], verb: str, **fields: object) -> str:
    """The form sent; what the page then says."""
    # As its page links to it.
    path = f"{LIST}{quoted(payment['_id'])}/{verb}/"
    assert client.get(path).status_code == 200
    answer = client.post(path, {"sent": "1", **fields}, follow=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.content.decode()))


def test_staff_give_back_in_parts(admin: Client, customer: Person, staff: Person, bank: Bank) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    confirm(customer, payment)
    assert "has gone back" in act(admin, payment, "refund", amount="30.5", reason="Scratched")
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.reason, refund.actor) == (
        refund.payment.refunded,
        "completed",
        "Scratched",
        f"user:{staff.id}",
    )
    assert "At most 69.5 EGP can go back" in act(admin, payment, "refund", amount="70")
    assert "Enter a number" in act(admin, payment, "refund", amount="nothing")
    assert Refund.objects.count() == 1
    bank.late.append(raising(ProviderUnavailable("fake", sent=True)))
    assert "is on its way" in act(admin, payment, "refund")
    page = admin.get(f"{LIST}{payment['_id']}/change/").content.decode()
    for text in ("Scratched", "Partially refunded", "pending"):
        assert text.lower() in page.lower(), text


def test_a_refund_that_is_sent_twice_is_one(admin: Client, customer: Person, bank: Bank) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    confirm(customer, payment)
    page = admin.get(f"{LIST}{quoted(payment['_id'])}/refund/").content.decode()
    once = re.findall(r'name="once" value="(once_\w+)"', page)[0]
    assert "has gone back" in act(admin, payment, "refund", amount="10", once=once)
    assert "has gone back" in act(admin, payment, "refund", amount="10", once=once)
    assert "This form was sent before" in act(admin, payment, "refund", amount="20", once=once)
    assert Refund.objects.count() == 1
    assert "has gone back" in act(admin, payment, "refund", amount="10", once="another")
    assert Refund.objects.count() == 2


def test_staff_take_note_of_money_that_they_have(admin: Client, customer: Person, bank: Bank) -> None:
    payment = pay(customer, place(customer, mug().item(1)), "manual")
    assert "has been received" in act(admin, payment, "complete")
    assert (Payment.objects.get().status, Order.objects.get().payment_status) == ("completed", "completed")
    other = pay(customer, place(customer, mug().item(1)))
    assert "That is for payments by manual" in act(admin, other, "complete")
    assert Payment.objects.get(id=other["_id"]).status == "pending"


def test_an_order_shows_its_payments_and_an_event_what_was_said(
    admin: Client, customer: Person, guest: Any, bank: Bank
) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    call_back(guest, notice(payment, "evt_1"))
    assert payment["_id"] in admin.get(f"/admin/orders/order/{payment['orderId']}/change/").content.decode()
    assert payment["_id"] in admin.get(LIST, {"q": payment["orderId"]}).content.decode()
    assert "evt_1" in admin.get("/admin/orders/providerevent/").content.decode()


def test_nobody_else_comes_here(customer: Person, bank: Bank) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    confirm(customer, payment)
    client = Client()
    client.force_login(customer.user)
    assert client.post(f"{LIST}{payment['_id']}/refund/", {"amount": "1"}).status_code in {302, 403}
    assert Refund.objects.count() == 0
