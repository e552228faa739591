"""Paying through REST: how a payment begins, each way in which it ends, and who may say so."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from config.kernel.transactions import outside_transaction
from orders import providers
from orders.errors import ProviderRefused, ProviderUnavailable
from orders.models import Order, Payment, ProviderEvent, Refund
from orders.providers.port import Charge
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, confirm, notice, pay, raising
from tests.orders.shop import mug, place, ship

pytestmark = pytest.mark.django_db(transaction=True)


def order_of(call: Any, payment: dict[str, Any]) -> dict[str, Any]:
    order: dict[str, Any] = call("GET", f"/api/orders/{payment['orderId']}").data
    return order


def rows() -> tuple[int, int, int]:
    return Payment.objects.count(), Refund.objects.count(), ProviderEvent.objects.count()


# ------------------------------------------------------------------------------------------- beginning


def test_a_payment_begins_with_what_its_payer_needs(customer: Person, bank: Bank, heard: Heard) -> None:
    order = place(customer, mug(price="299.5").item(2))
    heard.events.clear()
    answer = customer("POST", "/api/payments", {"orderId": order["_id"], "provider": "fake"})
    assert answer.status_code == 201
    payment = answer.data
    assert payment == {
        "_id": payment["_id"],
        "id": payment["_id"],
        "paymentId": payment["_id"],
        "orderId": order["_id"],
        "status": "pending",
        "amount": 599,
        "currency": "EGP",
        "provider": "fake",
        "checkout": {"confirmUrl": f"/api/payments/{payment['_id']}/confirm", "amount": 59900},
        "createdAt": payment["createdAt"],
    }
    assert payment["_id"].startswith("pay_")
    assert heard.names == []
    assert order_of(customer, payment) == order


def test_whoever_asks_again_gets_the_same_payment_and_the_provider_one_charge(
    customer: Person, bank: Bank
) -> None:
    order = place(customer, mug().item(1))
    assert pay(customer, order) == pay(customer, order)
    assert (rows(), bank.calls["begin"]) == ((1, 0, 0), 1)


def test_a_key_gives_the_first_answer_again_byte_for_byte(customer: Person, bank: Bank) -> None:
    order = place(customer, mug().item(1))
    body = {"orderId": order["_id"], "provider": "fake"}
    first = customer("POST", "/api/payments", body, **{"Idempotency-Key": "k"})
    confirm(customer, first.data)
    again = customer("POST", "/api/payments", body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, first.content, "true")
    other = customer("POST", "/api/payments", {**body, "provider": "cod"}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.data["code"]) == (422, "idempotency_key_reused")
    assert rows() == (1, 0, 0)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"provider": "razorpay"}, 400, "unknown_provider"),
        ({"provider": "gold"}, 400, "unknown_provider"),
        ({"provider": None}, 400, "invalid"),
        ({"orderId": "ord_none"}, 404, "unknown_order"),
        ({"orderId": 7}, 400, "invalid"),
    ],
)
def test_what_names_no_provider_or_no_order_is_refused(
    customer: Person, bank: Bank, change: dict[str, Any], status: int, code: str
) -> None:
    order = place(customer, mug().item(1))
    answer = customer("POST", "/api/payments", {"orderId": order["_id"], "provider": "fake", **change})
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert (rows(), bank.calls["begin"]) == ((0, 0, 0), 0)


def test_an_order_that_can_not_be_paid_is_refused(customer: Person, staff: Person, bank: Bank) -> None:
    paid, cancelled, free = (place(customer, mug(price=price).item(1)) for price in ("5", "5", "0"))
    confirm(customer, pay(customer, paid))
    customer("POST", f"/api/orders/{cancelled['_id']}/cancel")
    for order, code in ((paid, "order_paid"), (cancelled, "order_closed"), (free, "nothing_to_pay")):
        for provider in ("fake", "cod", "manual"):
            answer = customer("POST", "/api/payments", {"orderId": order["_id"], "provider": provider})
            assert (answer.status_code, answer.data["code"]) == (409, code)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("heard_us", [True, False])
def test_a_provider_that_can_not_be_reached_is_a_502_and_the_order_stays_payable(
    customer: Person, bank: Bank, heard: Heard, heard_us: bool
) -> None:
    order = place(customer, mug().item(1))
    heard.events.clear()
    trouble = raising(ProviderUnavailable("fake", sent=heard_us))
    (bank.late if heard_us else bank.early).append(trouble)
    answer = customer("POST", "/api/payments", {"orderId": order["_id"], "provider": "fake"})
    assert (answer.status_code, answer.data["code"]) == (502, "provider_unavailable")
    assert heard.names == []
    assert customer("GET", f"/api/orders/{order['_id']}").data == order
    payment = pay(customer, order)
    assert (rows(), list(bank.charges)) == ((1, 0, 0), [payment["_id"]])
    assert confirm(customer, payment).data["payment"]["status"] == "completed"


def test_what_a_provider_refuses_has_failed_and_the_next_payment_is_another(
    customer: Person, bank: Bank, heard: Heard
) -> None:
    order = place(customer, mug().item(1))
    heard.events.clear()
    bank.early.append(raising(ProviderRefused("fake", "no such currency")))
    answer = customer("POST", "/api/payments", {"orderId": order["_id"], "provider": "fake"})
    assert (answer.status_code, answer.data["code"]) == (409, "provider_refused")
    assert heard.names == ["payment.failed"]
    payment = pay(customer, order)
    assert Payment.objects.exclude(id=payment["_id"]).get().status == "failed"


# ---------------------------------------------------------------------------------------------- ending


@pytest.mark.parametrize("provider", ["fake", "manual"])
def test_a_payment_completes_and_its_order_shows_it(
    customer: Person, staff: Person, bank: Bank, heard: Heard, provider: str
) -> None:
    order = place(customer, mug().item(1))
    payment = pay(customer, order, provider)
    heard.events.clear()
    finish: Callable[[], Any] = {
        "fake": lambda: confirm(customer, payment),
        "manual": lambda: staff("POST", f"/api/payments/{payment['_id']}/complete"),
    }[provider]
    answer = finish()
    assert (answer.status_code, answer.data) == (
        200,
        {
            "status": "success",
            "payment": {
                "paymentId": payment["_id"],
                "orderId": order["_id"],
                "status": "completed",
                "amount": 100,
                "currency": "EGP",
            },
        },
    )
    (event,) = heard.events
    data = event.data()
    assert (event.name, event.subject, event.version_number) == ("payment.completed", order["_id"], 2)
    assert {
        name: data[name] for name in ("payment_id", "payment_status", "amount", "refunded", "currency")
    } == {
        "payment_id": payment["_id"],
        "payment_status": "completed",
        "amount": 100,
        "refunded": 0,
        "currency": "EGP",
    }
    fresh = order_of(customer, payment)
    assert fresh == {**order, "paymentStatus": "completed", "updatedAt": fresh["updatedAt"]}
    assert event.extra()["shop_order"] == fresh
    # Said again, it stays, and nobody hears of it again.
    assert (finish().content, len(heard.events)) == (answer.content, 1)


def test_an_attempt_that_failed_leaves_the_order_payable(customer: Person, bank: Bank, heard: Heard) -> None:
    order = place(customer, mug().item(1))
    payment = pay(customer, order)
    heard.events.clear()
    assert confirm(customer, payment, "failed").data["payment"]["status"] == "failed"
    assert order_of(customer, payment)["paymentStatus"] == "failed"
    assert confirm(customer, payment, "failed").status_code == 200
    assert heard.names == ["payment.failed"]
    second = pay(customer, order)
    assert second["_id"] != payment["_id"]
    confirm(customer, second)
    assert order_of(customer, payment)["paymentStatus"] == "completed"
    # That it fails, after it was paid, is not true.
    answer = confirm(customer, second, "failed")
    assert (answer.status_code, answer.data["code"], answer.data["status"]) == (
        409,
        "payment_settled",
        "completed",
    )
    assert order_of(customer, payment)["paymentStatus"] == "completed"


def test_cash_comes_in_with_the_delivery(customer: Person, staff: Person, heard: Heard) -> None:
    asked_for, by_its_method, otherwise = (
        place(customer, mug().item(1), paymentMethod=method) for method in ("manual", "cod", "card")
    )
    payment = pay(customer, asked_for, "cod")
    assert (payment["status"], payment["checkout"]) == ("pending", {})
    heard.events.clear()
    for order in (asked_for, by_its_method, otherwise):
        ship(staff, order["_id"], to="shipped")
        heard.events.clear()
        answer = staff("PUT", f"/api/orders/{order['_id']}/status", {"status": "delivered"})
        paid = order is not otherwise
        assert answer.data["paymentStatus"] == ("completed" if paid else "pending")
        assert heard.names == ["order.status_changed", *(["payment.completed"] if paid else [])]
        assert [event.version_number for event in heard.events] == [4, 5][: len(heard.events)]
        assert customer("GET", f"/api/orders/{order['_id']}").data == answer.data
    assert Payment.objects.get(id=payment["_id"]).status == "completed"
    assert Payment.objects.count() == 2


# ------------------------------------------------------------------------------------------ call backs


def test_a_call_back_completes_and_each_event_is_kept_once(
    customer: Person, guest: Any, bank: Bank, heard: Heard
) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    heard.events.clear()
    body = notice(payment, "evt_1")
    for duplicate in (False, True, True):
        answer = call_back(guest, body)
        assert (answer.status_code, answer.data) == (200, {"received": True, "duplicate": duplicate})
    assert heard.names == ["payment.completed"]
    event = ProviderEvent.objects.get()
    assert (event.provider, event.event_id, event.payment_id, event.body) == (
        "fake",
        "evt_1",
        payment["_id"],
        body.decode(),
    )
    # Another event that says the same changes nothing either, and is kept.
    assert call_back(guest, notice(payment, "evt_2")).data["duplicate"] is False
    assert (heard.names, ProviderEvent.objects.count()) == (["payment.completed"], 2)


def test_call_backs_in_the_wrong_order_end_as_in_the_right_one(
    customer: Person, guest: Any, bank: Bank, heard: Heard
) -> None:
    paid, failed_first = (pay(customer, place(customer, mug().item(1))) for _ in range(2))
    heard.events.clear()
    call_back(guest, notice(paid, "evt_1"))
    call_back(guest, notice(paid, "evt_2", "payment.failed"))
    assert heard.names == ["payment.completed"]
    # A first attempt failed, a second one did not: the money is there.
    call_back(guest, notice(failed_first, "evt_3", "payment.failed"))
    call_back(guest, notice(failed_first, "evt_4"))
    assert heard.names == ["payment.completed", "payment.failed", "payment.completed"]
    assert set(Order.objects.values_list("payment_status", flat=True)) == {"completed"}


@pytest.mark.parametrize("signature", ["", "0" * 64, "ü", "é" * 64])
def test_a_forged_call_back_is_a_400_and_is_not_kept(
    customer: Person, guest: Any, bank: Bank, heard: Heard, signature: str
) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    heard.events.clear()
    answer = call_back(guest, notice(payment, "evt_1"), signature=signature)
    assert (answer.status_code, answer.data["code"]) == (400, "signature_mismatch")
    body = notice(payment, "evt_1")
    assert call_back(guest, body + b" ", signature=signed(body)).status_code == 400
    assert (rows(), heard.names) == ((1, 0, 0), [])


def signed(body: bytes) -> str:
    from orders.providers.fake import sign

    return sign(body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"id": "evt_1", "type": "payment.completed"}']
)
def test_a_call_back_that_says_nothing_is_a_400(guest: Any, db: None, body: bytes) -> None:
    answer = call_back(guest, body)
    assert (answer.status_code, answer.data["code"]) == (400, "invalid_event")
    assert ProviderEvent.objects.count() == 0


def test_another_amount_than_was_asked_for_completes_nothing(
    customer: Person, guest: Any, bank: Bank, heard: Heard
) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    heard.events.clear()
    for change in ({"amount": 9999}, {"currency": "USD"}):
        answer = call_back(guest, notice(payment, "evt_1", **change))
        assert (answer.status_code, answer.data["code"]) == (400, "amount_mismatch")
    assert (rows(), heard.names) == ((1, 0, 0), [])
    # Once it is right, the same event may come again.
    assert call_back(guest, notice(payment, "evt_1")).data["duplicate"] is False
    assert heard.names == ["payment.completed"]


def test_a_call_back_about_something_else_is_kept_and_changes_nothing(
    guest: Any, heard: Heard, db: None
) -> None:
    stranger = {"_id": "pay_other_shop", "amount": 1, "currency": "EGP"}
    for number, kind in enumerate(("payment.completed", "payout.paid")):
        assert call_back(guest, notice(stranger, f"evt_{number}", kind)).status_code == 200
    assert (ProviderEvent.objects.filter(payment=None).count(), heard.names) == (2, [])


@pytest.mark.parametrize("provider", ["cod", "manual", "razorpay", "stripe", "gold"])
def test_who_never_calls_back_has_no_door(guest: Any, db: None, provider: str) -> None:
    answer = guest("POST", f"/api/payments/webhooks/{provider}", raw=b"{}")
    assert (answer.status_code, answer.data["code"]) == (404, "unknown_provider")


# ------------------------------------------------------------------------------------------- who may


def test_each_endpoint_for_each_caller(callers: dict[str, Any], other: Person, bank: Bank) -> None:
    owner, staff = callers["customer"], callers["admin"]
    order = place(owner, mug().item(1))
    fake, manual = pay(owner, order), pay(owner, order, "manual")
    everyone = {**callers, "other": other}
    allowed = {
        ("", "pay"): {"customer": 201, "other": 404},
        (fake["_id"], "confirm"): {"customer": 200, "other": 404},
        (manual["_id"], "complete"): {"admin": 409},  # paid by the other one
        (fake["_id"], "refund"): {"admin": 200},
    }
    bodies = {"pay": {"orderId": order["_id"], "provider": "fake"}, "confirm": {"outcome": "completed"}}
    for (payment_id, what), answers in allowed.items():
        path = f"/api/payments/{payment_id}/{what}" if payment_id else "/api/payments"
        for name in sorted(everyone, key=lambda name: name in answers):
            expected = answers.get(name, 401 if name == "guest" else 403)
            answer = everyone[name]("POST", path, bodies.get(what, {}))
            assert answer.status_code == expected, (what, name, answer.content)
    assert staff("POST", "/api/payments/pay_none/refund", {}).data["code"] == "unknown_payment"
    assert staff("POST", "/api/payments/pay_none/complete").data["code"] == "unknown_payment"
    assert owner("POST", "/api/payments/pay_none/confirm", {"outcome": "failed"}).status_code == 404
    assert Order.objects.get().payment_status == "refunded"


def test_each_payment_ends_in_its_providers_own_way(customer: Person, staff: Person, bank: Bank) -> None:
    order = place(customer, mug().item(1))
    fake, manual, cod = (pay(customer, order, name) for name in ("fake", "manual", "cod"))
    for payment in (fake, cod):
        answer = staff("POST", f"/api/payments/{payment['_id']}/complete")
        assert (answer.status_code, answer.data["code"]) == (409, "wrong_provider")
    for payment in (manual, cod):
        answer = confirm(customer, payment)
        assert (answer.status_code, answer.data["code"]) == (409, "wrong_provider")
    assert confirm(customer, fake, "lost").data["details"] == {
        "outcome": ["must be one of completed, failed"]
    }
    assert set(Payment.objects.values_list("status", flat=True)) == {"pending"}


def test_without_the_fake_provider_nobody_pretends(
    customer: Person, guest: Any, settings: Any, db: None
) -> None:
    settings.STOCKWIRE_FAKE_PAYMENTS = False
    order = place(customer, mug().item(1))
    answer = customer("POST", "/api/payments", {"orderId": order["_id"], "provider": "fake"})
    assert answer.data["details"] == {"provider": ["must be one of cod, manual"]}
    assert call_back(guest, b"{}").status_code == 404
    answer = customer("POST", "/api/payments/verify", VERIFY)
    assert (answer.status_code, answer.data["code"]) == (400, "unknown_provider")


VERIFY = {"razorpay_order_id": "order_1", "razorpay_payment_id": "pay_1", "razorpay_signature": "00"}


# --------------------------------------------------------------------------- nothing inside a transaction


def test_control_what_reaches_out_inside_a_transaction_is_stopped_and_seen(
    no_money_call_inside_a_transaction: list[str],
) -> None:
    seen = no_money_call_inside_a_transaction
    charge = Charge(payment_id="pay_1", order_id="o", order_number="n", amount=Decimal(1), currency="EGP")
    provider = providers.provider_of("fake")
    assert provider is not None
    outside_transaction(lambda: provider.begin(charge))
    with transaction.atomic():
        with pytest.raises(transaction.TransactionManagementError, match="nothing external"):
            outside_transaction(lambda: provider.begin(charge))
        assert seen == []
        provider.begin(charge)  # past the guard
    assert seen == ["fake.begin"]
    seen.clear()
