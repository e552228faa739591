"""What Razorpay and Stripe call back: what is read of it, and what they have not signed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders.errors import SignatureMismatch
from orders.providers import razorpay, stripe
from orders.providers.port import Outcome
from tests.orders.sdks import a_razorpay, a_stripe, hex_hmac, razorpay_event, stripe_event, stripe_signature


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("payment.captured", Outcome.COMPLETED),
        ("order.paid", Outcome.COMPLETED),
        ("payment.failed", Outcome.FAILED),
        ("payment.authorized", None),
    ],
)
def test_razorpays_events_are_read(kind: str, outcome: Outcome | None) -> None:
    body = razorpay_event(kind, notes={"payment_id": "pay_ours"})
    headers = {"X-Razorpay-Signature": hex_hmac("hook", body), "X-Razorpay-Event-Id": "evt_R1"}
    notice = a_razorpay("").read_webhook(body=body, headers=headers)
    assert notice is not None
    assert (notice.event_id, notice.kind, notice.outcome) == ("evt_R1", kind, outcome)
    if outcome:
        assert (notice.payment_id, notice.reference, notice.receipt) == ("pay_ours", "order_R1", "pay_R1")
        assert (notice.amount, notice.currency) == (Decimal(100), "EGP")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("payment_intent.succeeded", Outcome.COMPLETED),
        ("payment_intent.payment_failed", Outcome.FAILED),
        ("payment_intent.canceled", Outcome.FAILED),
        ("charge.refunded", None),
    ],
)
def test_stripes_events_are_read(kind: str, outcome: Outcome | None) -> None:
    body = stripe_event(kind, metadata={"payment_id": "pay_ours"})
    notice = a_stripe("").read_webhook(body=body, headers={"Stripe-Signature": stripe_signature(body)})
    assert notice is not None
    assert (notice.event_id, notice.kind, notice.outcome) == ("evt_S1", kind, outcome)
    if outcome:
        assert (notice.payment_id, notice.reference, notice.receipt) == ("pay_ours", "pi_1", "ch_1")
        assert (notice.amount, notice.currency) == (Decimal(100), "EGP")


@pytest.mark.parametrize("signature", ["", "0" * 64, "ü" * 64, hex_hmac("other", razorpay_event())])
def test_what_razorpay_has_not_signed_is_refused(signature: str) -> None:
    with pytest.raises(SignatureMismatch):
        a_razorpay("").read_webhook(body=razorpay_event(), headers={"X-Razorpay-Signature": signature})


def test_without_a_webhook_secret_nothing_is_genuine() -> None:
    # An empty secret signs too: whoever knows that there is none could sign with it.
    body = razorpay_event()
    provider = razorpay.RazorpayProvider(key_id="key", key_secret="s3cret", webhook_secret="")
    with pytest.raises(SignatureMismatch):
        provider.read_webhook(body=body, headers={"X-Razorpay-Signature": hex_hmac("", body)})
    event = stripe_event()
    other = stripe.StripeProvider(secret_key="sk", webhook_secret="")
    with pytest.raises(SignatureMismatch):
        other.read_webhook(body=event, headers={"Stripe-Signature": stripe_signature(event, secret="")})


@pytest.mark.parametrize("how", [{"secret": "other"}, {"age": 400}])
def test_what_stripe_has_not_signed_just_now_is_refused(how: dict[str, Any]) -> None:
    body = stripe_event()
    for signature in (stripe_signature(body, **how), "", "t=1", "nonsense"):
        with pytest.raises(SignatureMismatch):
            a_stripe("").read_webhook(body=body, headers={"Stripe-Signature": signature})
    with pytest.raises(SignatureMismatch):
        a_stripe("").read_webhook(body=b"\xff", headers={"Stripe-Signature": stripe_signature(b"\xff")})
