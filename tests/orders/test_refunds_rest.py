"""Money that goes back: by staff, by a cancellation, and by itself where it came too late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders import services
from orders.errors import ProviderRefused, ProviderUnavailable
from orders.models import Order, Payment, Refund
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, confirm, notice, pay, raising
from tests.orders.shop import mug, place, ship

pytestmark = pytest.mark.django_db(transaction=True)


def paid(customer: Person, *, price: str = "100") -> dict[str, Any]:
    payment = pay(customer, place(customer, mug(price=price).item(1)))
    assert confirm(customer, payment).status_code == 200
    return payment


def refund(call: Any, payment: dict[str, Any], amount: Any = None, **headers: str) -> Any:
    body = {} if amount is None else {"amount": amount, "reason": "Scratched"}
    return call("POST", f"/api/payments/{payment['_id']}/refund", body, **headers)


def figures(payment: dict[str, Any]) -> tuple[str, Decimal | int, Decimal | int]:
    row = Payment.objects.get(id=payment["_id"])
    return row.status, row.refunded, row.refunding


def test_refunds_in_parts_end_in_a_whole_one(
    customer: Person, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer, price="99.99")
    heard.events.clear()
    first = refund(staff, payment, 33.33)
    assert first.status_code == 200
    assert first.data["payment"] == {
        "paymentId": payment["_id"],
        "orderId": payment["orderId"],
        "status": "partially_refunded",
        "amount": 99.99,
        "currency": "EGP",
        "refunded": 33.33,
    }
    assert {name: first.data["refund"][name] for name in ("amount", "currency", "status", "reason")} == {
        "amount": 33.33,
        "currency": "EGP",
        "status": "completed",
        "reason": "Scratched",
    }
    assert customer("GET", f"/api/orders/{payment['orderId']}").data["paymentStatus"] == "partially_refunded"
    assert refund(staff, payment).data["payment"]["status"] == "refunded"
    assert customer("GET", f"/api/orders/{payment['orderId']}").data["paymentStatus"] == "refunded"
    assert heard.names == ["payment.refunded"] * 2
    told = [(event.data()["refunded"], event.data()["change"]) for event in heard.events]
    assert told == [(33.33, 33.33), (99.99, 66.66)]
    assert bank.given_back == Decimal("99.99")
    assert figures(payment) == ("refunded", Decimal("99.99"), 0)


@pytest.mark.parametrize(
    ("amount", "status", "code"),
    [
        (100.01, 409, "refund_too_large"),
        (1e12, 409, "refund_too_large"),
        (0, 400, "invalid"),
        (-5, 400, "invalid"),
        (0.001, 400, "invalid"),
        ("5", 400, "invalid"),
        (True, 400, "invalid"),
    ],
)
def test_an_amount_that_can_not_go_back_is_refused(
    customer: Person, staff: Person, bank: Bank, heard: Heard, amount: Any, status: int, code: str
) -> None:
    payment = paid(customer)
    heard.events.clear()
    answer = refund(staff, payment, amount)
    assert (answer.status_code, answer.data["code"]) == (status, code)
    if status == 409:
        assert (answer.data["refundable"], answer.data["currency"]) == (100, "EGP")
    else:
        assert "amount" in answer.data["details"]
    assert (figures(payment), bank.calls["refund"], heard.names) == (("completed", 0, 0), 0, [])


def test_an_amount_that_is_null_is_not_all_that_is_left(
    customer: Person, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()
    answer = staff("POST", f"/api/payments/{payment['_id']}/refund", {"amount": None})
    assert (answer.status_code, answer.data["details"]) == (400, {"amount": ["must not be null"]})
    assert (figures(payment), bank.calls["refund"], heard.names) == (("completed", 0, 0), 0, [])


def test_nothing_goes_back_of_what_was_not_paid_or_is_back(
    customer: Person, staff: Person, bank: Bank
) -> None:
    order = place(customer, mug().item(1))
    failed = pay(customer, order)
    confirm(customer, failed, "failed")
    pending = pay(customer, order)
    back = paid(customer)
    refund(staff, back)
    for payment, status in ((failed, "failed"), (pending, "pending"), (back, "refunded")):
        for amount in (None, 1):
            answer = refund(staff, payment, amount)
            assert (answer.status_code, answer.data["code"], answer.data["status"]) == (
                409,
                "not_refundable",
                status,
            )
    assert bank.calls["refund"] == 1


def test_a_key_refunds_once_and_without_one_each_request_does(
    customer: Person, staff: Person, bank: Bank
) -> None:
    payment = paid(customer)
    first = refund(staff, payment, 10, **{"Idempotency-Key": "k"})
    again = refund(staff, payment, 10, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (200, first.content, "true")
    assert refund(staff, payment, 11, **{"Idempotency-Key": "k"}).data["code"] == "idempotency_key_reused"
    assert figures(payment)[1] == 10
    for _ in range(2):
        assert refund(staff, payment, 10).status_code == 200
    assert (figures(payment)[1], bank.given_back) == (30, 30)


def test_a_refusal_is_not_remembered_under_its_key(customer: Person, staff: Person, bank: Bank) -> None:
    payment = paid(customer)
    bank.early.append(raising(ProviderRefused("fake", "the account is empty")))
    first = refund(staff, payment, 10, **{"Idempotency-Key": "k"})
    assert (first.status_code, first.data["code"]) == (409, "provider_refused")
    assert figures(payment) == ("completed", 0, 0)
    assert refund(staff, payment, 10, **{"Idempotency-Key": "k"}).status_code == 200
    assert figures(payment) == ("partially_refunded", 10, 0)
    assert sorted(Refund.objects.values_list("status", flat=True)) == ["completed", "failed"]


def test_a_provider_that_has_not_heard_of_a_refund_is_a_502_and_nothing_is_claimed(
    customer: Person, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()
    bank.early.append(raising(ProviderUnavailable("fake", sent=False)))
    answer = refund(staff, payment)
    assert (answer.status_code, answer.data["code"]) == (502, "provider_unavailable")
    assert (figures(payment), heard.names) == (("completed", 0, 0), [])
    assert refund(staff, payment).data["payment"]["status"] == "refunded"


def test_a_provider_that_may_have_heard_is_asked_again_and_pays_once(
    customer: Person, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()
    bank.late.append(raising(ProviderUnavailable("fake", sent=True)))
    answer = refund(staff, payment, 40)
    assert (answer.status_code, answer.data["refund"]["status"]) == (202, "pending")
    assert answer.data["payment"]["status"] == "completed"
    assert (figures(payment), heard.names) == (("completed", 0, 40), [])
    # What is on its way can't go back twice.
    assert refund(staff, payment, 61).data["refundable"] == 60
    assert services.give_back_what_is_due() == 0, "it is tried again, but not at once"
    later()
    assert services.give_back_what_is_due() == 1
    assert (figures(payment), heard.names) == (("partially_refunded", 40, 0), ["payment.refunded"])
    assert (bank.calls["refund"], bank.given_back) == (2, 40)
    assert services.give_back_what_is_due() == 0


def later() -> None:
    """As if hours had passed."""
    Refund.objects.filter(status="pending").update(due_at="2026-01-01T00:00:00Z")


# ------------------------------------------------------------------------------------- cancellations


@pytest.mark.parametrize("provider", ["fake", "manual"])
def test_a_cancellation_sends_back_what_was_paid(
    customer: Person, staff: Person, bank: Bank, heard: Heard, provider: str
) -> None:
    goods = mug()
    payment = pay(customer, place(customer, goods.item(1)), provider)
    if provider == "fake":
        confirm(customer, payment)
    else:
        staff("POST", f"/api/payments/{payment['_id']}/complete")
    refund(staff, payment, 30)
    heard.events.clear()
    answer = customer("POST", f"/api/orders/{payment['orderId']}/cancel")
    assert answer.status_code == 200
    assert heard.names == ["stock.updated", "order.status_changed", "payment.refunded"]
    assert figures(payment) == ("refunded", 100, 0)
    fresh = customer("GET", f"/api/orders/{payment['orderId']}").data
    assert (fresh["status"], fresh["paymentStatus"]) == ("cancelled", "refunded")
    assert heard.events[-1].extra()["shop_order"] == fresh
    assert (goods.on_hand(), bank.given_back) == (10, 100 if provider == "fake" else 0)
    assert refund(staff, payment).status_code == 409


def test_a_cancellation_does_not_fail_with_its_provider(
    customer: Person, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()
    bank.early += [raising(ProviderUnavailable("fake", sent=False))] * 2
    assert customer("POST", f"/api/orders/{payment['orderId']}/cancel").status_code == 200
    assert figures(payment) == ("completed", 0, 100)
    assert refund(staff, payment).data["code"] == "not_refundable"
    later()
    assert services.give_back_what_is_due() == 1
    assert (figures(payment), Refund.objects.get().attempts) == (("completed", 0, 100), 2)
    later()
    services.give_back_what_is_due()
    assert figures(payment) == ("refunded", 100, 0)
    assert heard.names == ["stock.updated", "order.status_changed", "payment.refunded"]


def test_a_cancellation_whose_refund_is_refused_is_left_for_staff(
    customer: Person, staff: Person, bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    payment = paid(customer)
    bank.early.append(raising(ProviderRefused("fake", "the account is empty")))
    assert customer("POST", f"/api/orders/{payment['orderId']}/cancel").status_code == 200
    assert figures(payment) == ("completed", 0, 0)
    assert (Refund.objects.get().status, Refund.objects.get().problem) == ("failed", "the account is empty")
    assert "needs somebody to look at it" in caplog.text
    assert refund(staff, payment).data["payment"]["status"] == "refunded"


# --------------------------------------------------------------------------------- money that came late


def test_money_for_a_cancelled_order_goes_back_at_once(
    customer: Person, guest: Any, bank: Bank, heard: Heard
) -> None:
    goods = mug()
    payment = pay(customer, place(customer, goods.item(1)))
    customer("POST", f"/api/orders/{payment['orderId']}/cancel")
    heard.events.clear()
    assert call_back(guest, notice(payment, "evt_1")).status_code == 200
    assert heard.names == ["payment.completed", "payment.refunded"]
    assert (figures(payment), bank.given_back) == (("refunded", 100, 0), 100)
    fresh = customer("GET", f"/api/orders/{payment['orderId']}").data
    assert (fresh["status"], fresh["paymentStatus"], goods.on_hand()) == ("cancelled", "refunded", 10)
    assert [event.version_number for event in heard.events] == [3, 4]


def test_an_order_is_paid_once_and_a_second_payment_goes_back(
    customer: Person, guest: Any, staff: Person, bank: Bank, heard: Heard
) -> None:
    order = place(customer, mug().item(1))
    first = pay(customer, order)
    confirm(customer, first, "failed")
    second = pay(customer, order)
    confirm(customer, second)
    heard.events.clear()
    # The first one's money was only late.
    call_back(guest, notice(first, "evt_1"))
    assert heard.names == ["payment.completed", "payment.refunded"]
    assert (figures(first), figures(second)) == (("refunded", 100, 0), ("completed", 0, 0))
    assert bank.given_back == 100
    assert Order.objects.get().payment_status == "completed"
    # Nor is it what is meant by the order's money later.
    refund(staff, second, 40)
    assert Order.objects.get().payment_status == "partially_refunded"


def test_staff_take_no_money_for_an_order_that_needs_it_no_more(
    customer: Person, staff: Person, bank: Bank
) -> None:
    cancelled, done = (place(customer, mug().item(1)) for _ in range(2))
    payments = [pay(customer, order, "manual") for order in (cancelled, done)]
    customer("POST", f"/api/orders/{cancelled['_id']}/cancel")
    confirm(customer, pay(customer, done))
    for payment, code in zip(payments, ("order_closed", "order_paid"), strict=True):
        answer = staff("POST", f"/api/payments/{payment['_id']}/complete")
        assert (answer.status_code, answer.data["code"]) == (409, code)
        assert figures(payment) == ("pending", 0, 0)


def test_cash_of_a_delivered_order_can_go_back(customer: Person, staff: Person) -> None:
    order = place(customer, mug().item(1))
    ship(staff, order["_id"], to="delivered")
    payment = {"_id": Payment.objects.get().id}
    assert refund(staff, payment, 25).data["payment"]["status"] == "partially_refunded"
    assert Order.objects.get().payment_status == "partially_refunded"
