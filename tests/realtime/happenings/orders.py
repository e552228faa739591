"""One of each event of carts, orders and payments, and of what is notified of them."""

from __future__ import annotations

from typing import Any

from orders.events import (
    CartUpdated,
    OrderAssigned,
    OrderPlaced,
    OrderStatusChanged,
    OrderTailorStatusChanged,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
)
from realtime.events import (
    NotificationCreated,
)
from tests.realtime.happenings.records import MOMENT

SHOP_CART: dict[str, Any] = {
    "_id": "cart_1",
    "id": "cart_1",
    "items": [],
    "totalPrice": 0,
    "currency": "EGP",
    "itemCount": 0,
    "updatedAt": MOMENT,
}
CARLA = {"_id": "usr_1", "name": "Carla", "email": "carla@example.com", "phone": "0100"}
SHOP_ORDER: dict[str, Any] = {
    "_id": "ord_1",
    "id": "ord_1",
    "orderNumber": "ORD-2026-000001",
    "userId": "usr_1",
    "items": [],
    "totalPrice": 199.5,
    "totalAmount": 199.5,
    "currency": "EGP",
    "itemCount": 3,
    "shippingAddress": "12 Nile St",
    "phone": "0123",
    "status": "pending",
    "statusHistory": [{"status": "pending", "timestamp": MOMENT, "note": "", "by": "usr_1"}],
    "paymentMethod": "cod",
    "paymentStatus": "pending",
    "tailor": "usr_3",
    "tailorStatus": "assigned",
    "deliveryPartner": "usr_4",
    "estimatedDelivery": MOMENT,
    "tracking": {"carrier": "Aramex", "trackingNumber": "AX-1"},
    "notes": "",
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}
#: Of a customer, with a tailor and a delivery partner.
_ORDER: dict[str, Any] = {
    "order_id": "ord_1",
    "order_number": "ORD-2026-000001",
    "user_id": "usr_1",
    "tailor_id": "usr_3",
    "delivery_partner_id": "usr_4",
    "status": "pending",
    "order": {"id": "ord_1"},
    "shop_order": SHOP_ORDER,
    "customer": CARLA,
    "version": 5,
}


def changed_cart(**fields: Any) -> CartUpdated:
    cart: dict[str, Any] = {
        "cart_id": "cart_1",
        "user_id": "usr_1",
        "action": "item_added",
        "cart": {"id": "cart_1"},
        "shop_cart": SHOP_CART,
        "version": 5,
    }
    return CartUpdated(**{**cart, **fields})


def placed(**fields: Any) -> OrderPlaced:
    return OrderPlaced(**{**_ORDER, "tailor_id": None, "delivery_partner_id": None, **fields})


def took_a_step(**fields: Any) -> OrderStatusChanged:
    step = {"status": "processing", "previous_status": "pending", "note": "soon"}
    return OrderStatusChanged(**{**_ORDER, **step, **fields})


def assigned(**fields: Any) -> OrderAssigned:
    return OrderAssigned(**{**_ORDER, **fields})


def sewn(**fields: Any) -> OrderTailorStatusChanged:
    step = {"tailor_status": "stitching", "tailor": {"id": "usr_3", "name": "Tariq"}, "note": "a sleeve"}
    return OrderTailorStatusChanged(**{**_ORDER, **step, **fields})


_PAYMENT: dict[str, Any] = {
    "order_id": "ord_1",
    "order_number": "ORD-2026-000001",
    "user_id": "usr_1",
    "tailor_id": "usr_tailor",
    "delivery_partner_id": None,
    "status": "pending",
    "order": {"id": "ord_1", "payment_status": "completed"},
    "shop_order": {"_id": "ord_1", "paymentStatus": "completed"},
    "customer": {"_id": "usr_1", "name": "Carla", "email": "carla@example.com", "phone": "0100"},
    "version": 2,
    "payment_id": "pay_1",
    "provider": "fake",
    "payment_status": "completed",
    "amount": 99.99,
    "refunded": 0,
    "currency": "EGP",
}


def paid() -> PaymentCompleted:
    return PaymentCompleted(**_PAYMENT)


def not_paid() -> PaymentFailed:
    return PaymentFailed(**{**_PAYMENT, "payment_status": "failed"})


def given_back(**fields: Any) -> PaymentRefunded:
    part = {"payment_status": "partially_refunded", "refunded": 33.33, "change": 33.33}
    return PaymentRefunded(**{**_PAYMENT, **part, **fields})


NOTIFICATION: dict[str, Any] = {
    "_id": "ntf_1",
    "id": "ntf_1",
    "type": "order",
    "title": "Order received",
    "message": "Your order has been received!",
    "relatedOrder": "ord_1",
    "read": False,
    "createdAt": "2026-11-21T10:00:00.000Z",
}


def notified() -> NotificationCreated:
    return NotificationCreated(
        notification_id="ntf_1",
        user_id="usr_1",
        type="order",
        title="Order received",
        message="Your order has been received!",
        order_id="ord_1",
        created_at="2026-11-21T10:00:00.000Z",
        shop_notification=NOTIFICATION,
    )
