"""Payments as JSON values."""

from __future__ import annotations

from typing import Any

from config.kernel.clock import iso
from config.kernel.money import to_number
from orders.payment_records import PaymentRecord, RefundRecord


def shop_payment(payment: PaymentRecord) -> dict[str, Any]:
    """What is said of a payment wherever one is named."""
    return {
        "paymentId": payment.id,
        "orderId": payment.order_id,
        "status": payment.status.value,
        "amount": to_number(payment.amount, payment.currency),
        "currency": payment.currency,
    }


def shop_payment_to_make(payment: PaymentRecord) -> dict[str, Any]:
    """A payment for whoever is going to pay it."""
    return {
        "_id": payment.id,
        "id": payment.id,
        **shop_payment(payment),
        "provider": payment.provider,
        "checkout": dict(payment.checkout),
        "createdAt": iso(payment.created_at),
    }


def shop_refunded(payment: PaymentRecord, refund: RefundRecord) -> dict[str, Any]:
    """A payment and one refund of it."""
    return {
        "payment": {**shop_payment(payment), "refunded": to_number(payment.refunded, payment.currency)},
        "refund": {
            "_id": refund.id,
            "id": refund.id,
            "amount": to_number(refund.amount, refund.currency),
            "currency": refund.currency,
            "status": refund.status.value,
            "reason": refund.reason,
            "createdAt": iso(refund.created_at),
        },
    }
