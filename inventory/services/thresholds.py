"""Low-stock thresholds: where a level counts as low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from config.kernel.transactions import in_transaction
from inventory.defaults import default_location
from inventory.ledger.book import Level
from inventory.models import StockLevel
from inventory.services.statements import ensure_locations, lock_heads, open_levels


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdLine:
    """``threshold`` for one variant, at one location or at all that it has."""

    product_id: str
    variant_id: str
    threshold: int
    location_id: str | None = None
    item: Any = None


def set_thresholds(*, lines: Sequence[ThresholdLine]) -> None:
    """Set low-stock thresholds. A level that is not there yet is opened, empty. A later line wins.

    Locks: the products' stock heads, then the levels. Refuses: nothing. Announces: nothing, since what
    can be sold has not fallen.
    """
    in_transaction(lambda: _set(lines))


def _set(lines: Sequence[ThresholdLine]) -> None:
    lock_heads([line.product_id for line in lines])
    present: dict[str, dict[str, int]] = {}
    rows = StockLevel.objects.filter(variant_id__in={line.variant_id for line in lines})
    for variant_id, location_id, level_id in rows.values_list("variant_id", "location_id", "id"):
        present.setdefault(variant_id, {})[location_id] = level_id
    thresholds: dict[int, int] = {}
    opened: dict[tuple[str, str], Level] = {}
    for line in lines:
        levels = present.get(line.variant_id, {})
        if line.location_id is None and levels:
            thresholds |= dict.fromkeys(levels.values(), line.threshold)
            continue
        location_id = line.location_id or default_location()
        if location_id in levels:
            thresholds[levels[location_id]] = line.threshold
        else:
            opened[line.variant_id, location_id] = Level(
                line.variant_id, line.product_id, location_id, threshold=line.threshold
            )
    if opened:
        locations = {location_id for _, location_id in opened}
        ensure_locations(locations, allowed=locations)
        open_levels(list(opened.values()))
    _write(thresholds)


def _write(thresholds: dict[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stocklevel AS level SET low_stock_threshold = new.threshold
            FROM unnest(%s::bigint[], %s::int[]) AS new(id, threshold)
            WHERE level.id = new.id AND level.low_stock_threshold <> new.threshold
            """,
            [list(thresholds), list(thresholds.values())],
        )
