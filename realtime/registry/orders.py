"""Carts and orders: changed, placed, on their way through the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from config.kernel.events import DomainEvent
from orders.events import (
    CartUpdated,
    OrderAssigned,
    OrderPlaced,
    OrderStatusChanged,
    OrderTailorStatusChanged,
)
from orders.parties import Assignment
from realtime.belonging import is_party
from realtime.hub.wire import Admits
from realtime.registry.emissions import (
    CATALOG,
    SHOP,
    Build,
    Emission,
    EventType,
    Fields,
    catalog_emission,
    shop_emission,
)

_CART, _ORDER, _CUSTOMER = "cart:{subject}", "order:{subject}", "user:{user_id}"
#: Whoever is to hear of all that happens to an order.
_ALL = (_ORDER, _CUSTOMER, "admin", "user:{tailor_id}", "user:{delivery_partner_id}")

# ---------------------------------------------------------------------------------------- payloads


class ChangedCart(TypedDict):
    """`cart` as `/api/cart` shows it; `action` is `item_added`, `item_removed` or `updated`."""

    action: str
    cart: Mapping[str, Any]
    timestamp: str


class SyncedCart(TypedDict):
    """To all in the room but the connection over which the cart was changed; and to whoever joins a cart."""

    cart: Mapping[str, Any]
    timestamp: str


class NewOrder(TypedDict):
    """An order in short. `customer` has `_id`, `name`, `email` and `phone`; `itemCount` is units."""

    orderId: str
    orderNumber: str
    customer: Mapping[str, str]
    totalAmount: float
    itemCount: int
    status: str
    timestamp: str


class WholeOrder(TypedDict):
    """`data` is the order as `/api/orders` shows it; in `order_created` with its customer as `userId`."""

    timestamp: str
    data: Mapping[str, Any]


class Order(TypedDict):
    """The order itself, as `/api/orders` shows it."""

    _id: str
    id: str
    orderNumber: str
    userId: str
    items: Sequence[Mapping[str, Any]]
    totalPrice: float
    totalAmount: float
    currency: str
    itemCount: int
    shippingAddress: str
    phone: str
    status: str
    statusHistory: Sequence[Mapping[str, Any]]
    paymentMethod: str
    paymentStatus: str
    tailor: str | None
    tailorStatus: str | None
    deliveryPartner: str | None
    estimatedDelivery: str | None
    tracking: Mapping[str, str | None]
    notes: str
    createdAt: str
    updatedAt: str


class OrderStatus(TypedDict):
    """How far an order has come, and how it came there."""

    orderId: str
    orderNumber: str
    status: str
    statusHistory: Sequence[Mapping[str, Any]]
    estimatedDelivery: str | None
    tracking: Mapping[str, str | None]
    timestamp: str


class TailorStatus(TypedDict):
    """How far the tailor is. `tailor` has `_id` and `name`."""

    orderId: str
    orderNumber: str
    tailorStatus: str
    tailor: Mapping[str, str]
    note: str
    timestamp: str


class Announcement(TypedDict):
    """Something to show to a person. `type` is `info`, `success`, `warning` or `error`."""

    timestamp: str
    message: str
    type: str
    data: Mapping[str, str]


def _changed_cart(event: Fields) -> ChangedCart:
    return {"action": event["action"], "cart": event["shop_cart"], "timestamp": event["timestamp"]}


def _synced_cart(event: Fields) -> SyncedCart:
    return {"cart": event["shop_cart"], "timestamp": event["timestamp"]}


def _order(event: Fields) -> Order:
    order: Order = event["shop_order"]
    return order


def _whole(event: Fields) -> WholeOrder:
    return {"timestamp": event["timestamp"], "data": event["shop_order"]}


def _with_customer(event: Fields) -> WholeOrder:
    return {"timestamp": event["timestamp"], "data": {**event["shop_order"], "userId": event["customer"]}}


def _new_order(event: Fields) -> NewOrder:
    order = event["shop_order"]
    return {
        "orderId": event["order_id"],
        "orderNumber": event["order_number"],
        "customer": event["customer"],
        "totalAmount": order["totalAmount"],
        "itemCount": order["itemCount"],
        "status": event["status"],
        "timestamp": event["timestamp"],
    }


def _status(event: Fields) -> OrderStatus:
    order = event["shop_order"]
    return {
        "orderId": event["order_id"],
        "orderNumber": event["order_number"],
        "status": event["status"],
        "statusHistory": order["statusHistory"],
        "estimatedDelivery": order["estimatedDelivery"],
        "tracking": order["tracking"],
        "timestamp": event["timestamp"],
    }


def _tailor_status(event: Fields) -> TailorStatus:
    return {
        "orderId": event["order_id"],
        "orderNumber": event["order_number"],
        "tailorStatus": event["tailor_status"],
        "tailor": {"_id": event["tailor"]["id"], "name": event["tailor"]["name"]},
        "note": event["note"],
        "timestamp": event["timestamp"],
    }


def _came_in(event: Fields) -> Announcement:
    return {
        "timestamp": event["timestamp"],
        # An account that staff have made may have no name.
        "message": f"New order from {event['customer']['name'] or event['customer']['email']}",
        "type": "success",
        "data": {"orderId": event["order_id"]},
    }


def _received(event: Fields) -> Announcement:
    return {
        "timestamp": event["timestamp"],
        "message": "Your order has been received!",
        "type": "success",
        "data": {"orderId": event["order_id"]},
    }


def _went_on(event: Fields) -> Announcement:
    return {
        "timestamp": event["timestamp"],
        "message": f"Order status updated to: {event['status']}",
        "type": "info",
        "data": {"orderId": event["order_id"], "status": event["status"]},
    }


# ---------------------------------------------------------------------------------------- for whom


def _the_others(event: Fields) -> Admits:
    """All but the connection that brought it about."""
    origin = event["origin"]
    return lambda session: not origin or session.id != origin


def its_parties(event: Fields) -> Admits:
    """Those to whom the order belonged by the time of the event, whoever else is still in its room."""
    order = Assignment(event["user_id"], event["tailor_id"], event["delivery_partner_id"])
    return lambda session: is_party(session.principal, order)


# ---------------------------------------------------------------------------------------- entries


def _to_parties(name: str, build: Build, *rooms: str) -> Emission:
    return shop_emission(name, build, *rooms, for_whom=its_parties)


def _of_order(event: type[DomainEvent], *shop: Emission) -> EventType:
    return EventType(
        event, {CATALOG: (catalog_emission(event.name, *_ALL, for_whom=its_parties),), SHOP: shop}
    )


_UPDATE = _to_parties("order_update", _order, *_ALL)

TYPES: tuple[EventType, ...] = (
    EventType(
        CartUpdated,
        {
            # A guest has no `me`: only Socket.IO has rooms for carts.
            CATALOG: (catalog_emission(CartUpdated.name, _CUSTOMER),),
            SHOP: (
                shop_emission("cart_updated", _changed_cart, _CART),
                shop_emission("cart_sync", _synced_cart, _CART, for_whom=_the_others),
            ),
        },
    ),
    # `new_notification` is what becomes of the notification, an event of its own.
    _of_order(
        OrderPlaced,
        shop_emission("order_created", _with_customer, "admin"),
        shop_emission("new_order", _new_order, "admin"),
        _UPDATE,
        shop_emission("admin_notification", _came_in, "admin"),
        shop_emission("customer_notification", _received, _CUSTOMER),
    ),
    _of_order(
        OrderStatusChanged,
        _to_parties("order_status_update", _status, _CUSTOMER, _ORDER),
        shop_emission("order_status_updated", _whole, _CUSTOMER, "admin"),
        _UPDATE,
        shop_emission("customer_notification", _went_on, _CUSTOMER),
    ),
    _of_order(OrderAssigned, _UPDATE),
    _of_order(
        OrderTailorStatusChanged,
        _to_parties("tailor_status_update", _tailor_status, _ORDER, _CUSTOMER, "admin"),
        _UPDATE,
    ),
)
