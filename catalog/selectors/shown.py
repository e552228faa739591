"""Products with their stock, as they are shown: one, or any number in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from catalog.models import Product
from catalog.records import ProductRecord
from catalog.sale_records import NO_SALE, ProductSale
from catalog.selectors.records import live_records
from catalog.selectors.sales import sale_views
from catalog.stamps import ProductStamp
from catalog.stock_port import NO_FIGURES, VariantFigures, stock

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

    @property
    def sale(self) -> ProductSale | None:
        """The flash sale that counts for it, where those were asked for."""
        return self.stamp.sale.sale


def product_stamp(product_id: str, *, on_sale: bool = False) -> ProductStamp | None:
    """Which version of the product there is, in two queries; ``None``: there is none. ``on_sale``: as those
    see it to whom flash sales are shown, in one query more.
    """
    updated_at = Product.objects.live().filter(id=product_id).values_list("updated_at", flat=True).first()
    if updated_at is None:
        return None
    stamp = ProductStamp(updated_at, stock().stamps([product_id])[product_id])
    return stamp_on_sale(product_id, stamp) if on_sale else stamp


def stamp_on_sale(product_id: str, stamp: ProductStamp) -> ProductStamp:
    """The stamp for those to whom flash sales are shown."""
    return replace(stamp, sale=sale_views([product_id])[product_id])


def product_shown(product_id: str, *, on_sale: bool = False) -> Shown | None:
    """One product; ``None``: there is none."""
    return next(products_shown([product_id], on_sale=on_sale), None)


def products_shown(product_ids: Iterable[str], *, on_sale: bool = False) -> Iterator[Shown]:
    """These products in this order, read in chunks; what has been archived meanwhile is left out. With what
    flash sales do to them where they are shown ``on_sale``, in one query more for each chunk.
    """
    ids = iter(product_ids)
    while chunk := list(islice(ids, CHUNK)):
        # First of all: then a version is never newer than what it stands on.
        standing = stock().standing(chunk)
        records = {r.id: r for r in live_records(chunk)}
        # Of what was never stocked there are none.
        none = dict.fromkeys((v.id for record in records.values() for v in record.variants), NO_FIGURES)
        figures = {**none, **standing.figures}
        views = sale_views(chunk) if on_sale else {}
        for product_id in chunk:
            if product_id in records:
                record = records[product_id]
                view, stamp = views.get(product_id, NO_SALE), standing.stamps[product_id]
                yield Shown(record, figures, ProductStamp(record.updated_at, stamp, view))
