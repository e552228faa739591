"""Rows into records: a fixed number of queries for any number of products, and no model instance made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import MarketText, Price, Product, ProductQuerySet, Variant
from catalog.records import MarketRecord, PriceRecord, ProductRecord, VariantRecord

_PRODUCT: tuple[str, ...] = (
    "id",
    "sku",
    "title",
    "description",
    "category",
    "subcategory",
    "image",
    "options",
    "available",
    "featured",
    "created_at",
    "updated_at",
)
_RATING: tuple[str, ...] = ("rating_sum", "review_count")
_VARIANT: tuple[str, ...] = ("product_id", "id", "sku", "attributes", "implicit")

_PricesOf = Mapping[tuple[str, str | None], tuple[PriceRecord, ...]]


def live_products() -> ProductQuerySet:
    """What any reader may see."""
    return Product.objects.live()


def product_records(products: QuerySet[Product, Any]) -> list[ProductRecord]:
    """The products of a query, whole, in its order: four queries (a queryset that locks, locks)."""
    rows: list[tuple[Any, ...]] = list(products.values_list(*_PRODUCT, *_RATING))
    if not rows:
        return []
    ids = [row[0] for row in rows]
    prices = _prices(ids)
    variants = _variants(Variant.objects.filter(product_id__in=ids, archived_at__isnull=True), prices)
    markets = _markets(ids)
    records = []
    for row in rows:
        related = (prices.get((row[0], None), ()), variants.get(row[0], ()), markets.get(row[0], ()))
        described, rating = row[: len(_PRODUCT)], row[len(_PRODUCT) :]
        fields = [*described, *map(tuple, related), *rating]
        records.append(ProductRecord(*fields))
    return records


def revivable_variants(
    product_ids: Sequence[str], variant_ids: Iterable[str]
) -> dict[str, dict[str, VariantRecord]]:
    """Archived variants that a write may bring back, by product: those that it names, and implicit ones."""
    archived = Variant.objects.filter(product_id__in=product_ids, archived_at__isnull=False)
    rows = archived.filter(Q(id__in=list(variant_ids)) | Q(implicit=True))
    found = _variants(rows, None)
    with_prices = _prices([key for key, some in found.items() if any(not v.implicit for v in some)])
    return {
        product_id: {
            variant.id: VariantRecord(
                variant.id,
                variant.sku,
                variant.attributes,
                variant.implicit,
                with_prices.get((product_id, variant.id), ()),
            )
            for variant in some
        }
        for product_id, some in found.items()
    }


def _variants(rows: QuerySet[Variant], prices: _PricesOf | None) -> dict[str, list[VariantRecord]]:
    found: defaultdict[str, list[VariantRecord]] = defaultdict(list)
    own = prices or {}
    for product_id, *described in rows.order_by("position", "id").values_list(*_VARIANT):
        fields = [*described, own.get((product_id, described[0]), ())]
        found[product_id].append(VariantRecord(*fields))
    return found


def _prices(product_ids: Sequence[str]) -> _PricesOf:
    if not product_ids:
        return {}
    found: defaultdict[tuple[str, str | None], list[PriceRecord]] = defaultdict(list)
    rows = Price.objects.filter(product_id__in=product_ids).order_by("position", "id")
    for product_id, variant_id, currency, amount in rows.values_list(
        "product_id", "variant_id", "currency", "amount"
    ):
        found[product_id, variant_id].append(PriceRecord(currency, amount))
    return {key: tuple(prices) for key, prices in found.items()}


def _markets(product_ids: Sequence[str]) -> dict[str, list[MarketRecord]]:
    found: defaultdict[str, list[MarketRecord]] = defaultdict(list)
    rows = MarketText.objects.filter(product_id__in=product_ids).order_by("position", "id")
    for product_id, *texts in rows.values_list("product_id", "market", "title", "description", "keywords"):
        found[product_id].append(MarketRecord(*texts))
    return found
