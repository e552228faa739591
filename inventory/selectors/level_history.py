"""How a level has been, for charts: after each of its last entries, and at the end of each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from inventory.models import StockLevel, StockMovement

# By when they were recorded: a level's balances follow one another in that order and no other.
_CLOSING = """
SELECT DISTINCT ON (day) day, balance_after
FROM (
    SELECT (recorded_at AT TIME ZONE %(zone)s)::date AS day, id, balance_after
    FROM inventory_stockmovement
    WHERE variant_id = %(variant)s AND location_id = %(location)s AND recorded_at >= %(since)s
) AS entry
ORDER BY day, id DESC
"""


@dataclass(frozen=True, slots=True)
class DayEnd:
    """What was on hand when a day ended, or is now."""

    day: dt.date
    on_hand: int


def last_entries(level: StockLevel, *, most: int) -> Sequence[StockMovement]:
    """The level's last entries, oldest first."""
    entries = StockMovement.objects.filter(variant_id=level.variant_id, location_id=level.location_id)
    return list(entries.order_by("-id")[:most])[::-1]


def day_ends(level: StockLevel, *, today: dt.date, days: int, zone: dt.tzinfo) -> list[DayEnd]:
    """What was on hand at the end of each of the last ``days``; two questions."""
    first = today - dt.timedelta(days=days - 1)
    since = dt.datetime.combine(first, dt.time(), tzinfo=zone)
    mine = StockMovement.objects.filter(variant_id=level.variant_id, location_id=level.location_id)
    before = (
        mine.filter(recorded_at__lt=since).order_by("-id").values_list("balance_after", flat=True).first()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSING,
            {"zone": str(zone), "variant": level.variant_id, "location": level.location_id, "since": since},
        )
        known = dict(cursor.fetchall())
    ends, on_hand = [], before or 0
    for number in range(days):
        day = first + dt.timedelta(days=number)
        on_hand = known.get(day, on_hand)
        ends.append(DayEnd(day, on_hand))
    return ends
