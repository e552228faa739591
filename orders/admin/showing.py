"""What the page of one order shows, and which steps it offers. Reads; changes nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.urls import reverse

from config.kernel.money import sign_of, to_number
from inventory.selectors.history import movements
from orders import flow
from orders.flow import CLOSED, RETURNABLE, Party, Status
from orders.models import Order, Payment
from orders.payment_records import RECEIVED, PaymentStatus
from orders.providers import COD, MANUAL
from orders.selectors.timeline import timeline

_STAFF = frozenset({Party.STAFF})
#: How statuses are coloured in lists, by unfold's names. One that is not here would be shown as it is stored.
TONES = {
    "pending": "warning",
    "processing": "info",
    "shipped": "info",
    "delivered": "success",
    "completed": "success",
    "cancelled": "danger",
    "failed": "danger",
    "partially_refunded": "warning",
    "refunded": "info",
}
#: By which there may be payments, whether their keys are set or not.
PROVIDERS = (COD.name, MANUAL.name, "stripe", "razorpay", "fake")
#: Two for each line of the longest order.
_MOST_MOVEMENTS = 500


def steps_of(order: Order) -> set[str]:
    """The actions that lead somewhere from here, by name; who may is asked elsewhere."""
    next_ones = flow.allowed(Status(order.status), _STAFF)
    found = {"slip"}
    if set(next_ones) - {Status.CANCELLED}:
        found.add("step")
    if Status.CANCELLED in next_ones:
        found.add("cancel")
    if Status(order.status) in RETURNABLE:
        found.add("take_back")
    if Status(order.status) not in CLOSED:
        found.add("assign")
        if order.tailor_status:
            found.add("tailor_work")
    return found


def facts_of(order: Order, user: Any) -> dict[str, Any]:
    """All that the page shows of an order, as far as ``user`` may see it: some fifteen queries."""
    comes_back = Status(order.status) in RETURNABLE and user.has_perm("orders.return_order")
    lines = [
        {
            "line": line,
            "price": money(line.price, order.currency),
            "sum": money(line.price * line.quantity, order.currency),
            "details": {**line.attributes, **line.options},
            "may_return": comes_back and line.returned < line.quantity,
        }
        for line in order.lines.order_by("position")
    ]
    ledger = f"{reverse('admin:inventory_stockmovement_changelist')}?q={quote(order.id)}"
    rows = movements().filter(reference=order.id).select_related("variant").order_by("id")
    return {
        "order": order,
        "total": money(order.total, order.currency),
        "lines": lines,
        "happenings": timeline(order),
        "payments": _payments(order, user) if user.has_perm("orders.view_payment") else None,
        "movements": rows[:_MOST_MOVEMENTS],
        "ledger": ledger if user.has_perm("inventory.view_stockmovement") else "",
        "may_see_customer": user.has_perm("identity.view_user"),
    }


def steps_of_payment(payment: Payment) -> set[str]:
    """The same of a payment."""
    found = set()
    if payment.status in RECEIVED and payment.refunded + payment.refunding < payment.amount:
        found.add("refund")
    if payment.status == PaymentStatus.PENDING and payment.provider == MANUAL.name:
        found.add("complete")
    return found


def _payments(order: Order, user: Any) -> list[dict[str, Any]]:
    return [
        {
            "payment": payment,
            "amount": money(payment.amount, payment.currency),
            "refunded": money(payment.refunded, payment.currency) if payment.refunded else "",
            "may_refund": user.has_perm("orders.refund_payment") and "refund" in steps_of_payment(payment),
            "may_complete": user.has_perm("orders.complete_payment")
            and "complete" in steps_of_payment(payment),
        }
        for payment in Payment.objects.filter(order=order).order_by("created_at", "id")
    ]


def money(amount: Any, currency: str) -> str:
    return f"{to_number(amount, currency)} {sign_of(currency)}"


def words_of(status: str) -> str:
    """``partially_refunded`` as people read it."""
    return str(status).replace("_", " ").capitalize()
