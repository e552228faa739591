"""Razorpay and Stripe, by their own SDKs, against an API on this machine."""

from __future__ import annotations

import base64
import socket
from decimal import Decimal
from typing import Any

import pytest

from orders.errors import ProviderRefused, ProviderUnavailable
from orders.providers import razorpay, stripe
from orders.providers.port import Charge, Outcome, Provider, Repayment, Standing
from tests.orders.provider_server import ProviderServer
from tests.orders.sdks import (
    CHARGE,
    INTENT,
    MAKERS,
    RAZORPAY_ORDER,
    REPAYMENT,
    STRIPE_REFUND,
    a_razorpay,
    a_stripe,
)

# ------------------------------------------------------------------------------------------- beginning


def test_razorpay_makes_an_order_in_the_smallest_unit(api: ProviderServer) -> None:
    api.will_answer(RAZORPAY_ORDER)
    begun = a_razorpay(api.url).begin(CHARGE)
    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/v1/orders")
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"key:s3cret").decode()
    assert asked.body == {
        "amount": 29950,
        "currency": "INR",
        "receipt": "pay_01jd",
        "payment_capture": 1,
        "notes": {"payment_id": "pay_01jd", "order_id": "ord_1"},
    }
    assert begun.reference == "order_R1"
    assert begun.checkout == {
        "key": "key",
        "razorpay_order_id": "order_R1",
        "amount": 29950,
        "currency": "INR",
        "name": "ORD-2026-000001",
    }


@pytest.mark.parametrize("was_heard", [True, False])
def test_razorpay_is_asked_for_the_order_that_it_may_have_made_before(
    api: ProviderServer, was_heard: bool
) -> None:
    api.will_answer({"items": [RAZORPAY_ORDER] if was_heard else []})
    api.will_answer(RAZORPAY_ORDER)
    begun = a_razorpay(api.url).begin(
        Charge(
            payment_id="pay_01jd",
            order_id="ord_1",
            order_number="n",
            amount=CHARGE.amount,
            currency="INR",
            again=True,
        )
    )
    assert begun.reference == "order_R1"
    assert (api.asked[0].method, api.asked[0].query) == ("GET", {"receipt": "pay_01jd"})
    assert [one.method for one in api.asked] == (["GET"] if was_heard else ["GET", "POST"])


@pytest.mark.parametrize(
    ("amount", "currency", "counted"),
    [("299.5", "EUR", "29950"), ("500", "JPY", "500"), ("1.250", "KWD", "1250"), ("700", "UGX", "70000")],
)
def test_stripe_makes_an_intent_in_the_unit_that_it_counts_in(
    api: ProviderServer, amount: str, currency: str, counted: str
) -> None:
    api.will_answer(INTENT)
    begun = a_stripe(api.url).begin(
        Charge(
            payment_id="pay_01jd",
            order_id="ord_1",
            order_number="ORD-1",
            amount=Decimal(amount),
            currency=currency,
        )
    )
    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/v1/payment_intents")
    assert asked.headers["authorization"] == "Bearer sk_test_1"
    assert asked.headers["idempotency-key"] == "pay_01jd"
    assert asked.body == {
        "amount": counted,
        "currency": currency.lower(),
        "automatic_payment_methods[enabled]": "true",
        "metadata[payment_id]": "pay_01jd",
        "metadata[order_id]": "ord_1",
        "description": "ORD-1",
    }
    assert (begun.reference, begun.checkout) == (
        "pi_1",
        {"paymentIntentId": "pi_1", "clientSecret": "pi_1_secret"},
    )


# --------------------------------------------------------------------------------------------- refunds


def test_razorpay_gives_back_under_the_refunds_own_key(api: ProviderServer) -> None:
    api.will_answer({"id": "rfnd_1"})
    assert a_razorpay(api.url).refund(REPAYMENT) == "rfnd_1"
    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/v1/payments/rcp_1/refund")
    assert asked.headers["x-refund-idempotency"] == "rfd_01jd"
    assert asked.body == {"amount": 9999, "notes": {"refund_id": "rfd_01jd", "payment_id": "pay_01jd"}}


@pytest.mark.parametrize("was_heard", [True, False])
def test_razorpay_is_asked_for_the_refund_that_it_may_have_made_before(
    api: ProviderServer, was_heard: bool
) -> None:
    others = [{"id": "rfnd_0", "notes": []}, {"id": "rfnd_2", "notes": {"refund_id": "rfd_other"}}]
    mine = [{"id": "rfnd_1", "notes": {"refund_id": "rfd_01jd"}}]
    api.will_answer({"items": [*others, *(mine if was_heard else [])]})
    api.will_answer({"id": "rfnd_1"})
    again = Repayment(
        refund_id="rfd_01jd",
        payment_id="pay_01jd",
        reference="ref_1",
        receipt="rcp_1",
        amount=REPAYMENT.amount,
        currency="INR",
        again=True,
    )
    assert a_razorpay(api.url).refund(again) == "rfnd_1"
    assert [one.method for one in api.asked] == (["GET"] if was_heard else ["GET", "POST"])


def test_stripe_gives_back_under_the_refunds_own_key(api: ProviderServer) -> None:
    api.will_answer(STRIPE_REFUND)
    assert a_stripe(api.url).refund(REPAYMENT) == "re_1"
    (asked,) = api.asked
    assert (asked.method, asked.path) == ("POST", "/v1/refunds")
    assert asked.headers["idempotency-key"] == "rfd_01jd"
    assert asked.body == {
        "payment_intent": "ref_1",
        "amount": "9999",
        "metadata[refund_id]": "rfd_01jd",
        "metadata[payment_id]": "pay_01jd",
    }


def test_a_refund_that_stripe_says_has_failed_was_refused(api: ProviderServer) -> None:
    api.will_answer({**STRIPE_REFUND, "status": "failed"})
    with pytest.raises(ProviderRefused):
        a_stripe(api.url).refund(REPAYMENT)


# ------------------------------------------------------------------------------------------ asking after


def test_razorpay_is_asked_what_came_in_by_an_order(api: ProviderServer) -> None:
    failed = {"id": "pay_R0", "status": "failed", "amount": 29950, "currency": "INR"}
    api.will_answer({"items": [failed]})
    api.will_answer({"items": [failed, {**failed, "id": "pay_R1", "status": "captured"}]})
    provider = a_razorpay(api.url)
    assert provider.look_up("order_R1") is None
    assert provider.look_up("order_R1") == Standing(
        outcome=Outcome.COMPLETED, receipt="pay_R1", amount=Decimal("299.50"), currency="INR"
    )
    assert [(one.method, one.path) for one in api.asked] == [("GET", "/v1/orders/order_R1/payments")] * 2


def test_stripe_is_asked_how_an_intent_stands(api: ProviderServer) -> None:
    intent = {**INTENT, "currency": "inr", "amount_received": 29950, "latest_charge": "ch_1"}
    provider = a_stripe(api.url)
    stands = []
    for status in ("processing", "requires_payment_method", "canceled", "succeeded"):
        api.will_answer({**intent, "status": status})
        stands.append(provider.look_up("pi_1"))
    assert stands == [
        None,
        None,
        Standing(outcome=Outcome.FAILED),
        Standing(outcome=Outcome.COMPLETED, receipt="ch_1", amount=Decimal("299.50"), currency="INR"),
    ]
    assert (api.asked[0].method, api.asked[0].path) == ("GET", "/v1/payment_intents/pi_1")


# --------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize("name", MAKERS)
def test_who_does_not_listen_has_not_heard(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        provider: Provider = MAKERS[name](f"http://127.0.0.1:{taken.getsockname()[1]}")
        for call in (lambda: provider.begin(CHARGE), lambda: provider.refund(REPAYMENT)):
            with pytest.raises(ProviderUnavailable) as caught:
                call()
            assert caught.value.sent is False


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    "answer", [(500, {"error": {"code": "SERVER_ERROR"}}), (502, b"<html>"), (200, b"<html>")]
)
def test_who_answers_nonsense_may_have_heard(name: str, answer: tuple[int, Any], api: ProviderServer) -> None:
    provider: Provider = MAKERS[name](api.url)
    for call in (lambda: provider.begin(CHARGE), lambda: provider.refund(REPAYMENT)):
        api.answers = [answer]
        with pytest.raises(ProviderUnavailable) as caught:
            call()
        assert caught.value.sent is True
        assert caught.value.message == f"The payment provider {name} can't be reached; try again"


@pytest.mark.parametrize("name", MAKERS)
def test_who_is_too_slow_may_have_heard(
    name: str, api: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (razorpay, stripe):
        monkeypatch.setattr(module, "TIMEOUT", (1.0, 0.05))
    api.may_answer.clear()
    api.will_answer({})
    provider: Provider = MAKERS[name](api.url)
    with pytest.raises(ProviderUnavailable) as caught:
        provider.refund(REPAYMENT)
    api.may_answer.set()
    assert caught.value.sent is True


@pytest.mark.parametrize("name", MAKERS)
def test_what_was_understood_and_refused_is_refused(name: str, api: ProviderServer) -> None:
    refusals = {
        "razorpay": {"error": {"code": "BAD_REQUEST_ERROR", "description": "The amount is invalid"}},
        "stripe": {"error": {"type": "invalid_request_error", "message": "The amount is invalid"}},
    }
    provider: Provider = MAKERS[name](api.url)
    for call in (lambda: provider.begin(CHARGE), lambda: provider.refund(REPAYMENT)):
        api.will_answer(refusals[name], status=400)
        with pytest.raises(ProviderRefused, match="The amount is invalid"):
            call()


def test_a_wrong_key_is_our_trouble_and_not_the_customers(api: ProviderServer) -> None:
    api.will_answer({"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}, status=401)
    with pytest.raises(ProviderUnavailable):
        a_stripe(api.url).begin(CHARGE)
