"""The start page: the figures of the day, its charts, what is low, what is newest, and the machinery.

The page is made whole; its script hears `/ws` and has the parts that an event changes fetched again, each at
most a few times a second. Everything is asked by an index, or capped: a large shop has no larger page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from catalog.dialects.shop import shop_currency
from config.kernel import clock
from config.kernel.money import sign_of
from inventory.models import StockMovement
from inventory.selectors.low import lowest_levels, sold_out_levels
from orders.models import Order
from realtime import connections
from realtime.analytics import figures
from realtime.console import series
from realtime.console.machinery import machinery
from realtime.runtime import local_hub
from realtime.selectors import current_cursor

NEWEST = 10
#: What a part shows, asked for when it is shown.
Reading = Callable[[], dict[str, Any]]

#: What each part needs to be seen. The figures of the day are whose they are over REST; what is low and who
#: waits in a chat, whoever sees the lists may count.
_SEES_ORDERS, _SEES_STOCK, _SEES_LEDGER, _SEES_CHATS, _SEES_FIGURES = (
    "orders.view_order",
    "inventory.view_stocklevel",
    "inventory.view_stockmovement",
    "realtime.view_supportchat",
    "realtime.view_analytics",
)
_CARDS = (
    ("orders_today", "Orders today", "receipt_long", {_SEES_FIGURES}),
    ("revenue_today", "Revenue today", "payments", {_SEES_FIGURES}),
    ("active_carts", "Active carts", "shopping_cart", {_SEES_FIGURES}),
    ("low_stock_count", "Low stock", "inventory_2", {_SEES_FIGURES, _SEES_STOCK}),
    ("open_support_chats", "Open chats", "forum", {_SEES_FIGURES, _SEES_CHATS}),
    ("views_last_hour", "Views, last hour", "visibility", {_SEES_FIGURES}),
)


def with_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the start page's context. The cursor comes first: what happens meanwhile is told."""
    cursor, now = current_cursor(), clock.now()
    cards = [card for card in _CARDS if any(map(request.user.has_perm, card[-1]))]
    readings = figures.read([name for name, *_ in cards], now)
    sign = sign_of(shop_currency())
    context |= {
        "cursor": cursor,
        "cards": [
            {
                "name": name,
                "title": title,
                "icon": icon,
                "value": readings[name].value,
                "unit": sign if name == "revenue_today" else "",
            }
            for name, title, icon, _needs in cards
        ],
        "connections": connections.count(local_hub()),
        "currency": shop_currency(),
    }
    for _part_name, needs, read in _PARTS:
        if request.user.has_perm(needs):
            context |= read()
    if request.user.has_perm(_SEES_FIGURES):
        context |= {
            "hours": series.hours_of_today(now),
            "days": series.last_days(now),
            "chart_options": series.OPTIONS,
        }
    return context


def _newest_orders() -> list[Order]:
    return list(Order.objects.select_related("user").order_by("-created_at", "-id")[:NEWEST])


def _newest_movements() -> list[StockMovement]:
    return list(StockMovement.objects.select_related("variant").order_by("-id")[:NEWEST])


_PARTS: tuple[tuple[str, str, Reading], ...] = (
    ("orders", _SEES_ORDERS, lambda: {"orders": _newest_orders()}),
    ("low", _SEES_STOCK, lambda: {"low": lowest_levels(most=NEWEST), "sold_out": sold_out_levels()}),
    ("movements", _SEES_LEDGER, lambda: {"movements": _newest_movements()}),
)


def _part(name: str, needs: str, read: Reading) -> Callable[[HttpRequest], HttpResponseBase]:
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(needs):
            raise PermissionDenied
        return TemplateResponse(request, f"admin/console/{name}.html", read())

    return view


@require_safe
def _machinery(request: HttpRequest) -> HttpResponseBase:
    return TemplateResponse(request, "admin/console/machinery.html", {"machinery": machinery()})


def _chart(read: Callable[[Any], str]) -> Callable[[HttpRequest], HttpResponseBase]:
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(_SEES_FIGURES):
            raise PermissionDenied
        return HttpResponse(read(clock.now()), content_type="application/json")

    return view


#: What is fetched again: `/admin/console/<name>`.
PARTS: dict[str, Callable[..., HttpResponseBase]] = {
    **{name: _part(name, needs, read) for name, needs, read in _PARTS},
    "machinery": _machinery,
    "hours": _chart(series.hours_of_today),
    "days": _chart(series.last_days),
}
