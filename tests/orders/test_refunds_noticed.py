"""What providers call back about money that went back: by our refunds, or by those made on their pages."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from config.kernel.actors import SYSTEM
from orders import services
from orders.models import Order, Payment, ProviderEvent, Refund
from orders.providers.port import Notice, Outcome, Provider, Repaid
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, notice, pay
from tests.orders.sdks import HOOK, a_razorpay, a_stripe, hex_hmac, stripe_signature
from tests.orders.shop import mug, place
from tests.orders.test_refunds_rest import figures, paid, refund

pytestmark = pytest.mark.django_db(transaction=True)


def repaid(payment: dict[str, Any], event_id: str, kind: str = "refund.completed", **more: Any) -> bytes:
    """The fake provider's call back about a refund of 40, which it calls ``there_1``."""
    return notice(payment, event_id, kind, **{"refund": "there_1", "amount": 4000, **more})


def test_a_refund_made_at_the_provider_is_kept_once_and_announced(
    customer: Person, guest: Any, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()
    for event_id in ("evt_1", "evt_1", "evt_2"):
        assert call_back(guest, repaid(payment, event_id)).status_code == 200
    assert (figures(payment), heard.names) == (("partially_refunded", 40, 0), ["payment.refunded"])
    made = Refund.objects.get()
    assert (made.status, made.reference, made.reason) == ("completed", "there_1", "made at the provider")
    assert Order.objects.get().payment_status == "partially_refunded"
    # Nobody is asked for what has been done; and what is left is known.
    assert bank.calls["refund"] == 0
    assert refund(staff, payment, 61).data["code"] == "refund_too_large"
    assert refund(staff, payment, 60).data["payment"]["status"] == "refunded"


def test_more_than_is_left_is_refused_and_may_come_again(
    customer: Person, guest: Any, staff: Person, heard: Heard
) -> None:
    payment = paid(customer)
    refund(staff, payment, 70)
    heard.events.clear()
    answer = call_back(guest, repaid(payment, "evt_1"))
    assert (answer.status_code, answer.data["code"]) == (409, "refund_too_large")
    answer = call_back(guest, repaid(payment, "evt_2", currency="USD"))
    assert (answer.status_code, answer.data["code"]) == (400, "amount_mismatch")
    assert (figures(payment), heard.names) == (("partially_refunded", 70, 0), [])
    assert ProviderEvent.objects.count() == 0


def test_what_went_back_before_the_money_is_known_of_comes_again_later(customer: Person, guest: Any) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    early = repaid(payment, "evt_2")
    assert call_back(guest, early).data["code"] == "not_refundable"
    call_back(guest, notice(payment, "evt_1"))
    assert call_back(guest, early).status_code == 200
    assert figures(payment) == ("partially_refunded", 40, 0)


def test_the_call_back_about_a_refund_of_ours_changes_nothing(
    customer: Person, guest: Any, staff: Person, heard: Heard
) -> None:
    payment = paid(customer)
    refund(staff, payment, 40)
    heard.events.clear()
    ours = Refund.objects.get()
    call_back(guest, repaid(payment, "evt_1", refundId=ours.id, refund=ours.reference))
    # Without our own name on it, it is known by the provider's.
    call_back(guest, repaid(payment, "evt_2", refund=ours.reference))
    assert (figures(payment), heard.names) == (("partially_refunded", 40, 0), [])
    assert Refund.objects.count() == 1
    answer = call_back(guest, repaid(payment, "evt_3", refund=ours.reference, amount=3900))
    assert (answer.status_code, answer.data["code"]) == (400, "amount_mismatch")


def test_a_call_back_that_comes_before_the_answer_is_the_answer(
    customer: Person, guest: Any, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()

    def call_back_first() -> None:
        ours = Refund.objects.get()
        call_back(guest, repaid(payment, "evt_1", refundId=ours.id))

    bank.late.append(call_back_first)
    assert refund(staff, payment, 40).data["payment"]["status"] == "partially_refunded"
    assert (figures(payment), heard.names) == (("partially_refunded", 40, 0), ["payment.refunded"])
    assert Refund.objects.count() == 1


def test_a_refund_that_fails_there_is_free_again_or_needs_somebody(
    customer: Person, guest: Any, staff: Person, bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    payment = paid(customer)

    def fail_first() -> None:
        ours = Refund.objects.get()
        call_back(guest, repaid(payment, "evt_1", "refund.failed", refundId=ours.id))

    bank.late.append(fail_first)
    refund(staff, payment, 40)
    assert (figures(payment), Refund.objects.get().status) == (("completed", 0, 0), "failed")
    # Accepted, and failed days later: the money is with the provider.
    refund(staff, payment, 100)
    whole = Refund.objects.get(status="completed")
    call_back(guest, repaid(payment, "evt_2", "refund.failed", refundId=whole.id, amount=10000))
    whole.refresh_from_db()
    assert (whole.status, whole.problem) == ("completed", "the provider says that it has failed")
    assert f"refund {whole.id} needs somebody to look at it" in caplog.text
    # One that nobody here knows of, and never went back, is nothing.
    assert call_back(guest, repaid(payment, "evt_3", "refund.failed", refund="there_9")).status_code == 200
    assert figures(payment) == ("refunded", 100, 0)


def test_one_refund_told_by_many_events_at_once_is_one(customer: Person, heard: Heard) -> None:
    payment = paid(customer)
    heard.events.clear()
    start = threading.Barrier(6)

    def tell(number: int) -> None:
        try:
            start.wait()
            told = Notice(
                event_id=f"evt_{number}",
                kind="refund.updated",
                payment_id=payment["_id"],
                repaid=Repaid(
                    outcome=Outcome.COMPLETED, reference="there_1", amount=Decimal(40), currency="EGP"
                ),
            )
            provider = services.require_caller_back("fake")
            services.take_notice(provider=provider, notice=told, body="{}", actor=SYSTEM)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ProviderEvent.objects.count() == 6
    assert (figures(payment), heard.names) == (("partially_refunded", 40, 0), ["payment.refunded"])
    assert Refund.objects.count() == 1


def test_one_key_for_refunds_of_two_payments_at_once_makes_one(customer: Person, staff: Person) -> None:
    payments = [paid(customer) for _ in range(2)]
    start = threading.Barrier(2)
    codes: list[tuple[int, str]] = []

    def ask(payment: dict[str, Any]) -> None:
        try:
            start.wait()
            answer = refund(staff, payment, 40, **{"Idempotency-Key": "one"})
            codes.append((answer.status_code, answer.data.get("code", "")))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(payment,)) for payment in payments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [(200, ""), (422, "idempotency_key_reused")]
    assert sum(figures(payment)[1] for payment in payments) == 40


# ------------------------------------------------------------------------------ as the real ones say it


def by_razorpay(kind: str, notes: Any) -> Notice | None:
    payload = {
        "refund": {"entity": {"id": "rfnd_1", "amount": 4000, "currency": "EGP", "notes": notes}},
        "payment": {"entity": {"id": "pay_R1", "order_id": "order_R1", "notes": []}},
    }
    body = json.dumps({"event": kind, "payload": payload}).encode()
    headers = {"X-Razorpay-Signature": hex_hmac("hook", body), "X-Razorpay-Event-Id": "evt_1"}
    return a_razorpay("").read_webhook(body=body, headers=headers)


def by_stripe(kind: str, status: str, metadata: Any) -> Notice | None:
    about = {
        "id": "rfnd_1", "amount": 4000, "currency": "egp", "payment_intent": "order_R1", "status": status,
        "metadata": metadata,
    }  # fmt: skip
    body = json.dumps({"id": "evt_1", "type": kind, "data": {"object": about}}).encode()
    headers = {"Stripe-Signature": stripe_signature(body, secret=HOOK)}
    provider: Provider = a_stripe("")
    return provider.read_webhook(body=body, headers=headers)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (by_razorpay("refund.processed", {"refund_id": "rfd_1", "payment_id": "pay_1"}), "refund.processed"),
        (
            by_stripe("refund.created", "succeeded", {"refund_id": "rfd_1", "payment_id": "pay_1"}),
            "refund.created",
        ),
    ],
)
def test_a_refund_of_ours_is_known_by_its_name(said: Notice | None, kind: str) -> None:
    assert said == Notice(
        event_id="evt_1",
        kind=kind,
        payment_id="pay_1",
        reference="order_R1",
        repaid=Repaid(
            outcome=Outcome.COMPLETED,
            reference="rfnd_1",
            amount=Decimal(40),
            currency="EGP",
            refund_id="rfd_1",
        ),
    )


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (by_razorpay("refund.processed", []), Outcome.COMPLETED),
        (by_razorpay("refund.failed", []), Outcome.FAILED),
        (by_stripe("refund.updated", "succeeded", None), Outcome.COMPLETED),
        (by_stripe("refund.failed", "failed", {}), Outcome.FAILED),
        (by_stripe("refund.updated", "canceled", {}), Outcome.FAILED),
    ],
)
def test_a_refund_made_there_is_known_by_what_it_is_called_there(
    said: Notice | None, outcome: Outcome
) -> None:
    assert said is not None
    assert (said.payment_id, said.reference, said.outcome) == ("", "order_R1", None)
    assert said.repaid == Repaid(
        outcome=outcome, reference="rfnd_1", amount=Decimal(40), currency="EGP", refund_id=""
    )


@pytest.mark.parametrize(
    "said",
    [by_razorpay("refund.created", []), by_stripe("refund.created", "pending", {})],
)
def test_a_refund_that_has_not_ended_is_nothing_to_note(said: Notice | None) -> None:
    assert said is not None
    assert said.repaid is None


def test_the_payment_is_found_by_what_the_provider_calls_it(customer: Person, guest: Any, bank: Bank) -> None:
    payment = paid(customer)
    reference = Payment.objects.get().reference
    told = Notice(
        event_id="evt_1",
        kind="refund.processed",
        reference=reference,
        repaid=Repaid(outcome=Outcome.COMPLETED, reference="there_1", amount=Decimal(100), currency="EGP"),
    )
    assert services.take_notice(provider=bank, notice=told, body="{}", actor=SYSTEM)
    assert figures(payment) == ("refunded", 100, 0)
