"""How much of the stock is low."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models.expressions import RawSQL

# No index: one over these columns would be written with every sale, and a sale of the same few rows would
# fill it. Each level is looked at once instead.
_LAPSED = """
WITH lapsed AS MATERIALIZED (
    SELECT line.variant_id, line.location_id, sum(line.quantity) AS quantity
    FROM inventory_reservation AS hold
    JOIN inventory_reservationline AS line ON line.reservation_id = hold.id
    WHERE hold.state = 'active' AND hold.expires_at <= statement_timestamp() AND line.ended_at IS NULL
    GROUP BY line.variant_id, line.location_id
)
"""
_SELLABLE = "level.on_hand - level.reserved - level.safety + coalesce(lapsed.quantity, 0)"
_LEVELS = """
FROM inventory_stocklevel AS level
JOIN catalog_variant AS variant ON variant.id = level.variant_id AND variant.archived_at IS NULL
LEFT JOIN lapsed ON lapsed.variant_id = level.variant_id AND lapsed.location_id = level.location_id
"""
_LOW = f"{_LEVELS} WHERE {_SELLABLE} <= level.low_stock_threshold"
_OUT = f"{_LEVELS} WHERE {_SELLABLE} <= 0"
_LOWEST = f"""
{_LAPSED}
SELECT low.id, variant.sku, product.title, low.location_id, low.low_stock_threshold,
    greatest(0, low.sellable)::bigint
FROM (
    SELECT level.id, level.variant_id, level.product_id, level.location_id, level.low_stock_threshold,
        {_SELLABLE} AS sellable
    {_LOW}
    ORDER BY sellable, level.id LIMIT %s
) AS low
JOIN catalog_variant AS variant ON variant.id = low.variant_id
JOIN catalog_product AS product ON product.id = low.product_id
ORDER BY low.sellable, low.id
"""  # noqa: S608  no value is formatted in


@dataclass(frozen=True, slots=True)
class LowLevel:
    """A level at its threshold or below it."""

    id: int
    sku: str
    title: str
    location_id: str
    threshold: int
    available: int


def low_levels() -> int:
    """How many levels are at their low-stock threshold or below it.

    Each that comes down to it announces ``stock.low``, and is one more here; a variant that is low at two
    places is low twice. Nothing of what was archived is counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{_LAPSED} SELECT count(*) {_LOW}")
        (count,) = cursor.fetchone()
        return int(count)


def sold_out_levels() -> int:
    """How many levels there are of which nothing can be sold."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_LAPSED} SELECT count(*) {_OUT}")
        (count,) = cursor.fetchone()
        return int(count)


def lowest_levels(*, most: int) -> list[LowLevel]:
    """The ``most`` levels of which least can be sold, of those that ``low_levels`` counts."""
    with connection.cursor() as cursor:
        cursor.execute(_LOWEST, [most])
        return [LowLevel(*row) for row in cursor.fetchall()]


def low_level_ids() -> RawSQL:
    """The ids of those that ``low_levels`` counts, for ``id__in``."""
    return RawSQL(f"{_LAPSED} SELECT level.id {_LOW}", ())  # noqa: S611  no value is formatted in


def sold_out_level_ids() -> RawSQL:
    """The ids of levels of which nothing can be sold, for ``id__in``."""
    return RawSQL(f"{_LAPSED} SELECT level.id {_OUT}", ())  # noqa: S611  as above
