"""Which events tell their customer something, and in which words. One function for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from config.kernel.events import DomainEvent
from orders.events import (
    OrderEvent,
    OrderPlaced,
    OrderStatusChanged,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
)
from realtime.support.events import ChatMessage

ORDER, PAYMENT, SUPPORT = "order", "payment", "support"
#: Of a message no more is shown than the beginning.
LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Words:
    """What is said to whom. ``type`` is what clients choose an icon by; ``order_id`` is empty where it is
    about none."""

    user_id: str
    order_id: str
    type: str
    title: str
    message: str


def _placed(_event: OrderPlaced) -> tuple[str, str, str]:
    return ORDER, "Order received", "Your order has been received!"


def _step(event: OrderStatusChanged) -> tuple[str, str, str]:
    return ORDER, f"Order {event.status}", f"Order status updated to: {event.status}"


def _completed(event: PaymentCompleted) -> tuple[str, str, str]:
    said = f"Your payment of {event.amount} {event.currency} for {event.order_number} has been received"
    return PAYMENT, "Payment received", said


def _failed(event: PaymentFailed) -> tuple[str, str, str]:
    said = f"Your payment of {event.amount} {event.currency} for {event.order_number} did not go through"
    return PAYMENT, "Payment failed", said


def _refunded(event: PaymentRefunded) -> tuple[str, str, str]:
    said = f"{event.change} {event.currency} of your payment for {event.order_number} have been refunded"
    return PAYMENT, "Payment refunded", said


_WORDS: dict[type[DomainEvent], Callable[[Any], tuple[str, str, str]]] = {
    OrderPlaced: _placed,
    OrderStatusChanged: _step,
    PaymentCompleted: _completed,
    PaymentFailed: _failed,
    PaymentRefunded: _refunded,
}


def words_of(event: DomainEvent) -> Words | None:
    """What the event tells the customer whom it is about; ``None``: nothing."""
    say = _WORDS.get(type(event))
    if isinstance(event, ChatMessage):
        return _answered(event)
    if say is None or not isinstance(event, OrderEvent):
        return None
    kind, title, message = say(event)
    return Words(event.user_id, event.order_id, kind, title, message)


def _answered(event: ChatMessage) -> Words | None:
    """What staff write; not what the customer does."""
    if not event.is_admin or event.user_id == event.customer_id:
        return None
    whole = event.message
    quote = whole if len(whole) <= LONGEST_QUOTE else f"{whole[: LONGEST_QUOTE - 1]}…"
    return Words(event.customer_id, "", SUPPORT, "Support has answered", quote)
