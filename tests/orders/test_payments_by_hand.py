"""The first payment of an order by hand, which is one statement; and what happens to its order meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.identity.models import Role
from config.kernel.actors import SYSTEM, Actor
from config.kernel.statements import Prepared
from orders import services
from orders.errors import OrderClosed, OrderPaid
from orders.models import Order, Payment
from orders.payment_records import PaymentRecord
from orders.providers.port import Outcome
from orders.selectors.payments import payment_record
from orders.services import payment_statements
from tests.inventory.crowds import PATIENCE, somebody_waits_for_us, until
from tests.orders.conftest import Person
from tests.orders.paying import pay
from tests.orders.shop import mug, place

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(kind="user", id="usr_staff")
#: The order is neither locked nor judged.
CARELESS = Prepared(
    payment_statements._BEGIN_FIRST.replace("FOR NO KEY UPDATE", "").replace(
        "AND status <> 'cancelled' AND payment_status = 'pending'", ""
    )
)


def asking(customer: Person, order_id: str) -> Any:
    payment, charge = services.claim_payment(
        order_id=order_id,
        provider="cod",
        actor=Actor(kind="user", id=customer.id),
        role=Role.CUSTOMER,
    )
    assert charge is None
    return payment


def meanwhile(ask: Callable[[], Any], change: Callable[[], Any], *, waits: bool) -> Any:
    """What ``ask`` comes to that begins while ``change`` is made and not committed yet; it ``waits`` for
    that, or ends before it."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(ask())
        except Exception as error:  # noqa: BLE001  it is what the test is about
            result.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        change()
        thread.start()
        until(somebody_waits_for_us if waits else lambda: bool(result))
    thread.join(PATIENCE)
    return result[0]


def cancelling(order_id: str) -> Callable[[], Any]:
    return lambda: services.cancel_order(order_id=order_id, actor=STAFF, role=Role.ADMIN)


def test_it_takes_one_statement_and_is_shown_as_any_other(customer: Person) -> None:
    order = place(customer, mug(price="19.90").item(2))
    with CaptureQueriesContext(connection) as queries:
        payment = asking(customer, order["id"])
    assert len(queries) == 1
    assert isinstance(payment, PaymentRecord)
    row = Payment.objects.get()
    assert (row.id, row.provider, row.status, row.begun) == (payment.id, "cod", "pending", True)
    assert (str(row.amount), row.currency) == ("39.8000", payment.currency)
    assert payment_record(payment.id) == payment
    assert (row.held_until - row.created_at).total_seconds() == pytest.approx(120, abs=5)


def test_asked_for_again_it_is_the_same(customer: Person) -> None:
    order = place(customer, mug().item(1))
    first = asking(customer, order["id"])
    assert asking(customer, order["id"]) == first
    assert Payment.objects.count() == 1


def test_another_customers_order_is_none(customer: Person, other: Person) -> None:
    order = place(customer, mug().item(1))
    answer = other("POST", "/api/payments", {"orderId": order["id"], "provider": "cod"})
    assert (answer.status_code, Payment.objects.count()) == (404, 0)


def test_control_without_a_look_at_the_order_a_cancelled_one_is_to_be_paid(
    customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place(customer, mug().item(1))
    monkeypatch.setattr(payment_statements, "_BEGIN_FIRST", CARELESS)
    result = meanwhile(lambda: asking(customer, order["id"]), cancelling(order["id"]), waits=False)
    assert isinstance(result, PaymentRecord)
    assert (Order.objects.get().status, Payment.objects.count()) == ("cancelled", 1)


def test_proof_an_order_that_is_cancelled_meanwhile_gets_no_payment(customer: Person) -> None:
    order = place(customer, mug().item(1))
    result = meanwhile(lambda: asking(customer, order["id"]), cancelling(order["id"]), waits=True)
    assert isinstance(result, OrderClosed)
    assert (Order.objects.get().status, Payment.objects.count()) == ("cancelled", 0)


def test_proof_an_order_that_is_paid_otherwise_meanwhile_gets_no_second_payment(customer: Person) -> None:
    order = place(customer, mug().item(1))

    begun = pay(customer, order)

    def settle() -> None:
        services.settle_payment(payment_id=begun["_id"], outcome=Outcome.COMPLETED, actor=SYSTEM)

    result = meanwhile(lambda: asking(customer, order["id"]), settle, waits=True)
    assert isinstance(result, OrderPaid)
    assert Payment.objects.count() == 1
