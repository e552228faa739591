"""The ledger, read: entries, and what stock was at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, QuerySet, Sum

from catalog.models import Variant
from inventory.models import StockMovement


def through(moment: dt.datetime) -> dt.datetime:
    """The last instant of the millisecond that ``moment`` names: no more of a moment is ever shown."""
    whole = moment.microsecond % 1000 == 0
    return moment + dt.timedelta(microseconds=999) if whole else moment


def movements() -> QuerySet[StockMovement]:
    """Every entry of the ledger, with what its reader needs of the variant."""
    return StockMovement.objects.select_related("variant")


@dataclass(frozen=True, slots=True)
class VariantThen:
    """A variant at a moment: what was on hand, location by location, by the ledger."""

    id: str
    sku: str
    attributes: dict[str, str]
    locations: tuple[tuple[str, int], ...]

    @property
    def on_hand(self) -> int:
        return sum(quantity for _, quantity in self.locations)


def stock_at(product_id: str, moment: dt.datetime) -> list[VariantThen]:
    """What was on hand of each of a product's variants at ``moment``, from the ledger; two queries.

    An archived variant is there as long as something of it was.
    """
    sums: dict[str, list[tuple[str, int]]] = {}
    for variant_id, location_id, quantity in balances_at(moment, product_ids=[product_id]):
        sums.setdefault(variant_id, []).append((location_id, quantity))
    variants = Variant.objects.filter(product_id=product_id).order_by("position", "id")
    return [
        VariantThen(variant.id, variant.sku, variant.attributes, tuple(sums.get(variant.id, ())))
        for variant in variants
        if variant.archived_at is None or any(quantity for _, quantity in sums.get(variant.id, ()))
    ]


def last_entry_by(product_id: str, moment: dt.datetime) -> dt.datetime | None:
    """When the newest entry of what ``stock_at`` adds up happened; ``None`` where there is none."""
    entries = StockMovement.objects.filter(product_id=product_id, occurred_at__lte=moment)
    newest: dt.datetime | None = entries.aggregate(newest=Max("occurred_at"))["newest"]
    return newest


def balances_at(moment: dt.datetime, *, product_ids: Sequence[str]) -> list[tuple[str, str, int]]:
    """Variant, location and what the ledger adds up to there, of all that had happened by ``moment``."""
    rows = (
        StockMovement.objects.filter(product_id__in=list(product_ids), occurred_at__lte=moment)
        .order_by()
        .values_list("variant_id", "location_id")
        .annotate(quantity=Sum("delta"))
        .order_by("variant_id", "location__priority", "location_id")
    )
    return [(variant_id, location_id, int(quantity)) for variant_id, location_id, quantity in rows]
