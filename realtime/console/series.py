"""What the start page's charts show: orders and revenue by the hour of today, and by the day of a month.

Shapes for Chart.js; asking is the orders' own business.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from django.conf import settings

from catalog.dialects.shop import shop_currency
from config.kernel.clock import end_of_day, start_of_day
from config.kernel.money import to_number
from orders.selectors import Trade, trade_since

DAYS = 30

_TICKS = {"color": "#8a8c83", "maxRotation": 0, "autoSkipPadding": 12}
#: In place of unfold's, which has one scale: orders on the left, money on the right.
OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "align": "end",
                "labels": {"color": "#8a8c83", "boxHeight": 6, "boxWidth": 6, "usePointStyle": True},
            }
        },
        "scales": {
            "x": {"grid": {"display": False}, "ticks": _TICKS},
            "y": {"beginAtZero": True, "ticks": {**_TICKS, "precision": 0}, "grid": {"tickLength": 0}},
            "revenue": {
                "position": "right",
                "beginAtZero": True,
                "ticks": {**_TICKS, "format": {"notation": "compact"}},
                "grid": {"display": False},
            },
        },
    }
)
_HOUR = dt.timedelta(hours=1)


def hours_of_today(now: dt.datetime) -> str:
    """Today so far and to come, hour by hour, as JSON."""
    zone = settings.STOCKWIRE_TIME_ZONE
    began, ends = start_of_day(now, zone), end_of_day(now, zone)
    # 23 or 25 of them where the clocks are changed.
    hours = [began + number * _HOUR for number in range(round((ends - began) / _HOUR))]
    found = trade_since(began, unit="hour", zone=str(zone))
    return _chart(found, [(hour, f"{hour.astimezone(zone):%H}") for hour in hours])


def last_days(now: dt.datetime) -> str:
    """The last days, today included, as JSON."""
    zone = settings.STOCKWIRE_TIME_ZONE
    today = now.astimezone(zone).date()
    dates = [today - dt.timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    days = [dt.datetime.combine(date, dt.time(), tzinfo=zone).astimezone(dt.UTC) for date in dates]
    found = trade_since(days[0], unit="day", zone=str(zone))
    labels = [f"{date:%b} {date.day}" for date in dates]
    return _chart(found, list(zip(days, labels, strict=True)))


def _chart(found: Sequence[Trade], places: Sequence[tuple[dt.datetime, str]]) -> str:
    by_start = {trade.began: trade for trade in found}
    currency = shop_currency()
    rows = [by_start.get(began) for began, _ in places]
    return json.dumps(
        {
            "labels": [label for _, label in places],
            "datasets": [
                {
                    "label": "Orders",
                    "data": [row.orders if row else 0 for row in rows],
                    "backgroundColor": "var(--color-primary-600)",
                    "borderRadius": 3,
                    "order": 2,
                },
                {
                    "label": f"Revenue, {currency}",
                    "type": "line",
                    "data": [to_number(row.revenue, currency) if row else 0 for row in rows],
                    "borderColor": "#d97706",
                    "backgroundColor": "#d97706",
                    "pointRadius": 0,
                    "yAxisID": "revenue",
                    "order": 1,
                },
            ],
        }
    )
