"""Products with their stock, as they are shown: one, or any number in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from catalog.models import Product
from catalog.records import ProductRecord
from catalog.selectors.records import live_records
from catalog.stamps import ProductStamp
from catalog.stock_port import VariantFigures, stock

#: Products that are read, and kept in memory, at once.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A product, the figures of (at least) its variants, and which version of it this is."""

    record: ProductRecord
    figures: Mapping[str, VariantFigures]
    stamp: ProductStamp

    @property
    def version(self) -> int:
        return self.stamp.stock.version


def product_stamp(product_id: str) -> ProductStamp | None:
    """Which version of the product there is, in two queries; ``None``: there is none."""
    updated_at = Product.objects.live().filter(id=product_id).values_list("updated_at", flat=True).first()
    if updated_at is None:
        return None
    return ProductStamp(updated_at, stock().stamps([product_id])[product_id])


def product_shown(product_id: str) -> Shown | None:
    """One product; ``None``: there is none."""
    return next(products_shown([product_id]), None)


def products_shown(product_ids: Iterable[str]) -> Iterator[Shown]:
    """These products in this order, read in chunks; what has been archived meanwhile is left out."""
    ids = iter(product_ids)
    while chunk := list(islice(ids, CHUNK)):
        # First of all: then a version is never newer than what it stands on.
        stamps = stock().stamps(chunk)
        records = {r.id: r for r in live_records(chunk)}
        figures = stock().figures([v.id for record in records.values() for v in record.variants])
        for product_id in chunk:
            if product_id in records:
                record = records[product_id]
                yield Shown(record, figures, ProductStamp(record.updated_at, stamps[product_id]))
