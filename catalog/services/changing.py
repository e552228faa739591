"""Changing products that are there, one or a thousand, whole or in part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from catalog.errors import ProductNotFound
from catalog.models import Product
from catalog.records import ProductRecord, VariantRecord
from catalog.selectors import product_records, revivable_variants
from catalog.services.announcing import announce_written
from catalog.services.applying import Applied, apply
from catalog.services.drafts import UNSET, ProductDraft, VariantDraft
from catalog.services.judging import Owners
from catalog.services.outcomes import Outcome, refused, require_done
from catalog.services.rules import require_valid
from catalog.services.storing import Stored, decided_by_indexes, store
from catalog.stamps import ProductStamp
from catalog.stock_port import LocationFigures, StockCount, StockStamp, VariantFigures, stock
from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError

#: Raises ``PreconditionFailed`` where the stamp isn't the one that the caller has read.
Expectation = Callable[[ProductStamp], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChange:
    """What is to become of one product, and, with ``expect``, only if it is still what the caller knows."""

    product_id: str
    draft: ProductDraft
    expect: Expectation | None = None


@dataclass(slots=True)
class _Present:
    """A locked product as the items of this write find it, one after the other."""

    before: ProductRecord
    record: ProductRecord
    archived: dict[str, VariantRecord]
    stamp: ProductStamp
    known: frozenset[str]


def change_product(
    *, product_id: str, draft: ProductDraft, actor: Actor, expect: Expectation | None = None
) -> bool:
    """Change one product; answers whether that changed anything.

    Locks, announces: as ``change_products``. Refuses: ``ProductNotFound``, what breaks a rule
    (``InvalidInput``), what is taken (``SkuTaken``, ``IdTaken``), a count below what is held
    (``StockHeld``), whatever ``expect`` raises.
    """
    change = ProductChange(product_id=product_id, draft=draft, expect=expect)
    return require_done(change_products(changes=[change], actor=actor)[0]).changed


def change_products(*, changes: Sequence[ProductChange], actor: Actor) -> list[Outcome]:
    """Change products in a fixed number of queries, each item standing alone; outcomes in their order.

    A product that is named twice meets at the second item what the first made of it, and is announced once.
    Locks: the products in id order, then their stock heads. Refuses: nothing as a whole; items as
    ``change_product``. Announces: ``product.updated`` for each product of which something but its stock
    changed, ``price.dropped`` where the shop's price fell, then ``stock.updated`` for each figure that
    changed; nothing for what was so already.
    """
    refusals = [_refusal(change) for change in changes]
    return decided_by_indexes(partial(_change, changes, refusals, actor))


def _refusal(change: ProductChange) -> StockwireError | None:
    try:
        require_valid(change.draft, creating=False)
    except StockwireError as error:
        return error
    return None


def _change(
    changes: Sequence[ProductChange], refusals: Sequence[StockwireError | None], actor: Actor
) -> list[Outcome]:
    present, figures = _lock(changes)
    owners = _owners(changes, present)
    outcomes: list[Outcome] = []
    counts: dict[tuple[str, str | None], StockCount] = {}
    for change, refusal in zip(changes, refusals, strict=True):
        try:
            product = present.get(change.product_id)
            if product is None:
                raise ProductNotFound
            if change.expect is not None:
                change.expect(product.stamp)
            if refusal is not None:
                raise refusal
            applied = _applied(change.draft, product, owners, figures)
        except StockwireError as error:
            outcomes.append(refused(error, product_id=change.product_id))
            continue
        changed = applied.record != product.record or bool(applied.counts)
        owners.move(old=product.record, new=applied.record)
        _advance(product, applied)
        counts.update({(count.variant_id, count.location_id): count for count in applied.counts})
        figures.update(_counted(figures, applied.counts))  # one after the other: each builds on the last
        outcomes.append(Outcome(change.product_id, changed=changed))
    _write(list(present.values()), list(counts.values()), actor)
    return outcomes


def _owners(changes: Sequence[ProductChange], present: Mapping[str, _Present]) -> Owners:
    found = [change for change in changes if change.product_id in present]
    # A product that is named twice has at its second item perhaps the sku that the first gave it.
    skus = {product_id: {product.record.sku} for product_id, product in present.items()}
    for change in found:
        if change.draft.sku is not UNSET:
            skus[change.product_id].add(change.draft.sku)
    revivable = {variant.sku for product in present.values() for variant in product.archived.values()}
    return Owners.load([(c.draft, skus[c.product_id]) for c in found], kept=revivable)


def _lock(changes: Sequence[ProductChange]) -> tuple[dict[str, _Present], dict[str, VariantFigures]]:
    ids = sorted({change.product_id for change in changes})
    # Without the key: a sale's new ledger entry refers to the product, and must not wait for us while we
    # wait for the stock that it holds.
    rows = Product.objects.live().filter(id__in=ids).order_by("id").select_for_update(no_key=True)
    records = product_records(rows)
    found = [record.id for record in records]
    if not found:
        return {}, {}
    stock().lock(found)
    named = {variant.id for change in changes for variant in _drafted_variants(change.draft) if variant.id}
    archived = revivable_variants(found, named)
    variant_ids = [variant.id for record in records for variant in record.variants]
    variant_ids += [variant_id for some in archived.values() for variant_id in some]
    stamps = stock().stamps(found) if any(change.expect for change in changes) else {}
    present = {}
    for record in records:
        own = archived.get(record.id, {})
        present[record.id] = _Present(
            before=record,
            record=record,
            archived=own,
            stamp=ProductStamp(record.updated_at, stamps.get(record.id, StockStamp())),
            known=frozenset(own),
        )
    return present, dict(stock().figures(variant_ids))


def _drafted_variants(draft: ProductDraft) -> Sequence[VariantDraft]:
    return () if draft.variants is UNSET else draft.variants


def _applied(
    draft: ProductDraft, product: _Present, owners: Owners, figures: Mapping[str, VariantFigures]
) -> Applied:
    taken = partial(owners.sku_taken, product_id=product.record.id)
    applied = apply(draft, record=product.record, archived=product.archived, figures=figures, sku_taken=taken)
    owners.require_free(applied.record)
    return applied


def _counted(
    figures: Mapping[str, VariantFigures], counts: Sequence[StockCount]
) -> Iterator[tuple[str, VariantFigures]]:
    """The figures after these counts, for a further item about the same product. Batches name each place."""
    for count in counts:
        if count.location_id is None:
            continue
        places = {
            place.location_id: place for place in figures.get(count.variant_id, VariantFigures()).locations
        }
        before = places.get(count.location_id, LocationFigures(count.location_id, 0, 0))
        available = count.quantity - (before.on_hand - before.available)
        places[count.location_id] = LocationFigures(count.location_id, count.quantity, available)
        total = sum(place.available for place in places.values())
        yield count.variant_id, VariantFigures(total, tuple(places.values()))


def _advance(product: _Present, applied: Applied) -> None:
    kept = {variant.id for variant in applied.record.variants}
    for variant in product.record.variants:
        if variant.id not in kept:
            product.archived[variant.id] = variant
    for variant_id in kept:
        product.archived.pop(variant_id, None)
    product.record = applied.record


def _write(products: Sequence[_Present], counts: Sequence[StockCount], actor: Actor) -> None:
    moment = clock.now()
    changes = [
        Stored(product.before, _next(product.record, moment), product.known)
        for product in products
        if product.record != product.before
    ]
    if changes:
        store(changes, moment=moment)
    if changes or counts:
        announce_written(changes, counts, actor=actor)


def _next(record: ProductRecord, moment: dt.datetime) -> ProductRecord:
    # Later than before whatever the clock says: who edits a product knows it by this moment.
    return replace(record, updated_at=max(moment, record.updated_at + dt.timedelta(microseconds=1)))
