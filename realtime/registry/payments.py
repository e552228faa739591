"""Payments: come in, failed, gone back."""

from __future__ import annotations

from typing import TypedDict

from orders.events import PaymentCompleted, PaymentEvent, PaymentFailed, PaymentRefunded
from realtime.registry.emissions import (
    CATALOG,
    SHOP,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)
from realtime.registry.orders import its_parties

_HEARD_BY = ("user:{user_id}", "order:{subject}", "admin")


class PaymentUpdate(TypedDict):
    """`status` is the payment's: `completed`, `failed`, `partially_refunded` or `refunded`; `amount` too."""

    paymentId: str
    orderId: str
    status: str
    amount: float
    currency: str
    timestamp: str


def _payment(event: Fields) -> PaymentUpdate:
    return {
        "paymentId": event["payment_id"],
        "orderId": event["order_id"],
        "status": event["payment_status"],
        "amount": event["amount"],
        "currency": event["currency"],
        "timestamp": event["timestamp"],
    }


def _told(event: type[PaymentEvent]) -> EventType:
    return EventType(
        event,
        {
            CATALOG: (catalog_emission(event.name, *_HEARD_BY, for_whom=its_parties),),
            SHOP: (shop_emission("payment_update", _payment, *_HEARD_BY, for_whom=its_parties),),
        },
    )


TYPES: tuple[EventType, ...] = (_told(PaymentCompleted), _told(PaymentFailed), _told(PaymentRefunded))
