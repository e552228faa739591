"""What becomes of each event of carts, orders and payments, and of what is notified of them."""

from __future__ import annotations

from tests.realtime.happenings.orders import (
    CARLA,
    NOTIFICATION,
    SHOP_CART,
    SHOP_ORDER,
    assigned,
    changed_cart,
    given_back,
    not_paid,
    notified,
    paid,
    placed,
    sewn,
    took_a_step,
)
from tests.realtime.happenings.records import MOMENT
from tests.realtime.shop_cases.case import ADMIN, CART, CUSTOMER, ORDER, Case, Cases

PAYERS = ("user:usr_1", "order:ord_1", "admin")
PAYMENT = {
    "paymentId": "pay_1",
    "orderId": "ord_1",
    "status": "completed",
    "amount": 99.99,
    "currency": "EGP",
    "timestamp": MOMENT,
}
#: Whoever hears everything of an order that somebody works on.
PARTIES = (ORDER, CUSTOMER, ADMIN, "user:usr_3", "user:usr_4")
OF_ORDER = {"orderId": "ord_1", "orderNumber": "ORD-2026-000001", "timestamp": MOMENT}

CASES: Cases = {
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
}
