"""The events of a write, and the counts that follow them. Only the services call this."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from catalog.dialects import catalog_product, shop_product
from catalog.events import PriceDropped, ProductCreated, ProductDeleted, ProductEvent, ProductUpdated
from catalog.price_drops import PriceDrop, price_drop
from catalog.records import ProductRecord
from catalog.sale_records import ProductSale
from catalog.selectors import sale_views
from catalog.services.outcomes import Archived
from catalog.services.storing import Stored
from catalog.stock_port import StockCount, VariantFigures, stock
from config.kernel.actors import Actor
from config.kernel.events import DomainEvent, publish_all
from config.kernel.money import to_number


def announce_written(changes: Sequence[Stored], counts: Sequence[StockCount], *, actor: Actor) -> None:
    """Have the counts recorded, and publish what was written, then which prices fell by it, then what was
    counted.

    A product's event shows its stock as it is after the counts, since some listeners learn of stock from
    nothing else; the ``stock.updated`` of a count bears a later version and follows it.
    """
    versions = stock().advance([change.new.id for change in changes]) if changes else {}
    dropped = _price_drops(changes)
    counted = _record(counts, actor, new={change.new.id for change in changes if change.old is None})
    variants = chain.from_iterable(change.new.variants for change in changes)
    figures = stock().figures([variant.id for variant in variants]) if changes else {}
    views = sale_views([change.new.id for change in changes])
    written = [
        _written(change, figures, versions[change.new.id], views[change.new.id].sale) for change in changes
    ]
    publish_all([*written, *dropped, *counted])


def _price_drops(changes: Sequence[Stored]) -> list[PriceDropped]:
    """Who wished for these products is found when the drops are told, not while a write waits."""
    drops = [
        (change.new, drop)
        for change in changes
        if change.old is not None and (drop := price_drop(change.old, change.new)) is not None
    ]
    versions = stock().advance([record.id for record, _ in drops]) if drops else {}
    return [price_dropped_event(record, drop, version=versions[record.id]) for record, drop in drops]


def price_dropped_event(
    record: ProductRecord, drop: PriceDrop, *, version: int, sale_id: str | None = None
) -> PriceDropped:
    """What is announced of a product that costs less than before."""
    return PriceDropped(
        product_id=record.id,
        product_name=record.title,
        old_price=to_number(drop.old, drop.currency),
        new_price=to_number(drop.new, drop.currency),
        currency=drop.currency,
        discount_percentage=drop.discount_percentage,
        version=version,
        sale_id=sale_id,
    )


def _record(counts: Sequence[StockCount], actor: Actor, *, new: Collection[str]) -> Sequence[DomainEvent]:
    if not counts:
        return ()
    imported = actor.source == "import"
    counted = stock().record_counts(
        counts,
        actor=actor,
        kind="import" if imported else "recount",
        reason="imported" if imported else "written with the product",
        new_products=new,
    )
    return counted.events


def announce_archived(archived: Sequence[Archived]) -> None:
    """Publish what was archived, as it was before."""
    versions = stock().advance([one.record.id for one in archived])
    publish_all(
        [
            ProductDeleted(
                product_id=one.record.id,
                action="deleted",
                product=catalog_product(one.record, one.figures, version=versions[one.record.id]),
                shop_product=shop_product(one.record, one.figures, sale=one.sale),
                version=versions[one.record.id],
            )
            for one in archived
        ]
    )


def _written(
    change: Stored, figures: Mapping[str, VariantFigures], version: int, sale: ProductSale | None
) -> ProductEvent:
    record = change.new
    product = catalog_product(record, figures, version=version)
    in_shop = shop_product(record, figures, sale=sale)
    if change.old is None:
        return ProductCreated(
            product_id=record.id,
            action="created",
            product=product,
            shop_product=in_shop,
            version=version,
        )
    return ProductUpdated(
        product_id=record.id, action="updated", product=product, shop_product=in_shop, version=version
    )
