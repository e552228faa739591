"""Payments of which nobody says how they ended: their provider is asked, in time and not too often."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from orders import services
from orders.errors import ProviderUnavailable
from orders.models import Order, Payment
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, confirm, notice, pay, raising
from tests.orders.shop import mug, place

pytestmark = pytest.mark.django_db(transaction=True)


def begun(customer: Person) -> dict[str, Any]:
    return pay(customer, place(customer, mug().item(1)))


def after(**time: float) -> None:
    """As if it had been begun so long ago."""
    gone = dt.timedelta(**time)
    Payment.objects.update(created_at=F("created_at") - gone, held_until=F("held_until") - gone)


def paid_at_the_bank(bank: Bank, payment: dict[str, Any], amount: str = "100") -> None:
    bank.paid[f"fake_{payment['_id']}"] = Decimal(amount)


def test_what_was_paid_and_never_told_is_found_out(customer: Person, bank: Bank, heard: Heard) -> None:
    payment = begun(customer)
    paid_at_the_bank(bank, payment)
    heard.events.clear()
    after(minutes=1)
    assert (services.follow_payments(), bank.calls["look_up"]) == (0, 0), "it may still be told"
    after(minutes=2)
    assert services.follow_payments() == 1
    assert (Payment.objects.get().status, Payment.objects.get().receipt) == ("completed", "rcp_1")
    assert (Order.objects.get().payment_status, heard.names) == ("completed", ["payment.completed"])
    after(days=1)
    assert services.follow_payments() == 0, "what has ended is asked after no more"


def test_the_older_it_is_the_less_it_is_asked_after_and_in_the_end_not_at_all(
    customer: Person, bank: Bank
) -> None:
    begun(customer)
    asked = []
    for _hour in range(8 * 24):
        after(hours=1)
        asked.append(services.follow_payments())
    assert asked[0] == 1
    assert 5 <= sum(asked) <= 20
    assert sum(asked[7 * 24 :]) == 0
    assert Payment.objects.get().status == "pending"


def test_an_attempt_that_failed_may_have_been_paid_after_all(customer: Person, bank: Bank) -> None:
    payment = begun(customer)
    confirm(customer, payment, "failed")
    paid_at_the_bank(bank, payment)
    after(minutes=3)
    services.follow_payments()
    assert Order.objects.get().payment_status == "completed"


def test_money_for_a_cancelled_order_that_was_never_told_of_goes_back(customer: Person, bank: Bank) -> None:
    payment = begun(customer)
    customer("POST", f"/api/orders/{payment['orderId']}/cancel")
    paid_at_the_bank(bank, payment)
    after(minutes=3)
    services.follow_payments()
    assert (Payment.objects.get().status, bank.given_back) == ("refunded", 100)


def test_who_can_not_be_reached_is_asked_the_next_time(customer: Person, bank: Bank) -> None:
    paid_at_the_bank(bank, begun(customer))
    bank.early.append(raising(ProviderUnavailable("fake", sent=False)))
    after(minutes=3)
    assert (services.follow_payments(), Payment.objects.get().status) == (1, "pending")
    assert services.follow_payments() == 0
    after(minutes=3)
    assert (services.follow_payments(), Payment.objects.get().status) == (1, "completed")


def test_another_amount_than_was_asked_for_is_left_for_staff(
    customer: Person, bank: Bank, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    paid_at_the_bank(bank, begun(customer), "99")
    heard.events.clear()
    after(minutes=3)
    assert services.follow_payments() == 1
    assert (Payment.objects.get().status, heard.names) == ("pending", [])
    assert "needs somebody to look at it" in caplog.text


def test_a_call_back_that_comes_while_it_is_asked_after_counts_once(
    customer: Person, guest: Any, bank: Bank, heard: Heard
) -> None:
    payment = begun(customer)
    paid_at_the_bank(bank, payment)
    bank.early.append(lambda: call_back(guest, notice(payment, "evt_1")))
    heard.events.clear()
    after(minutes=3)
    services.follow_payments()
    assert heard.names == ["payment.completed"]


def test_nobody_is_asked_after_money_that_people_move(customer: Person, bank: Bank) -> None:
    order = place(customer, mug().item(1))
    for provider in ("cod", "manual"):
        pay(customer, order, provider)
    after(hours=1)
    assert services.follow_payments() == 0
