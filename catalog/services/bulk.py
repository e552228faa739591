"""The same change to many products: to all of them a part, or their prices by so many percent.

Each batch is a transaction of its own, so that nobody who sells one of the first waits for the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from catalog.errors import invalid
from catalog.models import Product
from catalog.records import PriceRecord, ProductRecord, VariantRecord
from catalog.selectors import product_records
from catalog.services.changing import ProductChange, change_products
from catalog.services.drafts import UNSET, PriceDraft, ProductDraft, VariantDraft
from catalog.services.outcomes import Outcome
from catalog.stamps import ProductStamp
from config.kernel.actors import Actor
from config.kernel.errors import PreconditionFailed
from config.kernel.money import quantize

BATCH = 200
LEAST_PERCENT, MOST_PERCENT = Decimal(-100), Decimal(1000)
_HUNDRED = Decimal(100)


def change_all(*, product_ids: Sequence[str], draft: ProductDraft, actor: Actor) -> list[Outcome]:
    """Make the same change to all of these products; outcomes in their order.

    Locks, refuses, announces: as ``change_products``, batch by batch.
    """
    outcomes: list[Outcome] = []
    for batch in _batches(product_ids):
        changes = [ProductChange(product_id=product_id, draft=draft) for product_id in batch]
        outcomes += change_products(changes=changes, actor=actor)
    return outcomes


def reprice_all(*, product_ids: Sequence[str], percent: Decimal, actor: Actor) -> list[Outcome]:
    """Raise, or below zero lower, all prices of these products by ``percent``, their variants' own included;
    each is rounded half up to what its currency has.

    Locks, announces: as ``change_products``, batch by batch. Refuses: a percentage that leaves no price
    (``InvalidInput``); a product as ``change_products`` does, and one that somebody has changed since its
    prices were read, so that of two at once neither adds to the other unseen (``PreconditionFailed``).
    """
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise invalid("percent", f"must be from {LEAST_PERCENT} to {MOST_PERCENT}")
    factor = (_HUNDRED + percent) / _HUNDRED
    outcomes: list[Outcome] = []
    for batch in _batches(product_ids):
        found = product_records(Product.objects.live().filter(id__in=batch))
        records = {record.id: record for record in found}
        changes = [_repriced(records[product_id], factor) for product_id in batch if product_id in records]
        outcomes += change_products(changes=changes, actor=actor)
    return outcomes


def require_unchanged(known: str, stamp: ProductStamp) -> None:
    """That nobody but a sale has changed a product since ``known``, as ``isoformat`` writes it."""
    if stamp.updated_at.isoformat() != known:
        raise PreconditionFailed("Somebody has changed this product meanwhile: load the page again")


def _repriced(record: ProductRecord, factor: Decimal) -> ProductChange:
    explicit = [variant for variant in record.variants if not variant.implicit]
    draft = ProductDraft(
        prices=_times(record.prices, factor),
        variants=tuple(_variant(variant, factor) for variant in explicit) if explicit else UNSET,
    )
    expect = partial(require_unchanged, record.updated_at.isoformat())
    return ProductChange(product_id=record.id, draft=draft, expect=expect)


def _variant(variant: VariantRecord, factor: Decimal) -> VariantDraft:
    return VariantDraft(
        id=variant.id,
        sku=variant.sku,
        attributes=variant.attributes,
        prices=_times(variant.prices, factor),
    )


def _times(prices: Sequence[PriceRecord], factor: Decimal) -> tuple[PriceDraft, ...]:
    return tuple(
        PriceDraft(price.currency, quantize(price.amount * factor, price.currency)) for price in prices
    )


def _batches(product_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(product_ids), BATCH):
        yield product_ids[start : start + BATCH]
