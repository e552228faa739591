"""Whose each permission, page of the admin and endpoint of staff is; and what the code has of them."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import admin
from django.urls import URLPattern, URLResolver

from config.identity.duties import Duty

STOCK, CATALOG, SUPPORT, FINANCE, OWNER = (
    Duty.STOCK, Duty.CATALOG, Duty.SUPPORT, Duty.FINANCE, Duty.OWNER,
)  # fmt: skip
ALL = frozenset({STOCK, CATALOG, SUPPORT, FINANCE})
NOBODY_ELSE: frozenset[Duty] = frozenset()

#: Which duties each permission goes with. Owners have them all.
GRANTED: Mapping[str, frozenset[Duty]] = {
    "catalog.view_product": ALL,
    "catalog.change_product": frozenset({CATALOG}),
    "catalog.view_flashsale": ALL,
    "catalog.change_flashsale": frozenset({CATALOG}),
    "catalog.view_review": frozenset({CATALOG, SUPPORT}),
    "catalog.judge_review": frozenset({CATALOG, SUPPORT}),
    "catalog.view_wishlist": frozenset({CATALOG, SUPPORT}),
    "inventory.view_stocklevel": ALL,
    "inventory.change_stocklevel": frozenset({STOCK}),
    "inventory.view_stockmovement": ALL,
    "inventory.change_location": frozenset({STOCK}),
    "orders.view_order": frozenset({STOCK, SUPPORT, FINANCE}),
    "orders.step_order": frozenset({STOCK, SUPPORT}),
    "orders.cancel_order": frozenset({SUPPORT}),
    "orders.return_order": frozenset({SUPPORT}),
    "orders.assign_order": frozenset({SUPPORT}),
    "orders.tailor_order": frozenset({SUPPORT}),
    "orders.view_payment": frozenset({SUPPORT, FINANCE}),
    "orders.refund_payment": frozenset({FINANCE}),
    "orders.complete_payment": frozenset({FINANCE}),
    "orders.view_providerevent": frozenset({FINANCE}),
    "realtime.view_supportchat": frozenset({SUPPORT}),
    "realtime.answer_supportchat": frozenset({SUPPORT}),
    "realtime.change_cannedanswer": frozenset({SUPPORT}),
    "realtime.view_analytics": frozenset({FINANCE}),
    "realtime.announce_stock": frozenset({STOCK}),
    "realtime.view_event": NOBODY_ELSE,
    "realtime.change_webhooksubscription": NOBODY_ELSE,
    "realtime.view_webhookdelivery": NOBODY_ELSE,
    "identity.view_user": frozenset({SUPPORT}),
    "identity.change_user": NOBODY_ELSE,
    "identity.change_apikey": NOBODY_ELSE,
    "audit.view_auditentry": NOBODY_ELSE,
    "procrastinate.view_procrastinatejob": NOBODY_ELSE,
    "jobs.view_timer": NOBODY_ELSE,
}


def look(model: str, view: str, *more: tuple[str, str]) -> dict[str, str]:
    """A table's pages that only show; ``more`` are pages of its own, each with its permission."""
    shown = {f"{model}_{page}": view for page in ("changelist", "change", "history")}
    closed = {f"{model}_{page}": "" for page in ("add", "delete")}
    return {**shown, **closed, **{f"{model}_{page}": wanted for page, wanted in more}}


def write(model: str, view: str, change: str, *more: tuple[str, str], closed: str = "") -> dict[str, str]:
    """A table's pages, on which ``change`` writes; ``closed`` are nobody's."""
    pages = look(model, view, *more)
    pages.update({f"{model}_{page}": change for page in ("add", "delete")})
    pages.update({f"{model}_{page}": "" for page in closed.split()})
    return pages


#: Which permission each page of the admin asks for. Empty: it is open to nobody.
PAGES: Mapping[str, str] = {
    **write(
        "catalog_product",
        "catalog.view_product",
        "catalog.change_product",
        ("export", "catalog.view_product"),
        ("import", "catalog.change_product"),
        ("process_import", "catalog.change_product"),
        ("shopify", "catalog.change_product"),
        ("levels", "inventory.view_stocklevel"),
    ),
    **write(
        "catalog_flashsale",
        "catalog.view_flashsale",
        "catalog.change_flashsale",
        ("preview", "catalog.change_flashsale"),
    ),
    **look("catalog_review", "catalog.view_review"),
    **look("catalog_wishlist", "catalog.view_wishlist"),
    **write("inventory_location", "inventory.view_stocklevel", "inventory.change_location", closed="delete"),
    **look(
        "inventory_stocklevel",
        "inventory.view_stocklevel",
        ("explain", "inventory.view_stocklevel"),
        *(
            (step, "inventory.change_stocklevel")
            for step in ("receive", "adjust", "transfer", "take", "threshold")
        ),
    ),
    **look("inventory_stockmovement", "inventory.view_stockmovement"),
    **look("inventory_stockoperation", "inventory.view_stockmovement"),
    **look("inventory_reservation", "inventory.view_stocklevel"),
    **look(
        "orders_order",
        "orders.view_order",
        ("step", "orders.step_order"),
        ("cancel", "orders.cancel_order"),
        ("take_back", "orders.return_order"),
        ("assign", "orders.assign_order"),
        ("tailor_work", "orders.tailor_order"),
        ("slip", "orders.view_order"),
    ),
    **look(
        "orders_payment",
        "orders.view_payment",
        ("refund", "orders.refund_payment"),
        ("complete", "orders.complete_payment"),
    ),
    **look("orders_providerevent", "orders.view_providerevent"),
    **look(
        "realtime_supportchat",
        "realtime.view_supportchat",
        *((step, "realtime.answer_supportchat") for step in ("answer", "claim", "release", "close")),
        ("inbox", "realtime.view_supportchat"),
        ("typing", "realtime.answer_supportchat"),
        ("beside", "realtime.view_supportchat"),
    ),
    **write("realtime_cannedanswer", "realtime.change_cannedanswer", "realtime.change_cannedanswer"),
    **look("realtime_event", "realtime.view_event", ("follow", "realtime.view_event")),
    **write(
        "realtime_webhooksubscription",
        "realtime.change_webhooksubscription",
        "realtime.change_webhooksubscription",
        ("rotate", "realtime.change_webhooksubscription"),
        ("log", "realtime.view_webhookdelivery"),
    ),
    **look("realtime_webhookdelivery", "realtime.view_webhookdelivery"),
    **write("identity_user", "identity.view_user", "identity.change_user", closed="delete"),
    **write("identity_apikey", "identity.change_apikey", "identity.change_apikey", closed="delete"),
    **look("audit_auditentry", "audit.view_auditentry"),
    **look("procrastinate_procrastinatejob", "procrastinate.view_procrastinatejob"),
    **look("jobs_timer", "jobs.view_timer"),
    # Parts of the dashboard, fetched afresh.
    "console_orders": "orders.view_order",
    **{f"console_{part}": "realtime.view_analytics" for part in ("hours", "days")},
    "console_low": "inventory.view_stocklevel",
    "console_movements": "inventory.view_stockmovement",
}
#: Of the admin itself, and of no table; each of the staff sees there what is theirs.
COMMON = frozenset(
    {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n",
     "view_on_site", "app_list", "search", "console_machinery"}
)  # fmt: skip

#: Pages that only a form or a script leads to.
POSTED = frozenset({"catalog_product_process_import", "realtime_supportchat_typing"})

#: What each endpoint asks of staff. Empty: staff are not asked for a duty, or it is not for them at all.
ENDPOINTS: Mapping[tuple[str, str], str] = {
    **dict.fromkeys(
        (
            ("post", "products"), ("post", "products/batch"), ("put", "products/batch"),
            ("delete", "products/batch"), ("put", "products/<str:product_id>"),
            ("patch", "products/<str:product_id>"), ("delete", "products/<str:product_id>"),
            ("post", "api/products"), ("put", "api/products/<str:product_id>"),
            ("patch", "api/products/<str:product_id>"), ("delete", "api/products/<str:product_id>"),
        ),
        "catalog.change_product",
    ),
    **dict.fromkeys(
        (
            ("post", "api/flash-sales"), ("put", "api/flash-sales/<str:sale_id>"),
            ("delete", "api/flash-sales/<str:sale_id>"),
        ),
        "catalog.change_flashsale",
    ),
    ("put", "api/reviews/<str:review_id>/status"): "catalog.judge_review",
    ("patch", "api/reviews/<str:review_id>/status"): "catalog.judge_review",
    **dict.fromkeys(
        (
            ("post", "api/stock/reduce"), ("post", "api/stock/restock"), ("post", "api/stock/transfer"),
            ("post", "api/stock/reserve"), ("delete", "api/stock/reservations/<str:reservation_id>"),
            ("post", "api/stock/reservations/<str:reservation_id>/commit"),
            ("post", "api/stock/reservations/<str:reservation_id>/extend"),
            ("post", "api/stock/adjust"), ("patch", "api/stock/levels"), ("post", "api/stock/sync"),
        ),
        "inventory.change_stocklevel",
    ),
    ("get", "api/stock/movements"): "inventory.view_stockmovement",
    ("get", "api/stock/at"): "inventory.view_stockmovement",
    ("get", "api/orders"): "orders.view_order",
    ("get", "api/orders/<str:order_id>"): "orders.view_order",
    ("put", "api/orders/<str:order_id>/status"): "orders.step_order",
    ("patch", "api/orders/<str:order_id>/status"): "orders.step_order",
    ("post", "api/orders/<str:order_id>/cancel"): "orders.cancel_order",
    ("post", "api/orders/<str:order_id>/return"): "orders.return_order",
    ("put", "api/orders/<str:order_id>/assign"): "orders.assign_order",
    ("patch", "api/orders/<str:order_id>/assign"): "orders.assign_order",
    ("put", "api/orders/<str:order_id>/tailor-status"): "orders.tailor_order",
    ("patch", "api/orders/<str:order_id>/tailor-status"): "orders.tailor_order",
    ("post", "api/payments/<str:payment_id>/refund"): "orders.refund_payment",
    ("post", "api/payments/<str:payment_id>/complete"): "orders.complete_payment",
    ("post", "api/socket"): "realtime.announce_stock",
    ("get", "api/events"): "realtime.view_event",
    ("get", "api/analytics/summary"): "realtime.view_analytics",
    ("get", "api/support/chats"): "realtime.view_supportchat",
    ("get", "api/support/chats/<str:chat_id>/messages"): "realtime.view_supportchat",
    ("post", "api/support/chats/<str:chat_id>/messages"): "realtime.answer_supportchat",
    ("post", "api/support/chats"): "realtime.answer_supportchat",
    ("put", "api/support/chats/<str:chat_id>/status"): "realtime.answer_supportchat",
    ("put", "api/support/chats/<str:chat_id>/read"): "realtime.answer_supportchat",
    **dict.fromkeys(
        (
            ("get", "products"), ("get", "products/<str:product_id>"), ("get", "api/products"),
            ("get", "api/products/featured"), ("get", "api/products/<str:product_id>"),
            ("get", "api/products/<str:product_id>/stock"), ("post", "api/stock/validate"),
            ("get", "api/stock/sync"), ("get", "api/flash-sales"),
            ("get", "api/flash-sales/<str:sale_id>"), ("get", "api/products/<str:product_id>/reviews"),
            ("post", "api/products/<str:product_id>/reviews"), ("get", "api/socket"),
            ("get", "api/wishlist"), ("post", "api/wishlist/items"),
            ("delete", "api/wishlist/items/<str:product_id>"),
            ("post", "api/auth/register"), ("post", "api/auth/login"), ("post", "api/auth/refresh"),
            ("post", "api/auth/logout"), ("get", "api/auth/me"), ("patch", "api/auth/me"),
            ("post", "api/auth/ticket"), ("get", "api/cart"), ("post", "api/cart"), ("delete", "api/cart"),
            ("post", "api/cart/items"), ("patch", "api/cart/items/<str:item_id>"),
            ("delete", "api/cart/items/<str:item_id>"), ("post", "api/orders"), ("post", "api/payments"),
            ("post", "api/payments/verify"), ("post", "api/payments/webhooks/<str:provider>"),
            ("post", "api/payments/<str:payment_id>/confirm"), ("get", "api/notifications"),
            ("put", "api/notifications/read-all"), ("put", "api/notifications/<str:notification_id>/read"),
        ),
        "",
    ),
}  # fmt: skip
DUTIES: tuple[Duty | None, ...] = (*Duty, None)


def may(duty: Duty | None, permission: str) -> bool:
    return permission != "" and (duty == OWNER or duty in GRANTED[permission])


def admin_pages() -> dict[str, str]:
    """Each page of the admin by its name, with a path that leads to it."""
    found: dict[str, str] = {}

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif pattern.name:
                found[pattern.name] = "/admin/" + route.replace("<path:object_id>", "999").replace(
                    "<str:object_id>", "999"
                ).replace("<str:chat_id>", "999")
            elif "<path:object_id>" not in route and "content_type_id" not in route:
                assert "(?P" in route, f"{route} has no name"

    walk(admin.site.get_urls()[0:], "")
    return found
