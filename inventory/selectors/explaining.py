"""Why a figure is what it was: the entries that make it up, and the holds that stood then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, Sum

from catalog.models import Variant
from inventory.models import ReservationLine, ReservationState, StockMovement
from inventory.selectors.history import balances_at


@dataclass(frozen=True, slots=True)
class PlaceThen:
    """One location at a moment: what was on hand, what of it was held, and the last entries up to then."""

    location_id: str
    on_hand: int
    held: int
    entries: int
    last: Sequence[StockMovement]


def find_variant(sku: str) -> Variant | None:
    """The variant with this sku, a live one before an archived one."""
    found = Variant.objects.filter(sku=sku).select_related("product")
    return (
        found.order_by("archived_at").filter(archived_at__isnull=True).first()
        or found.order_by("-archived_at").first()
    )


def explain(variant: Variant, moment: dt.datetime, *, last: int) -> list[PlaceThen]:
    """The variant's figures at ``moment``, location by location, with the ``last`` entries of each."""
    held = held_at(variant.id, moment)
    places = []
    for variant_id, location_id, on_hand in balances_at(moment, product_ids=[variant.product_id]):
        if variant_id != variant.id:
            continue
        entries = StockMovement.objects.filter(
            variant=variant, location_id=location_id, occurred_at__lte=moment
        )
        newest = list(entries.order_by("-occurred_at", "-id")[:last])
        places.append(
            PlaceThen(location_id, on_hand, held.get(location_id, 0), entries.count(), newest[::-1])
        )
    return places


def held_at(variant_id: str, moment: dt.datetime) -> dict[str, int]:
    """What was held at a moment, by location: made by then, and neither ended nor run out."""
    standing = (
        Q(reservation__ended_at__isnull=True)
        | Q(reservation__ended_at__gt=moment)
        | Q(reservation__state=ReservationState.EXPIRED)
    )
    rows = (
        ReservationLine.objects.filter(
            standing,
            variant_id=variant_id,
            reservation__created_at__lte=moment,
            reservation__expires_at__gt=moment,
        )
        .order_by()
        .values_list("location_id")
        .annotate(quantity=Sum("quantity"))
    )
    return {location_id: int(quantity) for location_id, quantity in rows}
