"""Present figures: what is on hand, and what of it can be sold, for many variants at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from catalog.stock_port import NO_FIGURES, LocationFigures, Standing, StockStamp, VariantFigures
from config.kernel.statements import Prepared, rows
from inventory.models import ReservationLine, ReservationState, StockLevel

# Levels and lapsed holds are asked for each by themselves, and meet in Python: of tables that were just
# filled the planner knows nothing, and may join them row by row.
_LEVELS_AND_HOLDS = """
    (SELECT json_agg(json_build_array(variant_id, location_id, on_hand, on_hand - reserved - safety)
                     ORDER BY priority, code)::text
     FROM inventory_stocklevel JOIN inventory_location ON code = location_id
     WHERE {levels}),
    (SELECT json_agg(json_build_array(line.variant_id, line.location_id, line.quantity))::text
     FROM inventory_reservationline AS line
     JOIN inventory_reservation AS hold ON hold.id = line.reservation_id
     WHERE {lines} AND line.ended_at IS NULL
       AND hold.state = 'active' AND hold.expires_at <= statement_timestamp())
"""
_FIGURES = Prepared(
    "SELECT "
    + _LEVELS_AND_HOLDS.format(
        levels="variant_id = ANY(%(variants)s)", lines="line.variant_id = ANY(%(variants)s)"
    )
)
_STAMPS = Prepared(
    "SELECT product_id, version, changed_at FROM inventory_productstock WHERE product_id = ANY(%s)"
)
# One snapshot for all of it, and the ids as one JSON text: every list of products asks this.
_OF_PRODUCTS = _LEVELS_AND_HOLDS.format(
    levels="product_id = ANY(asked.ids)", lines="line.product_id = ANY(asked.ids)"
)
_STANDING = Prepared(
    f"""
SELECT
    (SELECT json_agg(json_build_array(product_id, version, changed_at))::text
     FROM inventory_productstock WHERE product_id = ANY(asked.ids)),
    {_OF_PRODUCTS}
FROM (SELECT ARRAY(SELECT json_array_elements_text(%(asked)s::json)) AS ids) AS asked
"""  # noqa: S608  text of our own
)


def variant_figures(variant_ids: Sequence[str]) -> dict[str, VariantFigures]:
    """The figures of these variants, in one query; every id asked for is a key."""
    found = dict.fromkeys(variant_ids, NO_FIGURES)
    if found:
        ((levels, holds),) = rows(_FIGURES, {"variants": list(found)})
        found.update(_figures(levels, holds))
    return found


def product_stamps(product_ids: Sequence[str]) -> Mapping[str, StockStamp]:
    """Version and time of these products' last change of stock, in one query; every id asked for is a key."""
    read = rows(_STAMPS, [list(product_ids)]) if product_ids else []
    found = {product_id: StockStamp(version, changed_at) for product_id, version, changed_at in read}
    return {product_id: found.get(product_id, StockStamp()) for product_id in product_ids}


def product_standing(product_ids: Sequence[str]) -> Standing:
    """Stamps, and figures of all variants that were ever stocked, as of one moment: one query."""
    stamps = dict.fromkeys(product_ids, StockStamp())
    if not stamps:
        return Standing({}, {})
    ((heads, levels, holds),) = rows(_STANDING, {"asked": orjson.dumps(list(stamps)).decode()})
    for product_id, version, changed_at in orjson.loads(heads) if heads else ():
        stamps[product_id] = StockStamp(version, dt.datetime.fromisoformat(changed_at))
    return Standing(stamps, _figures(levels, holds))


def _figures(levels: str | None, holds: str | None) -> dict[str, VariantFigures]:
    """What ``_LEVELS_AND_HOLDS`` has found, by variant."""
    lapsed: Counter[tuple[str, str]] = Counter()
    for variant_id, location_id, quantity in orjson.loads(holds) if holds else ():
        lapsed[variant_id, location_id] += quantity
    places: defaultdict[str, list[LocationFigures]] = defaultdict(list)
    for variant_id, location_id, on_hand, free in orjson.loads(levels) if levels else ():
        available = free + lapsed[variant_id, location_id] if lapsed else free
        places[variant_id].append(LocationFigures(location_id, on_hand, max(0, available)))
    return {
        variant_id: VariantFigures(sum([place.available for place in found]), tuple(found))
        for variant_id, found in places.items()
    }


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


def last_change(product_ids: Sequence[str]) -> dt.datetime | None:
    """When the newest of these products' figures changed, a hold that ran out included; two queries."""
    moments = [stamp.changed_at for stamp in product_stamps(product_ids).values()]
    moments += lapsed_since(product_ids).values()
    return max((moment for moment in moments if moment is not None), default=None)


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
