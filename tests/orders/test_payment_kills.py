"""A process that dies between any two steps: whoever comes after it goes on, and money moves once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.api import idempotency
from orders import services
from orders.models import Order, Payment, ProviderEvent, Refund
from orders.services import paying, refunding, settling
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.paying import Bank, Killed, call_back, confirm, notice, pay, raising
from tests.orders.shop import mug, place

pytestmark = pytest.mark.django_db(transaction=True)

Kill = Callable[[Bank, pytest.MonkeyPatch], None]


def killing(module: Any, name: str) -> Kill:
    def kill(_bank: Bank, patch: pytest.MonkeyPatch) -> None:
        def die(*_args: Any, **_kwargs: Any) -> Any:
            raise Killed

        patch.setattr(module, name, die)

    return kill


def before_it_is_heard(bank: Bank, _patch: pytest.MonkeyPatch) -> None:
    bank.early.append(raising(Killed()))


def before_it_is_answered(bank: Bank, _patch: pytest.MonkeyPatch) -> None:
    bank.late.append(raising(Killed()))


def after_its_commit(bank: Bank, patch: pytest.MonkeyPatch) -> None:
    """The claim stands, and nobody has spoken with the provider."""
    for module in (paying, refunding):
        patch.setattr(module, "outside_transaction", raising_of_one)


def raising_of_one(_work: Any) -> Any:
    raise Killed


def after_a_minute() -> None:
    """Long enough for whoever was at it to be given up."""
    long_ago = "2026-01-01T00:00:00Z"
    Payment.objects.filter(held_until__gt=long_ago).update(held_until=long_ago)
    Refund.objects.filter(status="pending").update(due_at=long_ago)


def die(call: Callable[[], Any], kill: Kill, bank: Bank) -> None:
    with pytest.MonkeyPatch.context() as patch:
        kill(bank, patch)
        with pytest.raises(Killed):
            call()


BEGINNING: dict[str, Kill] = {
    "before the payment is there": killing(paying, "_made"),
    "when it is there": after_its_commit,
    "before the provider has heard": before_it_is_heard,
    "before the provider has answered": before_it_is_answered,
    "before the answer is kept": killing(paying, "changed"),
    "before the key is kept": killing(idempotency, "_remember"),
}


@pytest.mark.parametrize(
    ("step", "key"),
    [(step, key) for step in BEGINNING for key in (None, "k") if key or step != "before the key is kept"],
)
def test_a_payment_that_was_cut_off_is_gone_on_with_and_charged_once(
    customer: Person, bank: Bank, heard: Heard, step: str, key: str | None
) -> None:
    order = place(customer, mug().item(1))
    headers = {"Idempotency-Key": key} if key else {}
    body = {"orderId": order["_id"], "provider": "fake"}

    def ask() -> Any:
        return customer("POST", "/api/payments", body, **headers)

    die(ask, BEGINNING[step], bank)
    assert Order.objects.get().payment_status == "pending"
    if step != "before the payment is there":
        # Somebody might still be at it.
        answer = ask()
        assert (answer.status_code, answer.data["code"]) == (409, "in_progress")
    after_a_minute()
    answer = ask()
    assert answer.status_code == 201
    assert (list(bank.charges), Payment.objects.count()) == ([answer.data["_id"]], 1)
    assert confirm(customer, answer.data).data["payment"]["status"] == "completed"
    assert heard.names.count("payment.completed") == 1


ENDING: dict[str, Kill] = {
    "before anything": killing(settling, "lock_payment"),
    "before it is written": killing(settling, "changed"),
    "before it is told": killing(settling, "told"),
}


@pytest.mark.parametrize("step", ENDING)
def test_a_call_back_that_was_cut_off_comes_again_and_counts(
    customer: Person, guest: Any, bank: Bank, step: str
) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    body = notice(payment, "evt_1")
    die(lambda: call_back(guest, body), ENDING[step], bank)
    assert (Payment.objects.get().status, ProviderEvent.objects.count()) == ("pending", 0)
    assert call_back(guest, body).data == {"received": True, "duplicate": False}
    assert (Payment.objects.get().status, Order.objects.get().payment_status) == ("completed", "completed")


REFUNDING: dict[str, Kill] = {
    "before it is claimed": killing(refunding, "_claim"),
    "when it is claimed": after_its_commit,
    "before the provider has heard": before_it_is_heard,
    "before the provider has answered": before_it_is_answered,
    "before it is settled": killing(refunding, "_settle"),
    "before the key is kept": killing(idempotency, "_remember"),
}


@pytest.mark.parametrize("step", REFUNDING)
@pytest.mark.parametrize("who", ["staff", "the worker"])
def test_a_refund_that_was_cut_off_is_gone_on_with_and_paid_once(
    customer: Person, staff: Person, bank: Bank, heard: Heard, step: str, who: str
) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    confirm(customer, payment)
    heard.events.clear()

    def ask() -> Any:
        path = f"/api/payments/{payment['_id']}/refund"
        return staff("POST", path, {"amount": 40}, **{"Idempotency-Key": "k"})

    die(ask, REFUNDING[step], bank)
    # What was said inside a transaction that was undone was never told to anybody.
    heard.events.clear()
    claimed = Payment.objects.get().refunding
    assert claimed == (0 if step == "before it is claimed" else 40)
    if claimed:
        assert ask().data["code"] == "in_progress"
    after_a_minute()
    if who == "the worker":
        assert services.give_back_what_is_due() == (1 if claimed else 0)
    answer = ask()
    assert (answer.status_code, answer.data["refund"]["status"]) == (200, "completed")
    row: Any = Payment.objects.get()
    assert (row.status, row.refunded, row.refunding) == ("partially_refunded", 40, 0)
    assert (bank.given_back, Refund.objects.count(), heard.names) == (40, 1, ["payment.refunded"])
    assert ask()["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "step", ["when it is claimed", "before the provider has heard", "before the provider has answered"]
)
def test_a_cancellation_that_dies_after_its_commit_is_gone_on_with_by_the_worker(
    customer: Person, bank: Bank, heard: Heard, step: str
) -> None:
    goods = mug()
    payment = pay(customer, place(customer, goods.item(1)))
    confirm(customer, payment)
    heard.events.clear()
    die(lambda: customer("POST", f"/api/orders/{payment['orderId']}/cancel"), REFUNDING[step], bank)
    assert (Order.objects.get().status, goods.on_hand()) == ("cancelled", 10)
    assert services.give_back_what_is_due() == 0, "whoever was at it might still be"
    after_a_minute()
    assert services.give_back_what_is_due() == 1
    assert (Payment.objects.get().status, Order.objects.get().payment_status) == ("refunded", "refunded")
    assert (bank.given_back, heard.names) == (
        100,
        ["stock.updated", "order.status_changed", "payment.refunded"],
    )
