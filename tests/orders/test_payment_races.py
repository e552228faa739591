"""Races of payments. Each has a control, with the guard taken out, in which it happens, and a proof."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from config.identity.models import Role
from config.kernel.actors import SYSTEM, Actor
from orders import services
from orders.errors import RefundTooLarge
from orders.models import Order, Payment, ProviderEvent, Refund
from orders.order_records import OrderRecord
from orders.parties import parties_of
from orders.payment_records import PaymentRecord, RefundRecord
from orders.providers.port import Outcome
from orders.selectors.payments import is_paid, payment_record
from orders.services import paying, payment_changes, refunding, settling
from orders.services import status as stepping
from tests.hearing import Heard
from tests.inventory.crowds import Meeting, at_once
from tests.inventory.test_races import without_constraints
from tests.orders.conftest import Person
from tests.orders.paying import Bank, call_back, confirm, notice, pay, slow
from tests.orders.shop import mug, place

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(kind="user", id="usr_staff")


def without_order_lock(patch: pytest.MonkeyPatch, count: int) -> None:
    """So many have all looked at the order and its payment before the first of them goes on."""
    gate = threading.Barrier(count)

    def look_at_payment(payment_id: str) -> Any:
        payment = payment_record(payment_id)
        order = Order.objects.get(id=payment.order_id)
        gate.wait(timeout=10)
        return order, payment

    def look_at_order(order_id: str, **how: Any) -> Any:
        order = Order.objects.get(id=order_id)
        parties = parties_of(order, actor=how["actor"], role=how["role"])
        gate.wait(timeout=10)
        return order, parties

    for module in (settling, refunding):
        patch.setattr(module, "lock_payment", look_at_payment)
    for other in (stepping, paying):
        patch.setattr(other, "lock_order", look_at_order)


def without_condition(patch: pytest.MonkeyPatch) -> None:
    """What was decided is written, whatever is there by now."""

    def write(payment_id: str, *, where: dict[str, Any], **values: Any) -> bool:
        return payment_changes.changed(payment_id, where={}, **values)

    for module in (settling, refunding):
        patch.setattr(module, "changed", write)


@contextmanager
def without_indexes(*names: str) -> Iterator[None]:
    """The database's own guards, taken out; the test puts its table right before they come back."""
    with connection.cursor() as cursor:
        found = []
        for name in names:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
            found.append(cursor.fetchone()[0])
            cursor.execute(f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for definition in found:
                cursor.execute(definition)


def row() -> Any:
    """The only payment."""
    return Payment.objects.get()


def payment_of(customer: Person, price: str = "100") -> dict[str, Any]:
    return pay(customer, place(customer, mug(price=price).item(1)))


def completing(payment: dict[str, Any]) -> Callable[[], PaymentRecord]:
    return lambda: services.settle_payment(payment_id=payment["_id"], outcome=Outcome.COMPLETED, actor=SYSTEM)


# ------------------------------------------------------------------------------- client and call back


def test_control_without_lock_and_condition_a_payment_completes_twice(
    customer: Person, bank: Bank, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = payment_of(customer)
    heard.events.clear()
    without_order_lock(monkeypatch, 2)
    without_condition(monkeypatch)
    monkeypatch.setattr(settling, "is_paid", Meeting(2).after(is_paid))
    at_once([completing(payment)] * 2)
    assert heard.names == ["payment.completed"] * 2


@pytest.mark.parametrize("left_out", ["nothing", "the order's lock"])
def test_proof_a_payment_completes_once_whoever_says_so_at_the_same_time(
    customer: Person,
    guest: Any,
    bank: Bank,
    heard: Heard,
    left_out: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payment = payment_of(customer)
    heard.events.clear()
    works: list[Callable[[], Any]] = [completing(payment)] * 4
    if left_out == "nothing":
        same, other = notice(payment, "evt_1"), notice(payment, "evt_2")
        works += [lambda: confirm(customer, payment)] * 4
        works += [lambda: call_back(guest, same)] * 4 + [lambda: call_back(guest, other)] * 4
    else:
        without_order_lock(monkeypatch, 4)  # what is left is the condition of the write
    results: list[Any] = at_once(works, threads=8 if left_out == "nothing" else 4)
    assert heard.names == ["payment.completed"]
    assert all(isinstance(one, PaymentRecord) or one.status_code == 200 for one in results)
    order = Order.objects.get()
    assert (order.payment_status, order.version) == ("completed", 2)
    if left_out == "nothing":
        assert ProviderEvent.objects.count() == 2
        duplicates = Counter(one.data["duplicate"] for one in results[8:])
        assert duplicates == {False: 2, True: 6}


# ----------------------------------------------------------------------------------- two payments at once


def two_payments(customer: Person) -> list[dict[str, Any]]:
    """Of one order: the first attempt failed, as far as we know."""
    order = place(customer, mug().item(1))
    first = pay(customer, order)
    confirm(customer, first, "failed")
    return [first, pay(customer, order)]


def test_control_without_lock_and_constraint_an_order_is_paid_twice(
    customer: Person, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = two_payments(customer)
    without_order_lock(monkeypatch, 2)
    monkeypatch.setattr(settling, "is_paid", Meeting(2).after(is_paid))
    with without_indexes("order_paid_once"):
        at_once([completing(payment) for payment in payments])
        assert Payment.objects.filter(status="completed", surplus=False).count() == 2
        assert bank.given_back == 0
        Payment.objects.filter(id=payments[0]["_id"]).update(surplus=True)


def test_proof_an_order_is_paid_once_and_the_other_payment_goes_back(
    customer: Person, bank: Bank, heard: Heard
) -> None:
    for _ in range(5):
        at_once([completing(payment) for payment in two_payments(customer)])
    assert Counter(Payment.objects.values_list("status", "surplus")) == {
        ("completed", False): 5,
        ("refunded", True): 5,
    }
    assert bank.given_back == 500
    assert set(Order.objects.values_list("payment_status", flat=True)) == {"completed"}


# ---------------------------------------------------------------------------------------- double refund


def refunding_sixty(payment: dict[str, Any]) -> Callable[[], RefundRecord]:
    return lambda: services.begin_refund(
        payment_id=payment["_id"], amount=Decimal(60), reason="", actor=STAFF, role=Role.ADMIN
    )


def paid(customer: Person) -> dict[str, Any]:
    payment = payment_of(customer)
    confirm(customer, payment)
    return payment


def test_control_without_its_guards_more_goes_back_than_was_paid(
    customer: Person, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(customer)
    without_order_lock(monkeypatch, 2)
    without_condition(monkeypatch)
    with ExitStack() as guards:
        guards.enter_context(without_constraints("orders_payment", "payment_refunded_at_most_paid"))
        at_once([refunding_sixty(payment)] * 2)
        assert row().refunding == 120
        assert Refund.objects.count() == 2
        Payment.objects.update(refunding=0)


@pytest.mark.parametrize("left_out", ["nothing", "the order's lock", "lock and condition"])
def test_proof_no_more_goes_back_than_was_paid_however_many_ask(
    customer: Person, bank: Bank, left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(customer)
    if left_out != "nothing":
        without_order_lock(monkeypatch, 4)
    if left_out == "lock and condition":
        without_condition(monkeypatch)  # what is left is the table's own CHECK
    results: list[Any] = at_once([refunding_sixty(payment)] * 4, threads=4)
    assert sum(isinstance(one, RefundRecord) for one in results) == 1
    assert (row().refunding, Refund.objects.count()) == (60, 1)
    if left_out != "lock and condition":
        assert sum(isinstance(one, RefundTooLarge) for one in results) == 3


def test_proof_staff_who_all_click_at_once_give_back_once(
    customer: Person, staff: Person, bank: Bank, heard: Heard
) -> None:
    payment = paid(customer)
    heard.events.clear()
    path = f"/api/payments/{payment['_id']}/refund"
    bank.early = [slow(0.05)] * 2
    answers: list[Any] = at_once([lambda: staff("POST", path, {})] * 10, threads=10)
    assert Counter(one.status_code for one in answers) == {200: 1, 409: 9}
    assert (bank.calls["refund"], bank.given_back, heard.names) == (1, 100, ["payment.refunded"])


def test_proof_one_key_gives_back_once_however_often_it_comes(
    customer: Person, staff: Person, bank: Bank
) -> None:
    payment = paid(customer)
    path = f"/api/payments/{payment['_id']}/refund"
    bank.early = [slow(0.05)] * 2

    def ask() -> Any:
        return staff("POST", path, {"amount": 10}, **{"Idempotency-Key": "k"})

    answers: list[Any] = [*at_once([ask] * 10, threads=10), ask()]
    assert {one.status_code for one in answers} <= {200, 409}
    assert {one.data["code"] for one in answers if one.status_code == 409} <= {"in_progress"}
    assert len({one.content for one in answers if one.status_code == 200}) == 1
    assert (bank.given_back, row().refunded) == (10, 10)


# ---------------------------------------------------------------------------------------- pay and cancel


def cancelling(order_id: str) -> Callable[[], OrderRecord]:
    return lambda: services.cancel_order(order_id=order_id, actor=STAFF, role=Role.ADMIN)


def test_control_without_the_orders_lock_the_money_of_a_cancelled_order_is_kept(
    customer: Person, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = payment_of(customer)
    without_order_lock(monkeypatch, 2)
    at_once([completing(payment), cancelling(payment["orderId"])])
    assert Order.objects.get().status == "cancelled"
    assert (row().status, bank.given_back) == ("completed", 0)


def test_proof_an_order_that_is_cancelled_while_it_is_paid_keeps_nothing(
    customer: Person, bank: Bank, heard: Heard
) -> None:
    payments = [payment_of(customer) for _ in range(10)]
    works = [work for payment in payments for work in (completing(payment), cancelling(payment["orderId"]))]
    results: list[Any] = at_once(works, threads=8)
    assert {type(one) for one in results} == {PaymentRecord, OrderRecord}
    assert set(Order.objects.values_list("status", "payment_status")) == {("cancelled", "refunded")}
    assert (bank.given_back, len(bank.refunds)) == (1000, 10)
    for order in Order.objects.all():
        versions = [event.version_number for event in heard.events if event.subject == order.id]
        assert sorted(versions) == [1, 2, 3, 4]  # type: ignore[type-var]  # each has one


# ------------------------------------------------------------------------------------------ double click


def test_control_without_lock_and_constraint_two_clicks_are_two_charges(
    customer: Person, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place(customer, mug().item(1))
    without_order_lock(monkeypatch, 2)
    # Both have found that there is none yet.
    monkeypatch.setattr(paying, "_made", Meeting(2).before(paying._made))
    with without_indexes("payment_pending_once"):
        at_once([lambda: pay(customer, order)] * 2)
        assert len(bank.charges) == 2
        Payment.objects.exclude(id=next(iter(bank.charges))).delete()


@pytest.mark.parametrize("left_out", ["nothing", "the order's lock"])
def test_proof_ten_clicks_are_one_charge(
    customer: Person, bank: Bank, left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place(customer, mug().item(1))
    bank.early = [slow(0.1)] * 2
    if left_out != "nothing":
        without_order_lock(monkeypatch, 10)
    body = {"orderId": order["_id"], "provider": "fake"}
    answers: list[Any] = at_once([lambda: customer("POST", "/api/payments", body)] * 10, threads=10)
    assert (len(bank.charges), Payment.objects.count()) == (1, 1)
    statuses = Counter(one.status_code for one in answers)
    assert statuses[201] >= 1
    if left_out == "nothing":
        assert set(statuses) <= {201, 409}
        assert {one.data["code"] for one in answers if one.status_code == 409} <= {"in_progress"}
    assert {one.data["_id"] for one in answers if one.status_code == 201} == set(bank.charges)
