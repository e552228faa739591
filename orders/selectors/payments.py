"""Payments: which there are, and whose."""

from __future__ import annotations

from typing import Any

from config.identity.models import Role
from config.kernel.actors import Actor
from orders.models import Payment, Refund
from orders.payment_records import RECEIVED, PaymentRecord, PaymentStatus, RefundRecord, RefundStatus

_PAYMENT = (
    "id",
    "order_id",
    "provider",
    "status",
    "amount",
    "currency",
    "refunded",
    "refunding",
    "surplus",
    "reference",
    "receipt",
    "checkout",
    "created_at",
    "updated_at",
)
_REFUND = (
    "id",
    "payment_id",
    "amount",
    "status",
    "reason",
    "problem",
    "created_at",
    "settled_at",
)


def payment_record(payment_id: str) -> PaymentRecord:
    """One payment that is there."""
    return _payment(Payment.objects.values(*_PAYMENT).get(id=payment_id))


def refund_record(refund_id: str) -> RefundRecord:
    """One refund that is there."""
    row = Refund.objects.values(*_REFUND, "payment__currency").get(id=refund_id)
    currency = row.pop("payment__currency")
    return RefundRecord(**{**row, "status": RefundStatus(row["status"]), "currency": currency})


def visible_payment(payment_id: str, *, actor: Actor, role: Role | str | None) -> PaymentRecord | None:
    """The payment, if it is the actor's to see: of an own order; for staff any."""
    payments = Payment.objects.filter(id=payment_id)
    if role != Role.ADMIN:
        payments = payments.filter(order__user_id=actor.id)
    row = payments.values(*_PAYMENT).first()
    return _payment(row) if row else None


def payment_named(provider: str, *, payment_id: str = "", reference: str = "") -> str | None:
    """The id of a provider's payment, by what we call it or else by what the provider calls it."""
    payments = Payment.objects.filter(provider=provider)
    for name in ({"id": payment_id}, {"reference": reference}):
        if all(name.values()) and (found := payments.filter(**name).values_list("id", flat=True).first()):
            return found
    return None


def is_paid(order_id: str) -> bool:
    """Whether money has come in for an order, even if it has gone back."""
    return Payment.objects.filter(order_id=order_id, surplus=False, status__in=RECEIVED).exists()


def _payment(row: dict[str, Any]) -> PaymentRecord:
    return PaymentRecord(**{**row, "status": PaymentStatus(row["status"])})
