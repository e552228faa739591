"""The stock of whole products as readers see it: title, variants, what can be sold of each and where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.models import Product, Variant
from catalog.stock_port import VariantFigures
from inventory.selectors.figures import lapsed_since, product_stamps, variant_figures


@dataclass(frozen=True, slots=True)
class VariantStock:
    id: str
    sku: str
    attributes: Mapping[str, str]
    implicit: bool
    figures: VariantFigures


@dataclass(frozen=True, slots=True)
class ProductStockRecord:
    """One product's stock. It last changed at ``changed_at``, what describes it at ``described_at``."""

    id: str
    title: str
    described_at: dt.datetime
    changed_at: dt.datetime
    variants: tuple[VariantStock, ...]

    @property
    def available(self) -> int:
        return sum(variant.figures.available for variant in self.variants)

    @property
    def modified_at(self) -> dt.datetime:
        """When anything of this record last changed."""
        return max(self.described_at, self.changed_at)


def product_stock(product_ids: Sequence[str]) -> dict[str, ProductStockRecord]:
    """The records of those of these products that can be seen, by id; five queries for any number."""
    products = {
        row[0]: row
        for row in Product.objects.live()
        .filter(id__in=list(product_ids))
        .values_list("id", "title", "created_at", "updated_at")
    }
    variants: dict[str, list[tuple[str, str, Mapping[str, str], bool]]] = {id_: [] for id_ in products}
    rows = Variant.objects.filter(product_id__in=list(products), archived_at__isnull=True)
    for product_id, *rest in rows.order_by("position", "id").values_list(
        "product_id", "id", "sku", "attributes", "implicit"
    ):
        variants[product_id].append((rest[0], rest[1], rest[2], rest[3]))
    figures = variant_figures([variant[0] for some in variants.values() for variant in some])
    stamps = product_stamps(list(products))
    lapsed = lapsed_since(list(products))
    return {
        product_id: ProductStockRecord(
            id=product_id,
            title=title,
            described_at=updated_at,
            changed_at=max(
                moment
                for moment in (created_at, stamps[product_id].changed_at, lapsed.get(product_id))
                if moment is not None
            ),
            variants=tuple(VariantStock(*one, figures=figures[one[0]]) for one in variants[product_id]),
        )
        for product_id, title, created_at, updated_at in products.values()
    }
