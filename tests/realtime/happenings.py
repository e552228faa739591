"""One of each event that there is, and records of them as the log has them."""

from __future__ import annotations

from typing import Any

import orjson

from catalog.events import (
    FlashSaleEnded,
    FlashSaleStarted,
    FlashSaleUpdated,
    PriceDropped,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
    ReviewApproved,
    ReviewSubmitted,
    WishlistUpdated,
)
from config.kernel.events import DomainEvent
from inventory.events import (
    StockBack,
    StockLow,
    StockReduced,
    StockReleased,
    StockReserved,
    StockUpdated,
    StockValidated,
)
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
    ConnectionStats,
    DashboardMetric,
    NotificationCreated,
    ProductViewed,
    StockAnnounced,
    UserActive,
    UserOffline,
    UserOnline,
    WishersToldOfPrice,
    WishersToldOfStock,
)
from realtime.records import Record
from realtime.support.events import ChatMessage, ChatOpened, ChatStatusChanged, UserTyping

EPOCH = "abcd1234"
MOMENT = "2026-11-21T10:00:00.000Z"

#: Red mugs of size M, of a cloth that has a name too.
RED_M = {"color": "Red", "size": "M", "cloth": "wool"}

_STOCK: dict[str, Any] = {
    "product_id": "prod_1",
    "variant_id": "var_1",
    "sku": "MUG-M",
    "attributes": RED_M,
    "change": -2,
    "stock": 8,
    "total_stock": 20,
    "locations": [{"location_id": "main", "quantity": 8}],
    "after_order": False,
    "reference": None,
    "version": 5,
}
_PRODUCT: dict[str, Any] = {
    "product_id": "prod_1",
    "product": {"id": "prod_1", "base_title": "Mug"},
    "shop_product": {"_id": "prod_1", "title": "Becher „ü“\u2028", "price": 299.5, "salePrice": None},
    "version": 5,
}

_SALE: dict[str, Any] = {
    "id": "sale_1",
    "name": "Midnight <b>„ü“</b>",
    "description": "All of it",
    "discount_percentage": 12.5,
    "start_time": MOMENT,
    "end_time": "2026-11-21T11:00:00.000Z",
    "products": ["prod_1", "prod_2"],
    "status": "running",
    "units": 100,
    "units_per_customer": None,
    "sold_out": False,
}

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


def sale_began(**fields: Any) -> FlashSaleStarted:
    return FlashSaleStarted(sale_id="sale_1", sale={**_SALE, **fields}, version=2)


def sale_was_over(**fields: Any) -> FlashSaleEnded:
    return FlashSaleEnded(sale_id="sale_1", sale={**_SALE, "status": "ended", **fields}, version=3)


def sale_changed(**fields: Any) -> FlashSaleUpdated:
    return FlashSaleUpdated(sale_id="sale_1", sale={**_SALE, **fields}, version=3)


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


def created(**fields: Any) -> ProductCreated:
    return ProductCreated(**{**_PRODUCT, "action": "created", **fields})


def updated(**fields: Any) -> ProductUpdated:
    return ProductUpdated(**{**_PRODUCT, "action": "updated", **fields})


def deleted(**fields: Any) -> ProductDeleted:
    return ProductDeleted(**{**_PRODUCT, "action": "deleted", **fields})


def sold(**fields: Any) -> StockReduced:
    return StockReduced(**{**_STOCK, "after_order": True, "reference": "order-1", **fields})


def restocked(**fields: Any) -> StockUpdated:
    return StockUpdated(**{**_STOCK, "change": 12, **fields})


def held(**fields: Any) -> StockReserved:
    return StockReserved(**{**_STOCK, **fields})


def released(**fields: Any) -> StockReleased:
    return StockReleased(**{**_STOCK, "change": 2, **fields})


def came_back(**fields: Any) -> StockBack:
    return StockBack(**{**_STOCK, "change": 8, "product_name": "Mug", **fields})


def told_back() -> WishersToldOfStock:
    """Two of those who wished for it."""
    back = {**_STOCK, "change": 8, "product_name": "Mug"}
    return WishersToldOfStock(**back, user_ids=["usr_1", "usr_2"], cause=6)


_PRICES: dict[str, Any] = {
    "product_id": "prod_1",
    "product_name": "Mug",
    "old_price": 120,
    "new_price": 89.5,
    "currency": "EGP",
    "discount_percentage": 25,
    "version": 5,
}


def got_cheaper(**fields: Any) -> PriceDropped:
    return PriceDropped(**{**_PRICES, **fields})


def told_cheaper(**fields: Any) -> WishersToldOfPrice:
    """Two of those who wished for it."""
    return WishersToldOfPrice(**{**_PRICES, "user_ids": ["usr_1", "usr_2"], "cause": 6, **fields})


SHOP_REVIEW: dict[str, Any] = {
    "_id": "rev_1",
    "user": "Carla",
    "rating": 5,
    "title": "Good <b>mug</b>",
    "comment": "Holds tea.",
    "verifiedPurchase": True,
    "date": MOMENT,
}


def reviewed() -> ReviewSubmitted:
    return ReviewSubmitted(
        product_id="prod_1",
        product_name="Mug",
        review_id="rev_1",
        user_id="usr_1",
        user_name="Carla",
        review={"id": "rev_1", "rating": 5},
        shop_review={**SHOP_REVIEW, "status": "pending"},
    )


def approved() -> ReviewApproved:
    return ReviewApproved(
        product_id="prod_1",
        review_id="rev_1",
        review={"id": "rev_1", "rating": 5},
        rating=4.5,
        review_count=12,
        updated_at=MOMENT,
        shop_review=SHOP_REVIEW,
        version=5,
    )


SHOP_WISHLIST: dict[str, Any] = {"_id": "wish_1", "items": [{"productId": "prod_1"}]}


def wished(**fields: Any) -> WishlistUpdated:
    wish: dict[str, Any] = {
        "wishlist_id": "wish_1",
        "user_id": "usr_1",
        "action": "item_added",
        "product_id": "prod_1",
        "wishlist": {"id": "wish_1"},
        "shop_wishlist": SHOP_WISHLIST,
        "version": 2,
    }
    return WishlistUpdated(**{**wish, **fields})


def ran_low(**fields: Any) -> StockLow:
    low: dict[str, Any] = {
        "product_id": "prod_1",
        "product_name": "Mug",
        "variant_id": "var_1",
        "sku": "MUG-M",
        "attributes": RED_M,
        "location_id": "main",
        "current_stock": 3,
        "low_stock_threshold": 5,
        "severity": "warning",
        "version": 6,
    }
    return StockLow(**{**low, **fields})


def validated(**fields: Any) -> StockValidated:
    looked_at: dict[str, Any] = {
        "product_id": "prod_1",
        "variant_id": "var_1",
        "sku": "MUG-M",
        "attributes": RED_M,
        "stock": 8,
        "timestamp": "2026-11-21T09:59:59.000Z",
    }
    return StockValidated(**{**looked_at, **fields})


def announced(event: str, **fields: Any) -> StockAnnounced:
    said: dict[str, Any] = {
        "event_id": "evt_own",
        "event": event,
        "size": "M",
        "color": None,
        **{name: value for name, value in _STOCK.items() if name != "version"},
        "change": 0,
        "stock": 4,
    }
    return StockAnnounced(**{**said, **fields})


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


SHOP_CHAT: dict[str, Any] = {
    "_id": "chat_1",
    "id": "chat_1",
    "chatRoom": "support_chat_1",
    "user": {"_id": "usr_1", "name": "Carla"},
    "issue": "Too <b>small</b>",
    "priority": "high",
    "status": "claimed",
    "claimedBy": {"_id": "usr_2", "name": "Sara"},
    "messageCount": 2,
    "unread": {"customer": 1, "staff": 0},
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}
_CHAT: dict[str, Any] = {
    "chat_id": "chat_1",
    "user_id": "usr_1",
    "user": {"id": "usr_1", "name": "Carla"},
    "issue": "Too <b>small</b>",
    "priority": "high",
    "status": "open",
    "claimed_by": None,
    "shop_chat": SHOP_CHAT,
    "version": 1,
}


def asked_for_support() -> ChatOpened:
    return ChatOpened(**_CHAT)


def claimed() -> ChatStatusChanged:
    step = {"status": "claimed", "previous_status": "open", "claimed_by": {"id": "usr_2", "name": "Sara"}}
    return ChatStatusChanged(**{**_CHAT, **step, "version": 4})


def wrote(**fields: Any) -> ChatMessage:
    message: dict[str, Any] = {
        "event_id": "evt_own",
        "chat_id": "chat_1",
        "customer_id": "usr_1",
        "message_id": 2,
        "user_id": "usr_2",
        "user": {"id": "usr_2", "name": "Sara"},
        "message": "<b>Hello</b> „ü“\u2028",
        "is_admin": True,
        "created_at": "2026-11-21T09:59:59.000Z",
        "version": 3,
    }
    return ChatMessage(**{**message, **fields})


def began_to_type(**fields: Any) -> UserTyping:
    typing: dict[str, Any] = {
        "chat_id": "chat_1",
        "user_id": "usr_1",
        "user": {"id": "usr_1", "name": "Carla"},
        "is_typing": True,
        "origin": "socket-1",
    }
    return UserTyping(**{**typing, **fields})


def came_online(**fields: Any) -> UserOnline:
    return UserOnline(**{"user_id": "usr_1", **fields})


def went_offline(**fields: Any) -> UserOffline:
    return UserOffline(**{"user_id": "usr_1", **fields})


def counted() -> ConnectionStats:
    return ConnectionStats(total_connections=12, authenticated_users=5, admin_connections=2)


def measured(**fields: Any) -> DashboardMetric:
    return DashboardMetric(**{"metric": "revenue_today", "value": 1_234.5, **fields})


def viewed(**fields: Any) -> ProductViewed:
    view: dict[str, Any] = {
        "product_id": "prod_1",
        "category": "cups",
        "duration": 1_500,
        "user_id": "usr_1",
    }
    return ProductViewed(**{**view, **fields})


def was_active() -> UserActive:
    return UserActive(user_id="usr_1")


def record_of(event: DomainEvent, *, seq: int = 7) -> Record:
    """The event as whoever reads the log gets it; with `seq` 0, as one that is not in it."""
    extra = event.extra()
    return Record(
        seq=seq,
        id="evt_1",
        type=event.name,
        subject=event.subject,
        version=event.version_number,
        data=orjson.dumps(event.data()).decode(),
        extra=orjson.dumps(extra).decode() if extra else "",
        timestamp=MOMENT,
        epoch=EPOCH if seq else "",
    )
