"""What Socket.IO clients get of each event: which messages in which order, for whom, with which payload."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel.events import DomainEvent
from realtime import registry
from realtime.dialects.shop import SHOP
from realtime.hub.source import Interest
from realtime.records import Record
from realtime.socketio.packets import Decoder, Packet, PacketType, encode_event
from tests.realtime.happenings import (
    CARLA,
    EPOCH,
    MOMENT,
    NOTIFICATION,
    SHOP_CART,
    SHOP_CHAT,
    SHOP_ORDER,
    SHOP_REVIEW,
    SHOP_WISHLIST,
    announced,
    approved,
    asked_for_support,
    assigned,
    began_to_type,
    came_back,
    came_online,
    changed_cart,
    claimed,
    counted,
    created,
    deleted,
    given_back,
    got_cheaper,
    held,
    measured,
    not_paid,
    notified,
    paid,
    placed,
    ran_low,
    record_of,
    released,
    restocked,
    reviewed,
    sale_began,
    sale_changed,
    sale_was_over,
    sewn,
    sold,
    told_back,
    told_cheaper,
    took_a_step,
    updated,
    validated,
    viewed,
    was_active,
    went_offline,
    wished,
    wrote,
)

STOREFRONT, PRODUCT, ADMIN = "storefront", "product:prod_1", "admin"
VARIANT = {"size": "M", "color": "Red", "cloth": "wool"}
SHOP_PRODUCT = {"_id": "prod_1", "title": "Becher „ü“\u2028", "price": 299.5, "salePrice": None}

FIGURE = {"productId": "prod_1", "size": "M", "color": "Red", "stock": 8, "timestamp": MOMENT}
CHANGE = {"productId": "prod_1", "variant": VARIANT, "timestamp": MOMENT}
PRODUCT_STOCK = {**CHANGE, "stock": 8, "totalStock": 20, "available": True}
SAID = {"productId": "prod_1", "size": "M", "stock": 4, "timestamp": MOMENT, "afterOrder": False}
VIEW = {"productId": "prod_1", "category": "cups", "duration": 1_500, "userId": "usr_1", "timestamp": MOMENT}
PAYERS = ("user:usr_1", "order:ord_1", "admin")
PAYMENT = {
    "paymentId": "pay_1",
    "orderId": "ord_1",
    "status": "completed",
    "amount": 99.99,
    "currency": "EGP",
    "timestamp": MOMENT,
}

CART, ORDER, CUSTOMER = "cart:cart_1", "order:ord_1", "user:usr_1"
#: Of those who wished for the product, some.
WISHERS = ("user:usr_1", "user:usr_2")
#: Whoever hears everything of an order that somebody works on.
PARTIES = (ORDER, CUSTOMER, ADMIN, "user:usr_3", "user:usr_4")
CHAT = "chat:chat_1"
TYPING = {
    "userId": "usr_1",
    "user": {"_id": "usr_1", "name": "Carla"},
    "isTyping": True,
    "room": "support_chat_1",
    "timestamp": MOMENT,
}
OF_ORDER = {"orderId": "ord_1", "orderNumber": "ORD-2026-000001", "timestamp": MOMENT}

SALE = {
    "saleId": "sale_1",
    "name": "Midnight <b>„ü“</b>",
    "description": "All of it",
    "discountPercentage": 12.5,
    "startTime": MOMENT,
    "endTime": "2026-11-21T11:00:00.000Z",
    "products": ["prod_1", "prod_2"],
    "status": "running",
    "soldOut": False,
    "timestamp": MOMENT,
}

Messages = list[tuple[str, tuple[str, ...], dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Case:
    """An event, and each message of it: its name, the rooms that hear it, its payload."""

    event: DomainEvent
    messages: Messages


CASES = {
    "created": Case(
        created(), [("product_created", (STOREFRONT,), {"timestamp": MOMENT, "data": SHOP_PRODUCT})]
    ),
    "updated": Case(
        updated(), [("product_updated", (STOREFRONT,), {"timestamp": MOMENT, "data": SHOP_PRODUCT})]
    ),
    "deleted": Case(
        deleted(), [("product_deleted", (STOREFRONT,), {"timestamp": MOMENT, "data": SHOP_PRODUCT})]
    ),
    "a sale began": Case(sale_began(), [("flash_sale_start", (STOREFRONT,), {**SALE, "event": "start"})]),
    "a sale was over": Case(
        sale_was_over(), [("flash_sale_end", (STOREFRONT,), {**SALE, "status": "ended", "event": "end"})]
    ),
    "a sale was sold out": Case(
        sale_changed(sold_out=True),
        [("flash_sale_update", (STOREFRONT,), {**SALE, "soldOut": True, "event": "update"})],
    ),
    "sold": Case(
        sold(),
        [
            ("STOCK_REDUCED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": True}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": -2}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "sold out": Case(
        sold(stock=0, total_stock=12),
        [
            ("STOCK_REDUCED", (STOREFRONT, PRODUCT), {**FIGURE, "stock": 0, "afterOrder": True}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": -2}),
            (
                "product_stock_update",
                (PRODUCT,),
                {**PRODUCT_STOCK, "stock": 0, "totalStock": 12, "available": False},
            ),
        ],
    ),
    "restocked": Case(
        restocked(),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": 12}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "touched": Case(
        restocked(change=0, touch=True),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "transferred": Case(
        restocked(change=0),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("inventory_update", (STOREFRONT, PRODUCT), {**CHANGE, "stockChange": 0}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "held": Case(
        held(),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "released": Case(
        released(),
        [
            ("STOCK_UPDATED", (STOREFRONT, PRODUCT), {**FIGURE, "afterOrder": False}),
            ("product_stock_update", (PRODUCT,), PRODUCT_STOCK),
        ],
    ),
    "sold without variants": Case(
        sold(attributes={}),
        [
            (
                "STOCK_REDUCED",
                (STOREFRONT, PRODUCT),
                {"productId": "prod_1", "stock": 8, "timestamp": MOMENT, "afterOrder": True},
            ),
            (
                "inventory_update",
                (STOREFRONT, PRODUCT),
                {**CHANGE, "variant": {"size": "", "color": ""}, "stockChange": -2},
            ),
            (
                "product_stock_update",
                (PRODUCT,),
                {**PRODUCT_STOCK, "variant": {"size": "", "color": ""}},
            ),
        ],
    ),
    "ran low": Case(
        ran_low(),
        [
            (
                "low_stock_alert",
                (ADMIN,),
                {
                    "productId": "prod_1",
                    "productName": "Mug",
                    "variant": VARIANT,
                    "currentStock": 3,
                    "lowStockThreshold": 5,
                    "severity": "warning",
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    # Only those who wished for it hear it, by an event that names them.
    "came back": Case(came_back(), []),
    "told that it came back": Case(
        told_back(), [("back_in_stock_alert", WISHERS, {**CHANGE, "productName": "Mug", "stock": 8})]
    ),
    "got cheaper": Case(got_cheaper(), []),
    "told that it got cheaper": Case(
        told_cheaper(),
        [
            (
                "price_drop_alert",
                WISHERS,
                {
                    "productId": "prod_1",
                    "productName": "Mug",
                    "oldPrice": 120,
                    "newPrice": 89.5,
                    "discountPercentage": 25,
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "wished": Case(
        wished(),
        [
            (
                "wishlist_updated",
                (CUSTOMER,),
                {"action": "item_added", "wishlist": SHOP_WISHLIST, "timestamp": MOMENT},
            )
        ],
    ),
    "reviewed": Case(
        reviewed(),
        [
            (
                "new_review_notification",
                (ADMIN,),
                {
                    "reviewId": "rev_1",
                    "productId": "prod_1",
                    "productName": "Mug",
                    "rating": 5,
                    "title": "Good <b>mug</b>",
                    "user": {"_id": "usr_1", "name": "Carla"},
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "approved": Case(
        approved(),
        [
            (
                "product_review_added",
                (PRODUCT,),
                {
                    "productId": "prod_1",
                    "review": SHOP_REVIEW,
                    "rating": 4.5,
                    "reviewCount": 12,
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "validated": Case(validated(), [("STOCK_VALIDATED", (PRODUCT, ADMIN), {**FIGURE, "afterOrder": False})]),
    "announced as updated": Case(
        announced("STOCK_UPDATED"), [("STOCK_UPDATED", (STOREFRONT, PRODUCT), SAID)]
    ),
    "announced as reduced": Case(
        announced("STOCK_REDUCED", size=None, color="Red"),
        [
            (
                "STOCK_REDUCED",
                (STOREFRONT, PRODUCT),
                {
                    "productId": "prod_1",
                    "color": "Red",
                    "stock": 4,
                    "timestamp": MOMENT,
                    "afterOrder": False,
                },
            )
        ],
    ),
    "announced as validated": Case(
        announced("STOCK_VALIDATED"), [("STOCK_VALIDATED", (PRODUCT, ADMIN), SAID)]
    ),
    "a cart": Case(
        changed_cart(),
        [
            ("cart_updated", (CART,), {"action": "item_added", "cart": SHOP_CART, "timestamp": MOMENT}),
            ("cart_sync", (CART,), {"cart": SHOP_CART, "timestamp": MOMENT}),
        ],
    ),
    "a guest's cart": Case(
        changed_cart(user_id=None, action="updated"),
        [
            ("cart_updated", (CART,), {"action": "updated", "cart": SHOP_CART, "timestamp": MOMENT}),
            ("cart_sync", (CART,), {"cart": SHOP_CART, "timestamp": MOMENT}),
        ],
    ),
    "placed": Case(
        placed(),
        [
            ("order_created", (ADMIN,), {"timestamp": MOMENT, "data": {**SHOP_ORDER, "userId": CARLA}}),
            (
                "new_order",
                (ADMIN,),
                {**OF_ORDER, "customer": CARLA, "totalAmount": 199.5, "itemCount": 3, "status": "pending"},
            ),
            ("order_update", (ORDER, CUSTOMER, ADMIN), SHOP_ORDER),
            (
                "admin_notification",
                (ADMIN,),
                {
                    "timestamp": MOMENT,
                    "message": "New order from Carla",
                    "type": "success",
                    "data": {"orderId": "ord_1"},
                },
            ),
            (
                "customer_notification",
                (CUSTOMER,),
                {
                    "timestamp": MOMENT,
                    "message": "Your order has been received!",
                    "type": "success",
                    "data": {"orderId": "ord_1"},
                },
            ),
        ],
    ),
    "a step": Case(
        took_a_step(),
        [
            (
                "order_status_update",
                (CUSTOMER, ORDER),
                {
                    **OF_ORDER,
                    "status": "processing",
                    "statusHistory": SHOP_ORDER["statusHistory"],
                    "estimatedDelivery": MOMENT,
                    "tracking": {"carrier": "Aramex", "trackingNumber": "AX-1"},
                },
            ),
            ("order_status_updated", (CUSTOMER, ADMIN), {"timestamp": MOMENT, "data": SHOP_ORDER}),
            ("order_update", PARTIES, SHOP_ORDER),
            (
                "customer_notification",
                (CUSTOMER,),
                {
                    "timestamp": MOMENT,
                    "message": "Order status updated to: processing",
                    "type": "info",
                    "data": {"orderId": "ord_1", "status": "processing"},
                },
            ),
        ],
    ),
    "assigned": Case(assigned(), [("order_update", PARTIES, SHOP_ORDER)]),
    "sewn": Case(
        sewn(),
        [
            (
                "tailor_status_update",
                (ORDER, CUSTOMER, ADMIN),
                {
                    **OF_ORDER,
                    "tailorStatus": "stitching",
                    "tailor": {"_id": "usr_3", "name": "Tariq"},
                    "note": "a sleeve",
                },
            ),
            ("order_update", PARTIES, SHOP_ORDER),
        ],
    ),
    "paid": Case(paid(), [("payment_update", PAYERS, PAYMENT)]),
    "not paid": Case(not_paid(), [("payment_update", PAYERS, {**PAYMENT, "status": "failed"})]),
    "given back": Case(
        given_back(), [("payment_update", PAYERS, {**PAYMENT, "status": "partially_refunded"})]
    ),
    "notified": Case(notified(), [("new_notification", ("user:usr_1",), NOTIFICATION)]),
    "asked for support": Case(
        asked_for_support(),
        [
            (
                "new_support_request",
                (ADMIN,),
                {
                    "chatRoom": "support_chat_1",
                    "userId": "usr_1",
                    "user": {"_id": "usr_1", "name": "Carla"},
                    "issue": "Too <b>small</b>",
                    "priority": "high",
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "wrote": Case(
        wrote(),
        [
            (
                "support_message_received",
                (CHAT,),
                {
                    "id": 2,
                    "userId": "usr_2",
                    "user": {"_id": "usr_2", "name": "Sara"},
                    "message": "<b>Hello</b> „ü“\u2028",
                    # Of the message, as REST shows it; not of its recording.
                    "timestamp": "2026-11-21T09:59:59.000Z",
                    "isAdmin": True,
                },
            )
        ],
    ),
    "claimed": Case(
        claimed(),
        [
            (
                "support_chat_updated",
                (CHAT, ADMIN),
                {"chatRoom": "support_chat_1", "chat": SHOP_CHAT, "timestamp": MOMENT},
            )
        ],
    ),
    "types": Case(began_to_type(), [("user_typing", (CHAT,), TYPING)]),
    "types no more": Case(
        began_to_type(is_typing=False), [("user_typing", (CHAT,), {**TYPING, "isTyping": False})]
    ),
    "online, with a chat": Case(
        came_online(chat_id="chat_1"),
        [("user_online", (ADMIN, CHAT), {"userId": "usr_1", "timestamp": MOMENT})],
    ),
    "offline, with a chat": Case(
        went_offline(chat_id="chat_1"),
        [("user_offline", (ADMIN, CHAT), {"userId": "usr_1", "timestamp": MOMENT})],
    ),
    "online": Case(came_online(), [("user_online", (ADMIN,), {"userId": "usr_1", "timestamp": MOMENT})]),
    "offline": Case(went_offline(), [("user_offline", (ADMIN,), {"userId": "usr_1", "timestamp": MOMENT})]),
    "connections": Case(
        counted(),
        [
            (
                "connection_stats",
                (ADMIN,),
                {
                    "totalConnections": 12,
                    "authenticatedUsers": 5,
                    "adminConnections": 2,
                    "timestamp": MOMENT,
                },
            )
        ],
    ),
    "viewed": Case(viewed(), [("product_view_tracked", (ADMIN,), VIEW)]),
    "viewed by guests": Case(
        viewed(user_id=None, count=9),
        [
            (
                "product_view_tracked",
                (ADMIN,),
                {
                    "productId": "prod_1",
                    "category": "cups",
                    "duration": 1_500,
                    "timestamp": MOMENT,
                    "count": 9,
                },
            )
        ],
    ),
    "measured": Case(
        measured(),
        [
            (
                "dashboard_metric_update",
                (ADMIN,),
                {"metric": "revenue_today", "value": 1_234.5, "timestamp": MOMENT},
            )
        ],
    ),
    "active": Case(
        was_active(), [("user_activity_tracked", (ADMIN,), {"userId": "usr_1", "timestamp": MOMENT})]
    ),
}


def is_durable(event: DomainEvent) -> bool:
    return registry.BY_NAME[event.name].durable


def record(event: DomainEvent, *, seq: int = 7) -> Record:
    return record_of(event, seq=seq if is_durable(event) else 0)


def packets(event: DomainEvent, *, seq: int = 7) -> list[Packet]:
    """Each message, read as a client reads it."""
    found = []
    for message in SHOP.messages(record(event, seq=seq)):
        text = message.payload.decode()
        assert text[0] == "4", "not a message of Engine.IO"
        packet = Decoder().feed(text[1:])
        assert packet is not None
        assert (packet.type, packet.namespace, packet.id) == (PacketType.EVENT, "/", None)
        found.append(packet)
    return found


def test_every_event_has_a_case() -> None:
    assert {case.event.name for case in CASES.values()} == set(registry.BY_NAME)


@pytest.mark.parametrize("name", CASES)
def test_each_event_becomes_exactly_these_messages_for_exactly_these_rooms(name: str) -> None:
    case = CASES[name]
    rooms = [message.rooms for message in SHOP.messages(record(case.event))]
    told = [
        (packet.data[0], heard_in, packet.data[1])
        for packet, heard_in in zip(packets(case.event), rooms, strict=True)
    ]
    assert told == case.messages


@pytest.mark.parametrize("name", CASES)
def test_what_is_in_the_log_ends_in_its_place_and_what_is_ephemeral_in_its_object(name: str) -> None:
    event = CASES[name].event
    found = packets(event)
    if is_durable(event):
        last = len(found) - 1
        cursors = [f"{EPOCH}-7.{place}" for place in range(last)] + [f"{EPOCH}-7"] * bool(found)
        assert [packet.data[2:] for packet in found] == [[cursor] for cursor in cursors]
    else:
        assert [len(packet.data) for packet in found] == [2]


@pytest.mark.parametrize("name", CASES)
def test_a_payload_is_the_packet_that_the_codec_would_make_byte_for_byte(name: str) -> None:
    for message in SHOP.messages(record(CASES[name].event)):
        data = orjson.loads(message.payload[2:])
        encoded = encode_event(*data)
        assert (message.payload, ()) == (encoded.text, encoded.attachments)


@pytest.mark.parametrize("name", CASES)
def test_a_payload_has_the_fields_that_its_documentation_names(name: str) -> None:
    reading = registry.Reading(record(CASES[name].event))
    for emission in registry.emissions_of(reading.record.type, registry.SHOP):
        if not emission.applies(reading):
            continue
        assert emission.build is not None
        hints = typing.get_type_hints(typing.get_type_hints(emission.build)["return"], include_extras=True)
        optional = {key for key, hint in hints.items() if typing.get_origin(hint) is typing.NotRequired}
        built = set(emission.build(reading.fields))
        assert set(hints) - optional <= built <= set(hints)


def test_the_bytes_of_a_sale_are_these() -> None:
    first, *_others = SHOP.messages(record(sold()))
    assert first.payload == (
        b'42["STOCK_REDUCED",{"productId":"prod_1","stock":8,"timestamp":"2026-11-21T10:00:00.000Z",'
        b'"afterOrder":true,"size":"M","color":"Red"},"abcd1234-7.0"]'
    )


def test_the_bytes_of_presence_are_these() -> None:
    (message,) = SHOP.messages(record(came_online()))
    assert message.payload.decode() == (
        '42["user_online",{"userId":"usr_1","timestamp":"2026-11-21T10:00:00.000Z"}]'
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_a_product_goes_out_byte_for_byte_as_it_was_recorded(product: dict[str, Any]) -> None:
    (message,) = SHOP.messages(record(updated(shop_product=product)))
    assert message.payload == (
        b'42["product_updated",{"timestamp":"2026-11-21T10:00:00.000Z","data":'
        + orjson.dumps(product)
        + b'},"abcd1234-7"]'
    )


def test_an_order_of_an_account_without_a_name_is_from_its_address() -> None:
    nameless = placed(customer={**CARLA, "name": "", "email": "c@shop.example"})
    (told,) = [packet.data[1] for packet in packets(nameless) if packet.data[0] == "admin_notification"]
    assert told["message"] == "New order from c@shop.example"


def test_an_event_of_a_newer_version_of_the_program_is_passed_over() -> None:
    unknown = Record(7, "evt_1", "never.heard.of", "prod_1", None, "{}", "", MOMENT, EPOCH)
    assert SHOP.messages(unknown) == []


STOCK_CHANGES = {"stock.reduced", "stock.updated", "stock.reserved", "stock.released", "stock.announced"}
PAYMENTS = {"payment.completed", "payment.failed", "payment.refunded"}
SALE_CHANGES = {"flash_sale.started", "flash_sale.ended", "flash_sale.updated"}
PRODUCT_CHANGES = {"product.created", "product.updated", "product.deleted"}


def test_the_interest_of_rooms_is_what_they_can_hear_from_the_log() -> None:
    assert SHOP.interest(["storefront"]) == Interest(
        frozenset(STOCK_CHANGES | PRODUCT_CHANGES | SALE_CHANGES)
    )
    assert SHOP.interest(["product:prod_1"]) == Interest(
        frozenset(), frozenset((kind, "prod_1") for kind in {*STOCK_CHANGES, "review.approved"})
    )
    # An announcement may be one that staff hear; what is ephemeral is not in the log.
    orders = {"order.placed", "order.status_changed", "order.assigned", "order.tailor_status_changed"}
    orders |= PAYMENTS
    chats = {"chat.opened", "chat.status_changed"}
    assert SHOP.interest(["admin"]) == Interest(
        frozenset({"stock.low", "stock.announced", "review.submitted", *orders, *chats})
    )
    assert SHOP.interest(["chat:chat_1"]) == Interest(
        frozenset(), frozenset((kind, "chat_1") for kind in ("chat.message", "chat.status_changed"))
    )
    own = {"notification.created", "wishlist.updated", "wishers.price_dropped", "wishers.stock_back"}
    assert SHOP.interest(["user:usr_1"]) == Interest(
        frozenset(), frozenset(), frozenset((kind, "usr_1") for kind in {*orders, *own})
    )
    assert SHOP.interest(["user:usr_1", "admin"]).mentions == {(kind, "usr_1") for kind in own}
    assert SHOP.interest(["cart:cart_1", "order:ord_1"]) == Interest(
        frozenset(), frozenset({("cart.updated", "cart_1"), *((kind, "ord_1") for kind in orders)})
    )
    assert SHOP.interest(["products", "stock", "role:tailor"]) == Interest(frozenset())
