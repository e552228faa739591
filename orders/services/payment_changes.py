"""The one way in which a payment changes: under its order's lock, stored, and told with the whole order."""

from __future__ import annotations

from typing import Any, TypeVar

from config.kernel import clock
from config.kernel.money import to_number
from orders.errors import PaymentNotFound
from orders.events import PaymentEvent
from orders.models import Order, Payment
from orders.payment_records import RECEIVED, PaymentRecord
from orders.selectors.payments import payment_record
from orders.services.order_changes import store
from orders.services.order_events import event_fields

E = TypeVar("E", bound=PaymentEvent)


def lock_payment(payment_id: str) -> tuple[Order, PaymentRecord]:
    """Lock the order of a payment, and with it all its payments; both, as they are then.

    Refuses: a payment that is not there (``PaymentNotFound``).
    """
    order_id = Payment.objects.filter(id=payment_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise PaymentNotFound
    order = Order.objects.select_for_update(no_key=True).get(id=order_id)
    return order, payment_record(payment_id)


def told(kind: type[E], order: Order, payment: PaymentRecord, **more: Any) -> E:
    """The event of a payment that has changed; the (locked) order shows it from now on, and counts it.

    What an order shows is how its own payment stands: money that it did not need any more is not seen there,
    unless nothing else ever came.
    """
    shown = {} if _has_another(payment) else {"payment_status": payment.status.value}
    record = store(order, **shown)
    return kind(
        **event_fields(record),
        payment_id=payment.id,
        provider=payment.provider,
        payment_status=payment.status.value,
        amount=to_number(payment.amount, payment.currency),
        refunded=to_number(payment.refunded, payment.currency),
        currency=payment.currency,
        **more,
    )


def changed(payment_id: str, *, where: dict[str, Any], **values: Any) -> bool:
    """Write a payment's change if it is, at this instant, what the change was decided on."""
    found = Payment.objects.filter(id=payment_id, **where)
    return bool(found.update(**values, updated_at=clock.now()))


def _has_another(payment: PaymentRecord) -> bool:
    """Whether the order's money came in by another payment than this one."""
    others = Payment.objects.filter(order_id=payment.order_id, surplus=False, status__in=RECEIVED)
    return others.exclude(id=payment.id).exists()
