"""Present figures: what is on hand, and what of it can be sold, for many variants at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from catalog.stock_port import LocationFigures, StockStamp, VariantFigures
from inventory.models import ProductStock, ReservationLine, ReservationState, StockLevel

# Few holds are open and expired at any time, and ``reservation_expiry`` finds them: the sum is taken
# first, then joined.
_FIGURES = """
WITH lapsed AS (
    SELECT line.variant_id, line.location_id, sum(line.quantity) AS quantity
    FROM inventory_reservation AS hold
    JOIN inventory_reservationline AS line ON line.reservation_id = hold.id
    WHERE hold.state = 'active' AND hold.expires_at <= statement_timestamp() AND line.ended_at IS NULL
    GROUP BY line.variant_id, line.location_id
)
SELECT level.variant_id, level.location_id, level.on_hand,
       greatest(0, level.on_hand - level.reserved - level.safety + coalesce(lapsed.quantity, 0))
FROM inventory_stocklevel AS level
JOIN inventory_location AS location ON location.code = level.location_id
LEFT JOIN lapsed ON lapsed.variant_id = level.variant_id AND lapsed.location_id = level.location_id
WHERE level.variant_id = ANY(%s)
ORDER BY level.variant_id, location.priority, location.code
"""


def variant_figures(variant_ids: Sequence[str]) -> dict[str, VariantFigures]:
    """The figures of these variants, in one query; every id asked for is a key."""
    wanted = list(dict.fromkeys(variant_ids))
    places: dict[str, list[LocationFigures]] = {variant_id: [] for variant_id in wanted}
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(_FIGURES, [wanted])
            for variant_id, location_id, on_hand, available in cursor.fetchall():
                places[variant_id].append(LocationFigures(location_id, on_hand, int(available)))
    return {
        variant_id: VariantFigures(available=sum(place.available for place in found), locations=tuple(found))
        for variant_id, found in places.items()
    }


def product_stamps(product_ids: Sequence[str]) -> Mapping[str, StockStamp]:
    """Version and time of these products' last change of stock, in one query; every id asked for is a key."""
    rows = ProductStock.objects.filter(product_id__in=list(product_ids)).values_list(
        "product_id", "version", "changed_at"
    )
    found = {product_id: StockStamp(version, changed_at) for product_id, version, changed_at in rows}
    return {product_id: found.get(product_id, StockStamp()) for product_id in product_ids}


def lapsed_since(product_ids: Sequence[str]) -> dict[str, dt.datetime]:
    """When the newest hold of a product ran out that nobody has tidied up yet: its figures changed then."""
    rows = (
        _lapsed_lines()
        .filter(product_id__in=list(product_ids))
        .order_by("product_id", "-reservation__expires_at")
        .distinct("product_id")
        .values_list("product_id", "reservation__expires_at")
    )
    return dict(rows)


def levels_with_available() -> QuerySet[Any, Any]:
    """Levels with what can be sold as ``sellable`` (below zero where more is held than is there)."""
    lapsed = (
        _lapsed_lines()
        .filter(variant_id=OuterRef("variant_id"), location_id=OuterRef("location_id"))
        .order_by()
        .values("variant_id")
        .annotate(quantity=Sum("quantity"))
        .values("quantity")
    )
    none = Value(0, output_field=BigIntegerField())
    return StockLevel.objects.annotate(
        sellable=F("on_hand")
        - F("reserved")
        - F("safety")
        + Coalesce(Subquery(lapsed, output_field=BigIntegerField()), none)
    )


def products_in_stock() -> QuerySet[Any, Any]:
    """The ids of products of which something can be sold, for ``id__in``."""
    return (
        levels_with_available()
        .filter(sellable__gt=0, variant__archived_at__isnull=True)
        .order_by()
        .values("product_id")
    )


def _lapsed_lines() -> QuerySet[ReservationLine]:
    return ReservationLine.objects.filter(
        ended_at__isnull=True,
        reservation__state=ReservationState.ACTIVE,
        # The statement's own time, as everywhere: now() would be the transaction's.
        reservation__expires_at__lte=RawSQL("statement_timestamp()", ()),
    )
