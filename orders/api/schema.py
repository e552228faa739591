"""The REST document's table of carts, orders and payments."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from config.api.openapi import Operation, Query, Table
from config.api.openapi.shapes import Moment
from orders.api import shapes
from orders.api.order_bodies import (
    AssignBody,
    CancelBody,
    PlaceBody,
    ReturnBody,
    StatusBody,
    TailorStatusBody,
)
from orders.api.payment_bodies import ConfirmBody, PayBody, RefundBody, VerifyBody
from orders.api.wishes import CartItemBody, QuantityBody
from orders.flow import Status

_cart = partial(Operation, tag="Cart", answer=shapes.Cart, takes=("X-Cart-Token",), gives=("X-Cart-Token",))
_order = partial(Operation, tag="Orders", answer=shapes.Order, stamped=True)
_payment = partial(Operation, tag="Payments", answer=shapes.PaymentSettled, once=True)

_ADD = _cart(
    summary="Put something in",
    notes="What is a choice of an option may stand in `options`, or flatly beside the item.",
    body=CartItemBody,
    stamped=True,
    refusals=(409,),
)
_STATUS = _order(
    summary="A step of an order's flow",
    notes="`pending → processing → shipped → delivered`; the first two may be cancelled. A step that is not "
    "open: 409 `illegal_transition` with `allowed`.",
    body=StatusBody,
    guarded=True,
    once=True,
)
_ASSIGN = _order(summary="Whose work it is", body=AssignBody, guarded=True, refusals=(409,))
_TAILOR_STATUS = _order(
    summary="How far the tailor is",
    notes="Forward only, for the tailor; steps may be skipped.",
    body=TailorStatusBody,
    guarded=True,
    refusals=(409,),
)

TABLE: Table = {
    "/api/cart": {
        "GET": _cart(summary="The cart", conditional=True, cursor=True),
        "POST": replace(_ADD, summary="Put something in (as `/api/cart/items`)"),
        "DELETE": _cart(summary="Empty it", stamped=True, guarded=True),
    },
    "/api/cart/items": {"POST": _ADD},
    "/api/cart/items/{item_id}": {
        "PATCH": _cart(
            summary="How many of it", body=QuantityBody, stamped=True, guarded=True, refusals=(409,)
        ),
        "DELETE": _cart(summary="Take it out", stamped=True, guarded=True),
    },
    "/api/orders": {
        "GET": Operation(
            summary="Orders, newest first",
            tag="Orders",
            notes="A customer's own; a tailor's and delivery partner's work; for staff and services all.",
            answer=list[shapes.Order],
            paged=True,
            cursor=True,
            query=(
                Query("status", "Only of this status", Status),
                Query("user", "Only of this customer"),
                Query("search", "In number, customer and items"),
                Query("since", "Not placed before", Moment),
            ),
        ),
        "POST": _order(
            summary="Place an order",
            notes="Without `items` the cart is ordered. Stock is taken and the order written in one "
            "transaction. Prices are the shop's: a `totalPrice` that differs is 409 `price_changed` with the "
            "present `total`.",
            body=PlaceBody,
            status=201,
            takes=("X-Cart-Token",),
            gives=("Location",),
            once=True,
            batch=(400, 409),
        ),
    },
    "/api/orders/{order_id}": {
        "GET": replace(_order(summary="One order"), stamped=False, conditional=True, cursor=True)
    },
    "/api/orders/{order_id}/status": {"PUT": _STATUS, "PATCH": _STATUS},
    "/api/orders/{order_id}/cancel": {
        "POST": _order(
            summary="Cancel it",
            notes="Its stock comes back, once, and what was paid goes back.",
            body=CancelBody,
            guarded=True,
            once=True,
        )
    },
    "/api/orders/{order_id}/return": {
        "POST": _order(
            summary="Goods came back",
            notes="Only `sellable` units come back to stock, and never more than were sold.",
            body=ReturnBody,
            once=True,
            batch=(400, 409),
        )
    },
    "/api/orders/{order_id}/assign": {"PUT": _ASSIGN, "PATCH": _ASSIGN},
    "/api/orders/{order_id}/tailor-status": {"PUT": _TAILOR_STATUS, "PATCH": _TAILOR_STATUS},
    "/api/payments": {
        "POST": _payment(
            summary="Begin to pay an order",
            notes="`cod` and `manual` are there always, `razorpay` and `stripe` where their keys are.",
            body=PayBody,
            status=201,
            answer=shapes.PaymentToMake,
            refusals=(404, 502),
        )
    },
    "/api/payments/verify": {
        "POST": _payment(summary="What Razorpay's form gave back", body=VerifyBody, refusals=(404, 502))
    },
    "/api/payments/webhooks/{provider}": {
        "POST": Operation(
            summary="A provider calls back",
            tag="Payments",
            notes="The signature over the bytes is all that it is known by; each notice counts once.",
            body=dict[str, Any],
            body_example={"event": "payment.captured"},
            answer=shapes.NoticeTaken,
        )
    },
    "/api/payments/{payment_id}/refund": {
        "POST": _payment(
            summary="Give money back",
            notes="Without `amount` all that is left. 202: noted, and not yet confirmed by the provider.",
            body=RefundBody,
            answer=shapes.Refunded,
            also={202: shapes.Refunded},
            refusals=(502,),
        )
    },
    "/api/payments/{payment_id}/complete": {
        "POST": _payment(summary="A `manual` payment has come in", refusals=(400,))
    },
    "/api/payments/{payment_id}/confirm": {
        "POST": _payment(summary="How a `fake` payment ends (demo and tests only)", body=ConfirmBody)
    },
}

EXAMPLES: dict[Any, Any] = {
    **shapes.EXAMPLES,
    CartItemBody: {"productId": "prod_0mi6v2k9q3", "variant": {"size": "M", "color": "Navy"}, "quantity": 2},
    QuantityBody: {"quantity": 3},
    PlaceBody: {
        "items": [{"productId": "prod_0mi6v2k9q3", "variant": {"size": "M", "color": "Navy"}, "quantity": 2}],
        "totalPrice": 698,
        "shippingAddress": "12 Corniche Street, Alexandria",
        "phone": "+20 100 555 0142",
        "notes": "Please ring twice",
        "paymentMethod": "cod",
    },
    StatusBody: {"status": "shipped", "tracking": {"carrier": "Bosta", "trackingNumber": "B-55120"}},
    CancelBody: {"note": "ordered twice"},
    ReturnBody: {"items": [{"variantId": "var_0mi6v2k9q4", "quantity": 1, "disposition": "sellable"}]},
    AssignBody: {"tailor": "usr_0mi6v2k9qf"},
    TailorStatusBody: {"status": "cutting"},
    PayBody: {"orderId": "ord_0mi6v2k9q9", "provider": "cod"},
    VerifyBody: {
        "razorpay_order_id": "order_9A33XWu170gUtm",
        "razorpay_payment_id": "pay_29QQoUBi66xm2f",
        "razorpay_signature": "9ef4dffbfd84f1318f6739a3ce19f9d85851857ae648f114332d8401e0949a3d",
    },
    RefundBody: {"amount": 349, "reason": "one came torn"},
    ConfirmBody: {"outcome": "completed"},
}
