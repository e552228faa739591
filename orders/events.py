"""What carts, orders and payments announce. A service publishes it, inside the transaction of its change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from config.kernel.events import DomainEvent

CartAction = Literal["item_added", "item_removed", "updated"]


@dataclasses.dataclass(frozen=True)
class CartUpdated(DomainEvent):
    """Something in a cart changed. ``cart`` is the whole cart, at the prices of that moment.

    ``user_id`` is whose it is, null for a guest's. ``shop_cart`` is the cart in the shop dialect; ``origin``
    the id of the connection over which it was changed, empty where that was none.
    """

    name: ClassVar[str] = "cart.updated"
    subject_field: ClassVar[str] = "cart_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_cart", "origin"})

    cart_id: str
    user_id: str | None
    action: CartAction
    cart: Mapping[str, Any]
    shop_cart: Mapping[str, Any]
    version: int
    origin: str = ""


@dataclasses.dataclass(frozen=True)
class OrderEvent(DomainEvent):
    """Something of an order changed. ``order`` is the whole order after it.

    ``shop_order`` is the same in the shop dialect, with its customer's id alone, ``customer`` that customer,
    populated; ``version`` grows with each event of the order.
    """

    subject_field: ClassVar[str] = "order_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_order", "customer"})

    order_id: str
    order_number: str
    user_id: str
    tailor_id: str | None
    delivery_partner_id: str | None
    status: str
    order: Mapping[str, Any]
    shop_order: Mapping[str, Any]
    customer: Mapping[str, str]
    version: int


@dataclasses.dataclass(frozen=True)
class OrderPlaced(OrderEvent):
    """An order was placed, and its stock taken."""

    name: ClassVar[str] = "order.placed"


@dataclasses.dataclass(frozen=True)
class OrderStatusChanged(OrderEvent):
    """An order took a step of its flow. ``note`` is what was said about it."""

    name: ClassVar[str] = "order.status_changed"

    previous_status: str
    note: str


@dataclasses.dataclass(frozen=True)
class OrderAssigned(OrderEvent):
    """An order got another tailor or delivery partner, or lost one."""

    name: ClassVar[str] = "order.assigned"


@dataclasses.dataclass(frozen=True)
class OrderTailorStatusChanged(OrderEvent):
    """The tailor went on (or staff set the work back). ``tailor`` is the tailor's id and name."""

    name: ClassVar[str] = "order.tailor_status_changed"

    tailor_status: str
    tailor: Mapping[str, str]
    note: str


@dataclasses.dataclass(frozen=True)
class PaymentEvent(OrderEvent):
    """A payment changed, and with it its order, which is here whole as in all its events.

    ``amount`` is the payment's, ``refunded`` how much of it has gone back by now. ``payment_status`` is this
    payment's; what the order shows is in ``order``.
    """

    payment_id: str
    provider: str
    payment_status: str
    amount: float
    refunded: float
    currency: str


@dataclasses.dataclass(frozen=True)
class PaymentCompleted(PaymentEvent):
    """Money came in for an order."""

    name: ClassVar[str] = "payment.completed"


@dataclasses.dataclass(frozen=True)
class PaymentFailed(PaymentEvent):
    """An attempt to pay failed. The order may still be paid."""

    name: ClassVar[str] = "payment.failed"


@dataclasses.dataclass(frozen=True)
class PaymentRefunded(PaymentEvent):
    """Money went back, all of it or ``change`` of it."""

    name: ClassVar[str] = "payment.refunded"

    change: float
