"""The staff console's frame: django-unfold's settings.

Belongs here: what the console is called, its colours, and what its sidebar lists. Does not belong here: what
a badge counts, or who may see a table (`realtime.console`, and each app's `admin`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# The storefront's colours (`colors.css`), as scales: warm greys, and the green of its buttons.
_GREYS = {
    "50": "#faf9f6",
    "100": "#f0eee8",
    "200": "#e4e1d8",
    "300": "#cfccc1",
    "400": "#a3a69b",
    "500": "#6b6d64",
    "600": "#4d4f47",
    "700": "#3c3f38",
    "800": "#32352f",
    "900": "#1d1f1c",
    "950": "#141513",
}
_GREENS = {
    "50": "#f0fdf4",
    "100": "#dcfce7",
    "200": "#bbf7d0",
    "300": "#86efac",
    "400": "#4ade80",
    "500": "#3fbf72",
    "600": "#166534",
    "700": "#14532d",
    "800": "#0f3f22",
    "900": "#0c2415",
    "950": "#07170d",
}


def _asset(name: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(f"stockwire/{name}")


def _may_see(model: str) -> Callable[[HttpRequest], bool]:
    app, name = model.split(".")

    def permission(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")

    return permission


def _table(title: str, icon: str, model: str, **more: Any) -> dict[str, Any]:
    """The list of a table, for those who may see it."""
    link = reverse_lazy(f"admin:{model.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _may_see(model), **more}


def _is_at(table: str, *but: str) -> Callable[[HttpRequest], bool]:
    """Whether a page is one of this table's, ``but`` its own that have a line of theirs."""

    def active(request: HttpRequest) -> bool:
        own = str(reverse_lazy(f"admin:{table.replace('.', '_')}_changelist"))
        return request.path.startswith(own) and not request.path.startswith(tuple(own + name for name in but))

    return active


def _page(title: str, icon: str, name: str, permission: str) -> dict[str, Any]:
    """A page that is no table's list."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{name}"),
        "permission": lambda request: request.user.has_perm(permission),
    }


_NAVIGATION: list[dict[str, Any]] = [
    {"items": [{"title": "Dashboard", "icon": "monitoring", "link": reverse_lazy("admin:index")}]},
    {
        "title": "Selling",
        "items": [
            _table("Orders", "receipt_long", "orders.order"),
            _table("Payments", "payments", "orders.payment"),
            _table("Providers' calls", "call_received", "orders.providerevent"),
            _table("Flash sales", "bolt", "catalog.flashsale"),
        ],
    },
    {
        "title": "Support",
        "items": [
            _page("Inbox", "inbox", "realtime_supportchat_inbox", "realtime.view_supportchat"),
            _table(
                "Support chats",
                "forum",
                "realtime.supportchat",
                badge="realtime.console.badges.open_chats",
                active=_is_at("realtime.supportchat", "inbox/"),
            ),
            _table("Canned answers", "quickreply", "realtime.cannedanswer"),
        ],
    },
    {
        "title": "Catalog",
        "items": [
            _table("Products", "sell", "catalog.product"),
            _table("Reviews", "reviews", "catalog.review"),
            _table("Wishlists", "favorite", "catalog.wishlist"),
        ],
    },
    {
        "title": "Stock",
        "items": [
            _table(
                "Levels",
                "inventory_2",
                "inventory.stocklevel",
                badge="realtime.console.badges.low_stock",
                active=_is_at("inventory.stocklevel", "take"),
            ),
            _page("Stock-take", "fact_check", "inventory_stocklevel_take", "inventory.change_stocklevel"),
            _table("Movements", "swap_vert", "inventory.stockmovement"),
            _table("Reservations", "lock_clock", "inventory.reservation"),
            _table("Operations", "history", "inventory.stockoperation"),
            _table("Locations", "warehouse", "inventory.location"),
        ],
    },
    {
        "title": "Shop",
        "items": [
            _table("Users", "group", "identity.user"),
            _table("API keys", "key", "identity.apikey"),
            _table("Audit trail", "policy", "audit.auditentry"),
        ],
    },
    {
        "title": "Machinery",
        "items": [
            _table("Event log", "list_alt", "realtime.event", active=_is_at("realtime.event", "follow/")),
            _page("Events, live", "sensors", "realtime_event_follow", "realtime.view_event"),
            _table("Webhooks", "webhook", "realtime.webhooksubscription"),
            _table("Deliveries", "outbox", "realtime.webhookdelivery"),
            _table("Jobs", "schedule", "procrastinate.procrastinatejob"),
            _table("Timers", "timer", "jobs.timer"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Stockwire",
    "SITE_HEADER": "Stockwire",
    "SITE_SUBHEADER": "Staff console",
    "SITE_URL": "/",
    "SITE_ICON": _asset("icon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("icon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "ENVIRONMENT": "realtime.console.badges.environment",
    "LOGIN": {"form": "config.identity.admin_sign_in.SignInForm"},
    "DASHBOARD_CALLBACK": "realtime.console.dashboard.with_figures",
    "STYLES": [_asset("console.css")],
    "COLORS": {"base": _GREYS, "primary": _GREENS},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": _NAVIGATION},
}
