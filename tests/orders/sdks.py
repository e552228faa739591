"""Razorpay and Stripe with keys of a test's own: what is asked of them, and what they call back, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orders.providers import razorpay, stripe
from orders.providers.port import Charge, Provider, Repayment

HOOK = "whsec_1"
CHARGE = Charge(
    payment_id="pay_01jd",
    order_id="ord_1",
    order_number="ORD-2026-000001",
    amount=Decimal("299.5"),
    currency="INR",
)
REPAYMENT = Repayment(
    refund_id="rfd_01jd",
    payment_id="pay_01jd",
    reference="ref_1",
    receipt="rcp_1",
    amount=Decimal("99.99"),
    currency="INR",
)
RAZORPAY_ORDER = {"id": "order_R1", "amount": 29950, "currency": "INR", "receipt": "pay_01jd"}
INTENT = {"id": "pi_1", "object": "payment_intent", "client_secret": "pi_1_secret"}
STRIPE_REFUND = {"id": "re_1", "object": "refund", "status": "succeeded"}


def a_razorpay(url: str) -> razorpay.RazorpayProvider:
    return razorpay.RazorpayProvider(key_id="key", key_secret="s3cret", webhook_secret="hook", base_url=url)


def a_stripe(url: str) -> stripe.StripeProvider:
    return stripe.StripeProvider(secret_key="sk_test_1", webhook_secret=HOOK, base_url=url)


MAKERS: dict[str, Callable[[str], Provider]] = {"razorpay": a_razorpay, "stripe": a_stripe}


def razorpay_event(kind: str = "payment.captured", **payment: Any) -> bytes:
    entity = {
        "id": "pay_R1",
        "order_id": "order_R1",
        "amount": 10000,
        "currency": "EGP",
        "notes": [],
        **payment,
    }
    return json.dumps({"event": kind, "payload": {"payment": {"entity": entity}}}).encode()


def hex_hmac(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def stripe_signature(body: bytes, *, secret: str = HOOK, age: float = 0) -> str:
    moment = int(time.time() - age)
    return f"t={moment},v1={hex_hmac(secret, f'{moment}.'.encode() + body)}"


def stripe_event(kind: str = "payment_intent.succeeded", **intent: Any) -> bytes:
    entity = {
        "id": "pi_1",
        "amount": 10000,
        "amount_received": 10000,
        "currency": "egp",
        "latest_charge": "ch_1",
        "metadata": {},
        **intent,
    }
    return json.dumps({"id": "evt_S1", "type": kind, "data": {"object": entity}}).encode()
