"""Payments by Razorpay and Stripe from beginning to end, through our own doors."""

from __future__ import annotations

from typing import Any

import pytest

from orders.models import Order, Payment, ProviderEvent
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import pay
from tests.orders.provider_server import ProviderServer
from tests.orders.sdks import (
    INTENT,
    RAZORPAY_ORDER,
    STRIPE_REFUND,
    hex_hmac,
    razorpay_event,
    stripe_event,
    stripe_signature,
)
from tests.orders.shop import mug, place


@pytest.fixture
def with_razorpay(settings: Any, api: ProviderServer) -> ProviderServer:
    settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET = "key", "s3cret"
    settings.RAZORPAY_WEBHOOK_SECRET, settings.RAZORPAY_BASE_URL = "hook", api.url
    api.will_answer({**RAZORPAY_ORDER, "amount": 10000, "currency": "EGP"})
    return api


@pytest.mark.django_db(transaction=True)
def test_a_payment_by_razorpay_from_beginning_to_end(
    customer: Person, other: Person, guest: Any, staff: Person, with_razorpay: ProviderServer, heard: Heard
) -> None:
    payment = pay(customer, place(customer, mug().item(1)), "razorpay")
    assert payment["checkout"]["razorpay_order_id"] == "order_R1"
    heard.events.clear()
    said = {
        "razorpay_order_id": "order_R1",
        "razorpay_payment_id": "pay_R1",
        "razorpay_signature": hex_hmac("s3cret", b"order_R1|pay_R1"),
    }
    for forged in ("0" * 64, "ü", hex_hmac("s3cret", b"order_R1|pay_R2")):
        answer = customer("POST", "/api/payments/verify", {**said, "razorpay_signature": forged})
        assert (answer.status_code, answer.data["code"]) == (400, "signature_mismatch")
    assert other("POST", "/api/payments/verify", said).data["code"] == "unknown_payment"
    assert staff("POST", "/api/payments/verify", said).status_code == 403
    assert guest("POST", "/api/payments/verify", said).status_code == 401
    missing = customer("POST", "/api/payments/verify", {})
    assert (missing.status_code, sorted(missing.data["details"])) == (400, sorted(said))
    assert (heard.names, Payment.objects.get().status) == ([], "pending")
    for _ in range(2):
        answer = customer("POST", "/api/payments/verify", said)
        assert (answer.status_code, answer.data) == (
            200,
            {
                "status": "success",
                "payment": {
                    "paymentId": payment["_id"],
                    "orderId": payment["orderId"],
                    "status": "completed",
                    "amount": 100,
                    "currency": "EGP",
                },
            },
        )
    # Razorpay says so too, by what it calls the order; and once more.
    body = razorpay_event()
    signed = {"X-Razorpay-Signature": hex_hmac("hook", body), "X-Razorpay-Event-Id": "evt_R1"}
    for duplicate in (False, True):
        answer = guest("POST", "/api/payments/webhooks/razorpay", raw=body, **signed)
        assert answer.data == {"received": True, "duplicate": duplicate}
    assert heard.names == ["payment.completed"]
    with_razorpay.will_answer({"id": "rfnd_1"})
    answer = staff("POST", f"/api/payments/{payment['_id']}/refund", {"amount": 40})
    assert answer.data["payment"]["status"] == "partially_refunded"
    assert with_razorpay.asked[-1].path == "/v1/payments/pay_R1/refund"
    assert with_razorpay.asked[-1].body["amount"] == 4000


@pytest.mark.django_db(transaction=True)
def test_a_payment_by_stripe_from_beginning_to_end(
    customer: Person, guest: Any, settings: Any, api: ProviderServer, heard: Heard
) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", "whsec_1"
    settings.STRIPE_BASE_URL = api.url
    api.will_answer(INTENT)
    payment = pay(customer, place(customer, mug().item(1)), "stripe")
    assert payment["checkout"] == {"paymentIntentId": "pi_1", "clientSecret": "pi_1_secret"}
    heard.events.clear()
    body = stripe_event()
    path = "/api/payments/webhooks/stripe"
    assert guest("POST", path, raw=body, **{"Stripe-Signature": "t=1,v1=00"}).status_code == 400
    assert ProviderEvent.objects.count() == 0
    for _ in range(2):
        answer = guest("POST", path, raw=body, **{"Stripe-Signature": stripe_signature(body)})
        assert answer.status_code == 200
    assert (heard.names, Payment.objects.get().receipt) == (["payment.completed"], "ch_1")
    api.will_answer(STRIPE_REFUND)
    assert customer("POST", f"/api/orders/{payment['orderId']}/cancel").status_code == 200
    assert heard.names[1:] == ["stock.updated", "order.status_changed", "payment.refunded"]
    assert (api.asked[-1].body["payment_intent"], api.asked[-1].body["amount"]) == ("pi_1", "10000")
    assert Order.objects.get().payment_status == "refunded"


@pytest.mark.django_db(transaction=True)
def test_a_razorpay_that_is_away_is_a_502_and_the_order_stays_payable(
    customer: Person, with_razorpay: ProviderServer
) -> None:
    order = place(customer, mug().item(1))
    with_razorpay.answers.insert(0, (502, b"<html>"))
    body = {"orderId": order["_id"], "provider": "razorpay"}
    answer = customer("POST", "/api/payments", body)
    assert (answer.status_code, answer.data["code"]) == (502, "provider_unavailable")
    with_razorpay.answers.insert(0, (200, {"items": []}))
    answer = customer("POST", "/api/payments", body)
    assert (answer.status_code, Payment.objects.count()) == (201, 1)
