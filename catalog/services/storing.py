"""Records into rows: all products of a write at once, in a number of statements that doesn't grow with them.

Rows are written whole (``INSERT … ON CONFLICT (id) DO UPDATE``), since one such statement for a thousand
rows takes a fraction of a thousand UPDATEs or of one with a thousand CASEs. What is right was judged before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db import IntegrityError
from django.db.models import Q

from catalog.models import MarketText, Price, Product, TakenSku, Variant
from catalog.records import ProductRecord, VariantRecord
from catalog.search import fold, terms
from config.kernel.errors import Unavailable
from config.kernel.transactions import ATTEMPTS, in_transaction

T = TypeVar("T")

_UNIQUE_VIOLATION = "23505"
_PRODUCT_FIELDS = (
    "sku",
    "title",
    "description",
    "category",
    "subcategory",
    "image",
    "options",
    "available",
    "featured",
    "updated_at",
    "archived_at",
    "search_name",
    "search_terms",
)
_VARIANT_FIELDS = ("sku", "attributes", "implicit", "position", "archived_at")


@dataclass(frozen=True, slots=True)
class Stored:
    """A product before (None: it is new) and after. ``known`` are the variant ids that have rows already."""

    old: ProductRecord | None
    new: ProductRecord
    known: Collection[str] = ()


def decided_by_indexes(work: Callable[[], T]) -> T:
    """``work()`` in a transaction; judged again from the start when a unique index refuses a row.

    Two writers may both find a sku free. The second meets the first one's row in the index; then the
    whole work is undone and run again, and this time it sees that row and can say what is wrong.
    """
    for _ in range(ATTEMPTS):
        try:
            return in_transaction(work)
        except IntegrityError as error:
            if getattr(error.__cause__, "sqlstate", None) != _UNIQUE_VIOLATION:
                raise
    raise Unavailable("Too many are changing this at once; try again", code="busy")


def store(changes: Sequence[Stored], *, moment: dt.datetime) -> None:
    """Write the products. Locks: nothing more; the caller holds the rows of those that exist."""
    _step_aside(changes, moment)
    _store_products(changes)
    _store_skus(changes)
    _store_variants(changes)
    _store_prices(changes)
    _store_markets(changes)


def _step_aside(changes: Sequence[Stored], moment: dt.datetime) -> None:
    """Archive what is dropped, and for a moment what gives up a sku or attributes: the unique indexes
    look at live rows only, so two rows can change places."""
    products = [change.new.id for change in changes if change.old and change.old.sku != change.new.sku]
    variants = []
    for change in changes:
        kept = {variant.id: variant for variant in change.new.variants}
        for variant in change.old.variants if change.old else ():
            after = kept.get(variant.id)
            if after is None or _identity(after) != _identity(variant):
                variants.append(variant.id)
    if products:
        Product.objects.filter(id__in=products).update(archived_at=moment)
    if variants:
        Variant.objects.filter(id__in=variants).update(archived_at=moment)


def _identity(variant: VariantRecord) -> tuple[str, dict[str, str]]:
    return variant.sku, dict(variant.attributes)


def _store_products(changes: Sequence[Stored]) -> None:
    new = [_product_row(change.new) for change in changes if change.old is None]
    changed = [_product_row(change.new) for change in changes if change.old is not None]
    if new:
        Product.objects.bulk_create(new)
    if changed:
        Product.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=_PRODUCT_FIELDS
        )


def _store_skus(changes: Sequence[Stored]) -> None:
    given_up: list[str] = []
    taken: list[TakenSku] = []
    for change in changes:
        before = change.old.skus if change.old else frozenset()
        given_up += before - change.new.skus
        taken += [TakenSku(sku=sku, product_id=change.new.id) for sku in change.new.skus - before]
    if given_up:
        TakenSku.objects.filter(sku__in=given_up).delete()
    if taken:
        # In one order, so that two writers who want the same skus wait for each other one way only.
        TakenSku.objects.bulk_create(sorted(taken, key=lambda row: row.sku))


def _product_row(record: ProductRecord) -> Product:
    return Product(
        id=record.id,
        sku=record.sku,
        title=record.title,
        description=record.description,
        category=record.category,
        subcategory=record.subcategory,
        image=record.image,
        options=record.options,
        available=record.available,
        featured=record.featured,
        created_at=record.created_at,
        updated_at=record.updated_at,
        search_name=fold(record.title),
        search_terms=terms(record.title),
    )


def _store_variants(changes: Sequence[Stored]) -> None:
    new, changed = [], []
    for change in changes:
        before = {v.id: (at, v) for at, v in enumerate(change.old.variants)} if change.old else {}
        for at, variant in enumerate(change.new.variants):
            if variant.id not in before and variant.id not in change.known:
                new.append(_variant_row(change.new.id, at, variant))
            elif variant.id not in before or _row_differs(before[variant.id], (at, variant)):
                changed.append(_variant_row(change.new.id, at, variant))
    if changed:
        Variant.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=_VARIANT_FIELDS
        )
    if new:
        Variant.objects.bulk_create(new)


def _row_differs(before: tuple[int, VariantRecord], after: tuple[int, VariantRecord]) -> bool:
    return before[0] != after[0] or replace(before[1], prices=()) != replace(after[1], prices=())


def _variant_row(product_id: str, position: int, variant: VariantRecord) -> Variant:
    return Variant(
        id=variant.id,
        product_id=product_id,
        sku=variant.sku,
        attributes=dict(variant.attributes),
        implicit=variant.implicit,
        position=position,
    )


def _store_prices(changes: Sequence[Stored]) -> None:
    changed = [
        change
        for change in changes
        if change.old is None or _all_prices(change.old) != _all_prices(change.new)
    ]
    gone = [change.new.id for change in changed if change.old is not None]
    if gone:
        # What a dropped variant cost stays with it, for the day on which it comes back. Those that live
        # are named, not joined: the planner may know nothing yet of rows that were just written.
        living = [variant.id for change in changed for variant in change.new.variants]
        of_these = Q(variant_id__isnull=True) | Q(variant_id__in=living)
        Price.objects.filter(of_these, product_id__in=gone).delete()
    rows = [row for change in changed for row in _price_rows(change.new)]
    if rows:
        Price.objects.bulk_create(rows)


def _all_prices(record: ProductRecord) -> object:
    return record.prices, {variant.id: variant.prices for variant in record.variants if variant.prices}


def _price_rows(record: ProductRecord) -> Iterator[Price]:
    owners = [(None, record.prices), *((variant.id, variant.prices) for variant in record.variants)]
    for variant_id, prices in owners:
        for at, price in enumerate(prices):
            yield Price(
                product_id=record.id,
                variant_id=variant_id,
                currency=price.currency,
                amount=price.amount,
                position=at,
            )


def _store_markets(changes: Sequence[Stored]) -> None:
    changed = [change for change in changes if change.old is None or change.old.markets != change.new.markets]
    gone = [change.new.id for change in changed if change.old is not None]
    if gone:
        MarketText.objects.filter(product_id__in=gone).delete()
    rows = [
        MarketText(
            product_id=change.new.id,
            market=market.market,
            title=market.title,
            description=market.description,
            keywords=market.keywords,
            position=at,
        )
        for change in changed
        for at, market in enumerate(change.new.markets)
    ]
    if rows:
        MarketText.objects.bulk_create(rows)
