"""Examples of what is heard and said live. Of an event its fields are written down here, each once; what
listeners get of them is made by the very code that makes it of real ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from catalog.api import shapes as catalog
from config.api.openapi.operations import examples
from orders.api import shapes as orders
from realtime.api import shapes as realtime
from realtime.registry.emissions import Emission, EventType

AT = "2026-11-21T10:00:00.000Z"
CURSOR = "AAAAAQAAAAAAABJn"
EVENT = "evt_0mi6v2k9qg"

_TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"  # noqa: S105  it opens nothing
_PRODUCT, _VARIANT, _SKU = "prod_0mi6v2k9q3", "var_0mi6v2k9q4", "TEE-HARBOUR-M-NAVY"
_CUSTOMER, _ORDER, _CHAT = "usr_0mi6v2k9q3", "ord_0mi6v2k9q9", "chat_0mi6v2k9qi"
_NAVY_M = {"size": "M", "color": "Navy"}
_LINE = {
    "id": "line_0mi6v2k9qc",
    "product_id": _PRODUCT,
    "variant_id": _VARIANT,
    "sku": _SKU,
    "name": "Harbour T-shirt",
    "attributes": _NAVY_M,
    "options": {},
    "quantity": 2,
    "price": 349,
    "subtotal": 698,
}
#: What the catalog dialect shows of carts and orders.
_CART: dict[str, Any] = {
    "id": "cart_0mi6v2k9qb",
    "items": [{**_LINE, "image": "/static/stockwire/demo/tee-stripe.svg", "available": True}],
    "total_price": 698,
    "currency": "EGP",
    "item_count": 2,
    "version": 4,
    "updated_at": AT,
}
_WHOLE_ORDER: dict[str, Any] = {
    "id": _ORDER,
    "order_number": "ORD-2026-000123",
    "user_id": _CUSTOMER,
    "items": [_LINE],
    "total_price": 698,
    "currency": "EGP",
    "item_count": 2,
    "shipping_address": "12 Corniche Street, Alexandria",
    "phone": "+20 100 555 0142",
    "status": "pending",
    "status_history": [{"status": "pending", "timestamp": AT, "note": "", "by": _CUSTOMER}],
    "payment_method": "cod",
    "payment_status": "pending",
    "tailor_id": None,
    "tailor_status": None,
    "delivery_partner_id": None,
    "estimated_delivery": None,
    "tracking": {"carrier": None, "tracking_number": None},
    "notes": "Please ring twice",
    "version": 1,
    "created_at": AT,
    "updated_at": AT,
}
_SALE: dict[str, Any] = {
    "id": "sale_0mi6v2k9q5",
    "name": "Harbour week",
    "description": "A fifth off, while it lasts.",
    "discount_percentage": 20,
    "start_time": AT,
    "end_time": "2026-11-28T10:00:00.000Z",
    "products": [_PRODUCT],
    "status": "running",
    "units": 100,
    "units_per_customer": 2,
    "sold_out": False,
}
_REVIEW: dict[str, Any] = {
    "id": "rev_0mi6v2k9q6",
    "user": "Mona Adel",
    "rating": 5,
    "title": "Keeps its shape",
    "comment": "Washed it ten times.",
    "status": "approved",
    "verified_purchase": True,
    "created_at": AT,
}
_WISHLIST: dict[str, Any] = {
    "id": "wish_0mi6v2k9q7",
    "items": [
        {
            "product_id": _PRODUCT,
            "name": "Harbour T-shirt",
            "price": 349,
            "currency": "EGP",
            "in_stock": True,
            "added_at": AT,
        }
    ],
    "version": 4,
    "updated_at": AT,
}

#: Field of events → its value. What of it is another in one event stands below.
_FIELDS: dict[str, Any] = {
    "timestamp": AT,
    "event_id": EVENT,
    "version": 4,
    "product_id": _PRODUCT,
    "product_name": "Harbour T-shirt",
    "variant_id": _VARIANT,
    "sku": _SKU,
    "attributes": _NAVY_M,
    "change": -2,
    "stock": 10,
    "total_stock": 10,
    "locations": [{"location_id": "main", "quantity": 10}],
    "after_order": True,
    "reference": "1001",
    "touch": False,
    "location_id": "main",
    "current_stock": 3,
    "low_stock_threshold": 5,
    "severity": "warning",
    "event": "STOCK_UPDATED",
    "size": "M",
    "color": "Navy",
    "announced": True,
    "old_price": 349,
    "new_price": 279.2,
    "currency": "EGP",
    "discount_percentage": 20,
    "sale_id": None,
    "sale": _SALE,
    "user_ids": [_CUSTOMER],
    "cause": 1,
    "user_id": _CUSTOMER,
    "user_name": "Mona Adel",
    "action": "item_added",
    "wishlist_id": "wish_0mi6v2k9q7",
    "wishlist": _WISHLIST,
    "review_id": "rev_0mi6v2k9q6",
    "review": _REVIEW,
    "rating": 4.5,
    "review_count": 2,
    "updated_at": AT,
    "created_at": AT,
    "cart_id": "cart_0mi6v2k9qb",
    "cart": _CART,
    "origin": "",
    "order_id": _ORDER,
    "order_number": "ORD-2026-000123",
    "order": _WHOLE_ORDER,
    "customer": {
        "_id": _CUSTOMER,
        "name": "Mona Adel",
        "email": "mona@example.com",
        "phone": "+20 100 555 0142",
    },
    "tailor_id": None,
    "delivery_partner_id": None,
    "status": "pending",
    "previous_status": "pending",
    "note": "",
    "tailor_status": "cutting",
    "tailor": {"id": "usr_0mi6v2k9qf", "name": "Samir Aziz"},
    "payment_id": "pay_0mi6v2k9qa",
    "provider": "cod",
    "payment_status": "completed",
    "amount": 698,
    "refunded": 0,
    "notification_id": "ntf_0mi6v2k9qh",
    "type": "order",
    "title": "Order ORD-2026-000123",
    "message": "Your order is on its way.",
    "chat_id": _CHAT,
    "customer_id": _CUSTOMER,
    "message_id": 1,
    "user": {"id": _CUSTOMER, "name": "Mona Adel"},
    "issue": "The sleeve is too long",
    "priority": "normal",
    "claimed_by": None,
    "is_admin": False,
    "is_typing": True,
    "online": True,
    "total_connections": 12,
    "authenticated_users": 5,
    "admin_connections": 1,
    "metric": "orders_today",
    "value": 14,
    "category": "Clothes",
    "duration": 4200,
    "count": 1,
}
#: The same for whole resources, of which REST has the examples.
_RESOURCES: dict[str, Any] = {
    "product": catalog.CatalogProduct,
    "shop_product": catalog.ListedProduct,
    "shop_wishlist": catalog.Wishlist,
    "shop_review": catalog.Review,
    "shop_cart": orders.Cart,
    "shop_order": orders.Order,
    "shop_notification": realtime.Notification,
    "shop_chat": realtime.Chat,
}
_OF: dict[str, dict[str, Any]] = {
    "product.created": {"action": "created"},
    "product.updated": {"action": "updated"},
    "product.deleted": {"action": "deleted"},
    "stock.updated": {"change": 8, "after_order": False, "reference": None},
    "stock.reserved": {"after_order": False, "reference": None},
    "stock.released": {"change": 2, "after_order": False, "reference": None},
    "stock.back": {"change": 10, "after_order": False, "reference": None},
    "stock.announced": {"change": 0, "after_order": False, "reference": None},
    "wishers.stock_back": {"change": 10, "after_order": False, "reference": None},
    "flash_sale.started": {"sale_id": _SALE["id"]},
    "flash_sale.ended": {"sale_id": _SALE["id"], "sale": {**_SALE, "status": "ended"}},
    "flash_sale.updated": {"sale_id": _SALE["id"]},
    "order.status_changed": {"status": "processing", "order": {**_WHOLE_ORDER, "status": "processing"}},
    "order.assigned": {"tailor_id": "usr_0mi6v2k9qf"},
    "order.tailor_status_changed": {"tailor_id": "usr_0mi6v2k9qf"},
    "payment.failed": {"payment_status": "failed"},
    "payment.refunded": {"payment_status": "partially_refunded", "refunded": 349, "change": 349},
    "chat.opened": {"status": "open"},
    "chat.message": {"message": "Can it be taken in?"},
    "chat.status_changed": {
        "status": "claimed",
        "previous_status": "open",
        "claimed_by": {"id": "usr_0mi6v2k9qj", "name": "Nour Salem"},
    },
    "presence.offline": {"online": False},
}

#: What is said besides events: (channel, message) → an example.
SAID: dict[tuple[str, str], Any] = {
    ("ws", "auth"): {"type": "auth", "token": _TOKEN, "ref": 1},
    ("ws", "subscribe"): {"type": "subscribe", "topics": ["stock", f"product:{_PRODUCT}"], "ref": 2},
    ("ws", "unsubscribe"): {"type": "unsubscribe", "topics": ["stock"]},
    ("ws", "resume"): {"type": "resume", "cursor": CURSOR, "topics": ["stock"]},
    ("ws", "ping"): {"type": "ping"},
    ("ws", "hello"): {"type": "hello", "cursor": CURSOR, "heartbeat": 25, "server_time": AT},
    ("ws", "auth.ok"): {
        "type": "auth.ok",
        "user": {"id": _CUSTOMER, "role": "customer"},
        "expires_at": "2026-11-21T22:00:00.000Z",
        "ref": 1,
    },
    ("ws", "subscribed"): {
        "type": "subscribed",
        "topics": ["stock"],
        "refused": [{"topic": "admin", "code": "not_permitted"}],
        "cursor": CURSOR,
    },
    ("ws", "unsubscribed"): {"type": "unsubscribed", "topics": ["stock"]},
    ("ws", "resumed"): {"type": "resumed", "recovered": True, "replayed": 17, "cursor": CURSOR},
    ("ws", "pong"): {"type": "pong", "timestamp": AT},
    ("ws", "error"): {"type": "error", "code": "malformed", "message": "not JSON"},
    ("events", "reset"): {"reason": "expired"},
    ("socketio", "join_room"): {"room": f"product_{_PRODUCT}"},
    ("socketio", "leave_room"): {"room": "storefront"},
    ("socketio", "join_order_room"): _ORDER,
    ("socketio", "leave_order_room"): _ORDER,
    ("socketio", "join_cart"): {"cartToken": "ct_3kq9V7"},
    ("socketio", "cart_add_item"): {"productId": _PRODUCT, "variant": _NAVY_M, "quantity": 2},
    ("socketio", "cart_remove_item"): {"productId": _PRODUCT, "variant": _NAVY_M},
    ("socketio", "cart_batch_update"): [
        {"action": "set", "productId": _PRODUCT, "variant": _NAVY_M, "quantity": 3}
    ],
    ("socketio", "user_role"): ["customer", _CUSTOMER],
    ("socketio", "authenticate"): {"token": _TOKEN},
    ("socketio", "join_support_chat"): {"issue": "The sleeve is too long", "priority": "normal"},
    ("socketio", "support_message"): {"message": "Can it be taken in?", "clientMessageId": "m-1"},
    ("socketio", "typing_start"): {"room": f"support_{_CHAT}"},
    ("socketio", "typing_stop"): {"room": f"support_{_CHAT}"},
    ("socketio", "product_view"): {"productId": _PRODUCT, "category": "Clothes", "duration": 4200},
    ("socketio", "wishlist_updated"): {"action": "item_added", "productId": _PRODUCT},
    ("socketio", "user_activity"): None,
    ("socketio", "ready"): {"timestamp": AT},
    ("socketio", "room_joined"): {"room": "storefront", "timestamp": AT},
    ("socketio", "room_left"): {"room": "storefront", "timestamp": AT},
    ("socketio", "room_join_error"): {
        "room": "admin",
        "error": "this room is not for you",
        "code": "not_permitted",
        "timestamp": AT,
    },
    ("socketio", "error"): {
        "message": "no such event",
        "code": "unknown_event",
        "event": "buy_all",
        "timestamp": AT,
    },
    ("socketio", "token_expired"): {"timestamp": AT},
}


def fields_of(entry: EventType) -> dict[str, Any]:
    """All fields of an example of this event. Raises `KeyError` with the name of one that has no value."""
    own = _OF.get(entry.name, {})
    return {field.name: _value(field.name, own) for field in dataclasses.fields(entry.event)}


def on_ws(name: str, entry: EventType) -> dict[str, Any]:
    """An event as `/ws` tells it."""
    fields = fields_of(entry)
    version = fields.get("version")
    shown: dict[str, Any] = {
        "id": EVENT,
        "type": name,
        "data": {field: value for field, value in fields.items() if field not in entry.event.dialect_only},
        "timestamp": AT,
    }
    return {**shown, **({"cursor": CURSOR} if entry.durable else {}), "version": version}


def on_socketio(entry: EventType, emission: Emission) -> Mapping[str, object]:
    """An event as Socket.IO tells it: what its builder makes of the fields."""
    assert emission.build is not None  # noqa: S101  every emission of this dialect has one
    return emission.build({**fields_of(entry), "timestamp": AT})


def said(channel: str, name: str) -> Any:
    """An example of a message that is no event."""
    if (channel, name) == ("socketio", "support_chat_joined"):
        chat, message = examples()[realtime.Chat], examples()[realtime.ChatMessage]
        return {"chatRoom": chat["chatRoom"], "chat": chat, "messages": [message], "timestamp": AT}
    return SAID[channel, name]


def _value(name: str, own: Mapping[str, Any]) -> Any:
    if name in own:
        return own[name]
    if name in _RESOURCES:
        return examples()[_RESOURCES[name]]
    return _FIELDS[name]
