"""The table of figures: name, question, and what makes it worth asking again. No tasks, no listeners."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from catalog.dialects.shop import shop_currency
from config.kernel.clock import start_of_day
from config.kernel.money import to_number
from inventory.selectors.low import low_levels
from orders.selectors import active_carts, orders_since, revenue_since
from realtime.models import ProductView
from realtime.support.chats import open_chat_count

Number = int | float

HOUR = dt.timedelta(hours=1)


def _orders_today(now: dt.datetime) -> int:
    return orders_since(_today(now))


def _revenue_today(now: dt.datetime) -> Number:
    return to_number(revenue_since(_today(now)), shop_currency())


def _low_stock(_now: dt.datetime) -> int:
    return low_levels()


def _open_chats(_now: dt.datetime) -> int:
    """Claimed or not: those that nobody has closed."""
    return open_chat_count()


def _views_of_an_hour(now: dt.datetime) -> int:
    return ProductView.objects.filter(viewed_at__gt=now - HOUR).count()


def _today(now: dt.datetime) -> dt.datetime:
    return start_of_day(now, settings.STOCKWIRE_TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Figure:
    """``name`` on the wire, ``rest_name`` over REST. ``read`` asks the database, as of a moment.

    ``events``: those of the log that may change it. ``every``: it is asked for after so many seconds even if
    none came, since it changes by the clock, or in ways that are announced to nobody. ``of_the_day``: it
    begins anew at midnight.
    """

    name: str
    rest_name: str
    read: Callable[[dt.datetime], Number]
    every: float
    events: frozenset[str] = field(default=frozenset())
    of_the_day: bool = False


FIGURES: tuple[Figure, ...] = (
    Figure(
        "orders_today",
        "ordersToday",
        _orders_today,
        every=60,
        events=frozenset({"order.placed"}),
        of_the_day=True,
    ),
    Figure(
        "revenue_today",
        "revenueToday",
        _revenue_today,
        every=60,
        events=frozenset({"order.placed", "order.status_changed", "payment.refunded"}),
        of_the_day=True,
    ),
    Figure("active_carts", "activeCarts", active_carts, every=10, events=frozenset({"cart.updated"})),
    Figure(
        "low_stock_count",
        "lowStockCount",
        _low_stock,
        every=10,
        # Not each sale: one that makes a level low says so.
        events=frozenset(
            {"stock.low", "stock.updated", "stock.released", "product.updated", "product.deleted"}
        ),
    ),
    Figure(
        "open_support_chats",
        "openSupportChats",
        _open_chats,
        every=60,
        events=frozenset({"chat.opened", "chat.status_changed"}),
    ),
    # Views are stored every two seconds, and no event tells of it.
    Figure("views_last_hour", "viewsLastHour", _views_of_an_hour, every=2),
)
BY_NAME: Mapping[str, Figure] = {figure.name: figure for figure in FIGURES}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a figure was, and for how many seconds the database looked for it."""

    value: Number
    seconds: float


def read(names: Collection[str], now: dt.datetime) -> dict[str, Reading]:
    """These figures as of ``now``, one question each (two for the revenue and the carts)."""
    readings = {}
    for name in names:
        began = time.perf_counter()
        value = BY_NAME[name].read(now)
        readings[name] = Reading(value, time.perf_counter() - began)
    return readings


def summary(now: dt.datetime) -> dict[str, Number]:
    """All of them, under the names that they have over REST."""
    readings = read(BY_NAME, now)
    return {figure.rest_name: readings[figure.name].value for figure in FIGURES}
