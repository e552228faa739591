"""Razorpay and Stripe, by their own SDKs, against an API on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from orders.errors import ProviderRefused, ProviderUnavailable, SignatureMismatch
from orders.models import Order, Payment, ProviderEvent
from orders.providers import keys, razorpay, stripe
from orders.providers.port import Charge, Outcome, Provider, Repayment, Standing
from tests.inventory.shop import Heard
from tests.orders.conftest import Person
from tests.orders.paying import pay
from tests.orders.provider_server import ProviderServer, provider_server
from tests.orders.shop import mug, place

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


@pytest.fixture
def api() -> Iterator[ProviderServer]:
    with provider_server() as server:
        yield server


def a_razorpay(url: str) -> razorpay.RazorpayProvider:
    return razorpay.RazorpayProvider(key_id="key", key_secret="s3cret", webhook_secret="hook", base_url=url)


def a_stripe(url: str) -> stripe.StripeProvider:
    return stripe.StripeProvider(secret_key="sk_test_1", webhook_secret=HOOK, base_url=url)


HOOK = "whsec_1"
MAKERS: dict[str, Callable[[str], Provider]] = {"razorpay": a_razorpay, "stripe": a_stripe}


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
    api.delay = 0.3
    api.will_answer({})
    provider: Provider = MAKERS[name](api.url)
    with pytest.raises(ProviderUnavailable) as caught:
        provider.refund(REPAYMENT)
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


# ---------------------------------------------------------------------------------------- call backs


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


# ------------------------------------------------------------------------------------- through the doors


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


# ------------------------------------------------------------------------------------------------ keys


def test_keys_that_can_not_work_are_named_all_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (keys.problems(), keys.warnings()) == ([], [])
    settings.RAZORPAY_KEY_ID, settings.STRIPE_SECRET_KEY = "key", "sk"
    assert keys.problems() == ["RAZORPAY_KEY_SECRET: is missing"]
    monkeypatch.setattr("orders.providers.keys.importlib.util.find_spec", lambda _name: None)
    missing = "is set, but the package `{0}` is not installed; `pip install 'stockwire[{0}]'` brings it"
    assert keys.problems() == [
        "RAZORPAY_KEY_SECRET: is missing",
        f"RAZORPAY_KEY_ID: {missing.format('razorpay')}",
        f"STRIPE_SECRET_KEY: {missing.format('stripe')}",
    ]
    assert keys.warnings() == [
        "STRIPE_WEBHOOK_SECRET: is missing, so every webhook of stripe is refused",
    ]


def test_a_server_does_not_start_with_keys_that_can_not_work(settings: Any) -> None:
    from django.core.management import CommandError, call_command

    settings.RAZORPAY_KEY_ID = "key"
    with pytest.raises(CommandError, match="RAZORPAY_KEY_SECRET: is missing"):
        call_command("serve", "--port", "0")
