"""Pay through REST; what Socket.IO clients and `/ws` are told of the money, in this order, for whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders.conftest import Person, bank, customer, guest, no_money_call_inside_a_transaction, staff
from tests.orders.paying import Bank, call_back, confirm, notice, pay
from tests.orders.shop import mug, place, ship
from tests.realtime.telling import Telling, Told

__all__ = ["bank", "customer", "guest", "no_money_call_inside_a_transaction", "staff"]

pytestmark = pytest.mark.django_db(transaction=True)

ABOUT_MONEY = {
    "payment_update",
    "payment.completed",
    "payment.failed",
    "payment.refunded",
    "new_notification",
    "notification.created",
}


class Log:
    """What has been recorded since one last asked, of money and of notifications."""

    def __init__(self) -> None:
        self._told = Told()
        self.tellings()

    def tellings(self) -> tuple[list[Telling], list[Telling]]:
        """On Socket.IO, and on `/ws`."""
        shop, catalog = self._told.both()
        return _about_money(shop), _about_money(catalog)


def _about_money(tellings: list[Telling]) -> list[Telling]:
    return [one for one in tellings if one.name in ABOUT_MONEY]


def check(log: Log, customer: Person, payment: dict[str, Any], *told: tuple[str, str, int | float]) -> None:
    """Each is an event, and what it says of the payment: its status, and how much of it has gone back."""
    shop, catalog = log.tellings()
    user, order = f"user:{customer.id}", f"order:{payment['orderId']}"
    assert [one.name for one in shop] == ["payment_update", "new_notification"] * len(told)
    assert [one.name for one in catalog] == [
        name for kind, *_rest in told for name in (kind, "notification.created")
    ]
    heard = customer("GET", "/api/notifications").data[: len(told)]
    updates, notifications = (
        zip(shop[::2], catalog[::2], strict=True),
        zip(shop[1::2], catalog[1::2], reversed(heard), strict=True),
    )
    for (update, event), (_kind, status, refunded) in zip(updates, told, strict=True):
        assert set(update.rooms) == set(event.rooms) == {user, order, "admin"}
        assert update.payload == {
            "paymentId": payment["_id"],
            "orderId": payment["orderId"],
            "status": status,
            "amount": payment["amount"],
            "currency": payment["currency"],
            "timestamp": update.payload["timestamp"],
        }
        assert (event.payload["payment_status"], event.payload["refunded"]) == (status, refunded)
        assert event.payload["order"]["id"] == payment["orderId"]
    for new, created, shown in notifications:
        assert new.rooms == created.rooms == (user,)
        assert new.payload == shown
        assert created.payload["notification_id"] == shown["_id"]


def test_a_payment_that_fails_then_completes_then_goes_back(
    customer: Person, staff: Person, guest: Any, bank: Bank
) -> None:
    order = place(customer, mug(price="99.99").item(1))
    log = Log()
    payment = pay(customer, order)
    assert log.tellings() == ([], [])
    confirm(customer, payment, "failed")
    check(log, customer, payment, ("payment.failed", "failed", 0))
    call_back(guest, notice(payment, "evt_1"))
    check(log, customer, payment, ("payment.completed", "completed", 0))
    confirm(customer, payment)
    call_back(guest, notice(payment, "evt_1"))
    call_back(guest, notice(payment, "evt_2", "payment.failed"))
    assert log.tellings() == ([], [])
    path = f"/api/payments/{payment['_id']}/refund"
    staff("POST", path, {"amount": 33.33})
    check(log, customer, payment, ("payment.refunded", "partially_refunded", 33.33))
    assert staff("POST", path, {"amount": 70}).status_code == 409
    assert log.tellings() == ([], [])
    staff("POST", path, {})
    check(log, customer, payment, ("payment.refunded", "refunded", 99.99))


def test_money_for_a_cancelled_order_comes_and_goes(customer: Person, guest: Any, bank: Bank) -> None:
    payment = pay(customer, place(customer, mug().item(1)))
    customer("POST", f"/api/orders/{payment['orderId']}/cancel")
    log = Log()
    call_back(guest, notice(payment, "evt_1"))
    check(
        log,
        customer,
        payment,
        ("payment.completed", "completed", 0),
        ("payment.refunded", "refunded", 100),
    )


def test_a_step_of_an_order_is_told_to_its_customer_and_cash_comes_with_the_last(
    customer: Person, staff: Person
) -> None:
    order = place(customer, mug().item(1))
    log = Log()
    ship(staff, order["_id"], to="delivered")
    shop, _catalog = log.tellings()
    assert [(one.name, one.payload.get("title")) for one in shop] == [
        ("new_notification", "Order processing"),
        ("new_notification", "Order shipped"),
        ("new_notification", "Order delivered"),
        ("payment_update", None),
        ("new_notification", "Payment received"),
    ]
    assert {one.rooms for one in shop if one.name == "new_notification"} == {(f"user:{customer.id}",)}
