"""The events of a write, and the counts that follow them. Only the services call this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.dialects import catalog_product, shop_product
from catalog.events import ProductCreated, ProductDeleted, ProductEvent, ProductUpdated
from catalog.records import ProductRecord
from catalog.services.storing import Stored
from catalog.stock_port import StockCount, VariantFigures, stock
from config.kernel.actors import Actor
from config.kernel.events import publish_all


def announce_written(
    changes: Sequence[Stored],
    counts: Sequence[StockCount],
    *,
    figures: Mapping[str, VariantFigures],
    actor: Actor,
) -> None:
    """Publish what was written, then have the counts recorded, which publishes in its turn.

    ``figures`` are those before the counts: the product's event shows the stock as it stood, and a
    ``stock.updated`` of its own, after it, brings what was counted.
    """
    publish_all([_written(change, figures) for change in changes])
    if counts:
        imported = actor.source == "import"
        stock().record_counts(
            counts,
            actor=actor,
            kind="import" if imported else "recount",
            reason="imported" if imported else "written with the product",
        )


def announce_archived(
    records: Sequence[ProductRecord], *, versions: Mapping[str, int], figures: Mapping[str, VariantFigures]
) -> None:
    """Publish what was archived, as it was before."""
    publish_all(
        [
            ProductDeleted(
                product_id=record.id,
                action="deleted",
                product=catalog_product(record, figures),
                shop_product=shop_product(record, figures),
                version=versions[record.id],
            )
            for record in records
        ]
    )


def _written(change: Stored, figures: Mapping[str, VariantFigures]) -> ProductEvent:
    record = change.new
    product, in_shop = catalog_product(record, figures), shop_product(record, figures)
    if change.old is None:
        return ProductCreated(
            product_id=record.id,
            action="created",
            product=product,
            shop_product=in_shop,
            version=record.version,
        )
    return ProductUpdated(
        product_id=record.id, action="updated", product=product, shop_product=in_shop, version=record.version
    )
