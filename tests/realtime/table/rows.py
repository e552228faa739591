"""The contract's table of events: what happens, and every message that it becomes, for whom, in order.

**Adding a row** is one entry in a scene (its deed goes into ``deeds``). An event that is in the registry or
in the contract and not heard in a row fails the test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.realtime.table import deeds
from tests.realtime.table.audience import ALL, CUSTOMER, LOOKING, PARTIES, STAFF, WISHER, Audience

#: A message's name, and who hears it.
Told = tuple[str, frozenset[str]]
Messages = tuple[Told, ...]

TO_CUSTOMER, TO_STAFF, TO_WISHER = frozenset({CUSTOMER}), frozenset({STAFF}), frozenset({WISHER})
IN_CHAT = TO_CUSTOMER | TO_STAFF


@dataclass(frozen=True, slots=True)
class Row:
    """``ws`` is what `/ws` and `/events` hear, ``shop`` what Socket.IO clients hear, each in their order.

    ``passing``: it has no place in the log, and may come a moment later. ``repeats``: how often it comes says
    nothing.
    """

    what: str
    deed: Callable[[Audience], Awaitable[object]]
    ws: Messages
    shop: Messages
    passing: bool = False
    repeats: bool = False


def _sold(name: str) -> Messages:
    return (
        (name, ALL),
        ("inventory_update", ALL),
        ("product_stock_update", LOOKING),
    )


SOLD, CHANGED = _sold("STOCK_REDUCED"), _sold("STOCK_UPDATED")
#: Of a hold, or a touch: nothing moved on the shelf.
HELD: Messages = (("STOCK_UPDATED", ALL), ("product_stock_update", LOOKING))

PLACED_ON_WS: Messages = (("order.placed", TO_CUSTOMER | TO_STAFF),)
PLACED: Messages = (
    ("order_created", TO_STAFF),
    ("new_order", TO_STAFF),
    ("order_update", TO_CUSTOMER | TO_STAFF),
    ("admin_notification", TO_STAFF),
    ("customer_notification", TO_CUSTOMER),
)
NOTIFIED_ON_WS: Messages = (("notification.created", TO_CUSTOMER),)
NOTIFIED: Messages = (("new_notification", TO_CUSTOMER),)
STEP: Messages = (
    ("order_status_update", PARTIES),
    ("order_status_updated", TO_CUSTOMER | TO_STAFF),
    ("order_update", PARTIES),
    ("customer_notification", TO_CUSTOMER),
    *NOTIFIED,
)
STEP_ON_WS: Messages = (("order.status_changed", PARTIES), *NOTIFIED_ON_WS)
PAID: Messages = (("payment_update", PARTIES), *NOTIFIED)
CART: Messages = (("cart_updated", TO_CUSTOMER), ("cart_sync", TO_CUSTOMER))
CART_ON_WS: Messages = (("cart.updated", TO_CUSTOMER),)


def _stock(name: str) -> Messages:
    return ((name, LOOKING),)


def _to_staff(name: str) -> Messages:
    return ((name, TO_STAFF),)


def _sale(on_ws: str, on_socket_io: str) -> tuple[Messages, Messages]:
    return ((f"flash_sale.{on_ws}", LOOKING),), ((f"flash_sale_{on_socket_io}", ALL),)


PRODUCTS: tuple[Row, ...] = (
    Row(
        "a product was created",
        deeds.make_a_product,
        (("product.created", ALL),),
        (("product_created", ALL),),
    ),
    Row(
        "a product was changed",
        deeds.change_a_product,
        (("product.updated", ALL),),
        (("product_updated", ALL),),
    ),
    Row(
        "a product was archived",
        deeds.archive_a_product,
        (("product.deleted", ALL),),
        (("product_deleted", ALL),),
    ),
)

STOCK: tuple[Row, ...] = (
    Row("stock went down by a sale", deeds.sell, _stock("stock.reduced"), SOLD),
    Row("what was held is sold", deeds.sell_what_was_held, _stock("stock.reduced"), SOLD),
    Row("stock came in", deeds.restock, _stock("stock.updated"), CHANGED),
    Row("stock was counted", deeds.count, _stock("stock.updated"), CHANGED),
    Row("stock was touched", deeds.touch, _stock("stock.updated"), HELD),
    Row(
        "stock was validated for an order",
        deeds.validate,
        _stock("stock.validated"),
        (("STOCK_VALIDATED", LOOKING),),
        passing=True,
    ),
    Row("a hold was made", deeds.hold, _stock("stock.reserved"), HELD),
    Row("a hold was released", deeds.release_the_hold, _stock("stock.released"), HELD),
    Row("a hold expired", deeds.let_a_hold_run_out, _stock("stock.released"), HELD),
    Row(
        "a level crossed its low-stock threshold",
        deeds.sell_down_to_the_threshold,
        (*_stock("stock.reduced"), *_to_staff("stock.low")),
        (*SOLD, *_to_staff("low_stock_alert")),
    ),
    Row(
        "a variant went from none to some",
        deeds.restock_what_was_sold_out,
        (*_stock("stock.updated"), ("stock.back", LOOKING)),
        # And `back_in_stock_alert` to those who wished for it: here is nobody who did.
        CHANGED,
    ),
)

WISHES_AND_SALES: tuple[Row, ...] = (
    Row(
        "a wishlist changed",
        deeds.wish_for_the_product,
        (("wishlist.updated", TO_WISHER),),
        (("wishlist_updated", TO_WISHER),),
    ),
    Row(
        "a price fell",
        deeds.make_it_cheaper,
        (("product.updated", ALL), ("price.dropped", LOOKING)),
        (("product_updated", ALL), ("price_drop_alert", TO_WISHER)),
    ),
    Row(
        "a variant that was wished for went from none to some",
        deeds.restock_what_was_wished_for,
        (*_stock("stock.updated"), *_stock("stock.back")),
        (*CHANGED, ("back_in_stock_alert", TO_WISHER)),
    ),
    Row("a flash sale was planned", deeds.plan_a_sale, *_sale("updated", "update")),
    Row("a flash sale was changed", deeds.change_the_sale, *_sale("updated", "update")),
    Row(
        "a flash sale started",
        deeds.let_the_sale_begin,
        (("flash_sale.started", LOOKING), ("price.dropped", LOOKING)),
        (("flash_sale_start", ALL), ("price_drop_alert", TO_WISHER)),
    ),
    Row("a flash sale ended", deeds.let_the_sale_run_out, *_sale("ended", "end")),
)

REVIEWS: tuple[Row, ...] = (
    Row(
        "a review was written",
        deeds.write_a_review,
        _to_staff("review.submitted"),
        _to_staff("new_review_notification"),
    ),
    Row(
        "a review was approved",
        deeds.approve_the_review,
        (("review.approved", LOOKING),),
        (("product_review_added", LOOKING),),
    ),
)

ORDERS: tuple[Row, ...] = (
    Row(
        "an order was placed",
        deeds.order,
        (*_stock("stock.reduced"), *PLACED_ON_WS, *NOTIFIED_ON_WS),
        (*SOLD, *PLACED, *NOTIFIED),
    ),
    Row("a cart changed", deeds.put_into_the_cart, CART_ON_WS, CART),
    Row(
        "an order was placed of what lay in the cart",
        deeds.order_the_cart,
        (*_stock("stock.reduced"), *PLACED_ON_WS, *CART_ON_WS, *NOTIFIED_ON_WS),
        (*SOLD, *PLACED, *CART, *NOTIFIED),
    ),
    Row("an order's status changed", deeds.process_the_order, STEP_ON_WS, STEP),
    Row(
        "an order was assigned",
        deeds.assign_another_order,
        (("order.assigned", PARTIES),),
        (("order_update", PARTIES),),
    ),
    Row(
        "the tailor went on",
        deeds.sew,
        (("order.tailor_status_changed", PARTIES),),
        (("tailor_status_update", PARTIES), ("order_update", PARTIES)),
    ),
    Row("a payment failed", deeds.fail_to_pay, (("payment.failed", PARTIES), *NOTIFIED_ON_WS), PAID),
    Row("a payment completed", deeds.pay, (("payment.completed", PARTIES), *NOTIFIED_ON_WS), PAID),
    Row(
        "a payment was refunded",
        deeds.give_the_money_back,
        (("payment.refunded", PARTIES), *NOTIFIED_ON_WS),
        PAID,
    ),
    Row(
        "an order was cancelled",
        deeds.cancel_the_order,
        (*_stock("stock.updated"), *STEP_ON_WS),
        (*CHANGED, *STEP),
    ),
)

SUPPORT: tuple[Row, ...] = (
    Row(
        "a support chat was opened",
        deeds.open_another_chat,
        _to_staff("chat.opened"),
        _to_staff("new_support_request"),
    ),
    Row(
        "a message was written",
        deeds.write_in_a_chat,
        (("chat.message", IN_CHAT),),
        (("support_message_received", IN_CHAT),),
    ),
    Row(
        "a chat's status changed",
        deeds.claim_a_chat,
        (("chat.status_changed", IN_CHAT),),
        (("support_chat_updated", IN_CHAT),),
    ),
    Row(
        "somebody is typing",
        deeds.type_in_a_chat,
        _to_staff("typing"),
        _to_staff("user_typing"),
        passing=True,
    ),
)

WHOEVER_IS_HERE: tuple[Row, ...] = (
    Row(
        "somebody looked at a product",
        deeds.look_at_a_product,
        _to_staff("view"),
        _to_staff("product_view_tracked"),
        passing=True,
    ),
    Row(
        "a user is active",
        deeds.be_active,
        _to_staff("activity"),
        _to_staff("user_activity_tracked"),
        passing=True,
    ),
    Row("a user came", deeds.come_in, _to_staff("presence"), _to_staff("user_online"), passing=True),
    Row("a user went", deeds.go_away, _to_staff("presence"), _to_staff("user_offline"), passing=True),
    Row(
        "the number of connections changed",
        deeds.come_in_by_two,
        _to_staff("stats"),
        _to_staff("connection_stats"),
        passing=True,
        repeats=True,
    ),
    Row(
        "a figure of the day changed",
        deeds.put_into_the_cart,
        (*CART_ON_WS, *_to_staff("metric")),
        (*CART, *_to_staff("dashboard_metric_update")),
        passing=True,
        repeats=True,
    ),
)

#: Rows that follow one another on one stage, in this order. A new scene has a stage of its own.
SCENES: dict[str, tuple[Row, ...]] = {
    "products": PRODUCTS,
    "stock": STOCK,
    "wishes and sales": WISHES_AND_SALES,
    "reviews": REVIEWS,
    "orders": ORDERS,
    "support": SUPPORT,
    "whoever is here": WHOEVER_IS_HERE,
}

#: Each event of the contract's table by its name on `/ws`, and what Socket.IO clients get of it.
CONTRACT: dict[str, tuple[str, ...]] = {
    "product.created": ("product_created",),
    "product.updated": ("product_updated",),
    "product.deleted": ("product_deleted",),
    "stock.reduced": ("STOCK_REDUCED", "inventory_update", "product_stock_update"),
    "stock.updated": ("STOCK_UPDATED", "inventory_update", "product_stock_update"),
    "stock.validated": ("STOCK_VALIDATED",),
    "stock.reserved": ("STOCK_UPDATED", "product_stock_update"),
    "stock.released": ("STOCK_UPDATED", "product_stock_update"),
    "stock.low": ("low_stock_alert",),
    "stock.back": ("back_in_stock_alert",),
    "price.dropped": ("price_drop_alert",),
    "flash_sale.started": ("flash_sale_start",),
    "flash_sale.ended": ("flash_sale_end",),
    "flash_sale.updated": ("flash_sale_update",),
    "cart.updated": ("cart_updated", "cart_sync"),
    "order.placed": (
        "order_created", "new_order", "order_update", "admin_notification", "customer_notification",
        "new_notification",
    ),
    "order.status_changed": (
        "order_status_update", "order_status_updated", "order_update", "customer_notification",
        "new_notification",
    ),
    "order.assigned": ("order_update",),
    "order.tailor_status_changed": ("tailor_status_update", "order_update"),
    "payment.completed": ("payment_update", "new_notification"),
    "payment.failed": ("payment_update", "new_notification"),
    "payment.refunded": ("payment_update", "new_notification"),
    "review.submitted": ("new_review_notification",),
    "review.approved": ("product_review_added",),
    "wishlist.updated": ("wishlist_updated",),
    "notification.created": ("new_notification",),
    "chat.opened": ("new_support_request",),
    "chat.message": ("support_message_received",),
    "chat.status_changed": ("support_chat_updated",),
    "typing": ("user_typing",),
    "presence": ("user_online", "user_offline"),
    "stats": ("connection_stats",),
    "view": ("product_view_tracked",),
    "activity": ("user_activity_tracked",),
    "metric": ("dashboard_metric_update",),
}  # fmt: skip
