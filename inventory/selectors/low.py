"""How much of the stock is low."""

from __future__ import annotations

from django.db import connection

# No index: one over these columns would be written with every sale, and a sale of the same few rows would
# fill it. Each level is looked at once instead.
_LOW = """
WITH lapsed AS MATERIALIZED (
    SELECT line.variant_id, line.location_id, sum(line.quantity) AS quantity
    FROM inventory_reservation AS hold
    JOIN inventory_reservationline AS line ON line.reservation_id = hold.id
    WHERE hold.state = 'active' AND hold.expires_at <= statement_timestamp() AND line.ended_at IS NULL
    GROUP BY line.variant_id, line.location_id
)
SELECT count(*)
FROM inventory_stocklevel AS level
JOIN catalog_variant AS variant ON variant.id = level.variant_id AND variant.archived_at IS NULL
LEFT JOIN lapsed ON lapsed.variant_id = level.variant_id AND lapsed.location_id = level.location_id
WHERE level.on_hand - level.reserved - level.safety + coalesce(lapsed.quantity, 0)
    <= level.low_stock_threshold
"""


def low_levels() -> int:
    """How many levels are at their low-stock threshold or below it.

    Each that comes down to it announces ``stock.low``, and is one more here; a variant that is low at two
    places is low twice. Nothing of what was archived is counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOW)
        (count,) = cursor.fetchone()
        return int(count)
