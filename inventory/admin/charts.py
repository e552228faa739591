"""A level's history in the shape of Chart.js."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from config.audit.trail import names_of
from config.kernel import clock
from inventory.models import StockLevel
from inventory.selectors.level_history import day_ends, last_entries

ENTRIES = 100
DAYS = 90

_FEW = 20
#: Seen on light and on dark.
_GREEN = "#2f9e5b"
_TICKS = {"color": "#8a8c83", "maxRotation": 0, "autoSkipPadding": 16}
OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"grid": {"display": False}, "ticks": _TICKS},
            "y": {"beginAtZero": True, "ticks": {**_TICKS, "precision": 0}, "grid": {"tickLength": 0}},
        },
    }
)


def charts_of(level: StockLevel) -> dict[str, Any]:
    """What the level's page shows above its figures."""
    zone = settings.STOCKWIRE_TIME_ZONE
    entries = last_entries(level, most=ENTRIES)
    ends = day_ends(level, today=clock.now().astimezone(zone).date(), days=DAYS, zone=zone)
    return {
        "level": level,
        "entries": entries[::-1],
        "names": names_of({entry.actor for entry in entries}),
        "by_entry": _line(
            [f"{entry.recorded_at.astimezone(zone):%b %d %H:%M}" for entry in entries],
            [entry.balance_after for entry in entries],
        ),
        "by_day": _line([f"{end.day:%b %d}" for end in ends], [end.on_hand for end in ends]),
        "chart_options": OPTIONS,
    }


def _line(labels: list[str], values: list[int]) -> str:
    line = {
        "label": "On hand",
        "data": values,
        "stepped": "before",
        "borderColor": _GREEN,
        "backgroundColor": _GREEN,
        "borderWidth": 2,
        # A line of one point is none.
        "pointRadius": 3 if len(values) <= _FEW else 0,
    }
    return json.dumps({"labels": labels, "datasets": [line]})
