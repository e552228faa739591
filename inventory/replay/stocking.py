"""Before the first sale: every SKU of the file has a product, and what was never stocked is received.

Received is what the file takes out of the shop in all, whatever part of it is replayed: so nothing of
it is refused for want of a delivery that the file doesn't show, in whatever order invoices are done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from catalog.models import Variant
from catalog.services import PriceDraft, ProductDraft, create_products
from config.kernel.actors import Actor
from inventory.lines import StockLine
from inventory.models import StockLevel
from inventory.replay.parsing import Goods
from inventory.services import restock

_AT_ONCE = 500
CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Stocked:
    """Where each SKU's stock is (product and variant), and what had to be done for it."""

    places: Mapping[str, tuple[str, str]]
    created: int
    received: int
    refused: tuple[str, ...]


def stock_up(goods: Sequence[Goods], *, begins_at: dt.datetime, actor: Actor) -> Stocked:
    """Make products that are not there, receive what was never stocked; a second time it does nothing."""
    places = _places([one.sku for one in goods])
    missing = [one for one in goods if one.sku not in places]
    refused: list[str] = []
    for some in _in_parts(missing):
        outcomes = create_products(drafts=[_draft(one) for one in some], actor=actor)
        refused += [
            f"{one.sku}: {outcome.refusal}"
            for one, outcome in zip(some, outcomes, strict=True)
            if outcome.refusal
        ]
    places = {**places, **_places([one.sku for one in missing])}
    never_stocked = _never_stocked(places)
    received = 0
    for some in _in_parts([one for one in goods if one.sku in never_stocked and one.leaving]):
        lines = [
            StockLine(product_id=places[one.sku][0], variant_id=places[one.sku][1], quantity=one.leaving)
            for one in some
        ]
        restock(lines=lines, actor=actor, kind="import", reason="opening stock", occurred_at=begins_at)
        received += sum(one.leaving for one in some)
    if received:
        _tell_the_planner()
    return Stocked(places, len(missing) - len(refused), received, tuple(refused))


def _tell_the_planner() -> None:
    """Let PostgreSQL look at tables that were just filled.

    It plans the check of a foreign key once for a connection, by what it knew then: of an empty table.
    Each of the coming entries would read the whole table of levels for its check.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE catalog_product, catalog_variant, inventory_productstock, inventory_stocklevel, "
            "inventory_stockoperation, inventory_stockmovement"
        )


def _places(skus: Sequence[str]) -> dict[str, tuple[str, str]]:
    rows = Variant.objects.filter(sku__in=skus, archived_at__isnull=True, product__archived_at__isnull=True)
    return {sku: (product_id, id_) for sku, product_id, id_ in rows.values_list("sku", "product_id", "id")}


def _never_stocked(places: Mapping[str, tuple[str, str]]) -> set[str]:
    ids = [variant_id for _, variant_id in places.values()]
    stocked = set(StockLevel.objects.filter(variant_id__in=ids).values_list("variant_id", flat=True))
    return {sku for sku, (_, variant_id) in places.items() if variant_id not in stocked}


def _draft(goods: Goods) -> ProductDraft:
    return ProductDraft(
        sku=goods.sku,
        title=goods.title or goods.sku,
        category="Replayed sales",
        prices=(PriceDraft(CURRENCY, goods.price),),
    )


def _in_parts(goods: Sequence[Goods]) -> Iterator[Sequence[Goods]]:
    for at in range(0, len(goods), _AT_ONCE):
        yield goods[at : at + _AT_ONCE]
