"""Rows into records: a fixed number of queries for any number of products, and no model instance made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from catalog.models import Price, Product, ProductQuerySet, Variant
from catalog.records import MarketRecord, PriceRecord, ProductRecord, VariantRecord
from config.kernel.statements import Prepared, rows

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

_OPTIONS = _PRODUCT.index("options")

# A list of products asks for them each time: to make up the SQL takes longer than to read twenty of them.
_LIVE = Prepared(
    f"SELECT {', '.join((*_PRODUCT, *_RATING))} FROM catalog_product "  # noqa: S608  names of our own
    "WHERE id = ANY(%s) AND archived_at IS NULL"
)
# As JSON, which is read quicker than rows are.
_PARTS = Prepared(
    """
SELECT
    (SELECT json_agg(json_build_array(product_id, variant_id, currency, amount::text)
                     ORDER BY position, id)::text
     FROM catalog_price WHERE product_id = ANY(%(products)s)),
    (SELECT json_agg(json_build_array(product_id, id, sku, attributes, implicit)
                     ORDER BY position, id)::text
     FROM catalog_variant WHERE product_id = ANY(%(products)s) AND archived_at IS NULL),
    (SELECT json_agg(json_build_array(product_id, market, title, description, keywords)
                     ORDER BY position, id)::text
     FROM catalog_markettext WHERE product_id = ANY(%(products)s))
"""
)

_PricesOf = Mapping[tuple[str, str | None], tuple[PriceRecord, ...]]


def live_products() -> ProductQuerySet:
    """What any reader may see."""
    return Product.objects.live()


def product_records(products: QuerySet[Product, Any]) -> list[ProductRecord]:
    """The products of a query, whole, in its order: two queries (a queryset that locks, locks)."""
    return _records(list(products.values_list(*_PRODUCT, *_RATING)))


def live_records(product_ids: Sequence[str]) -> list[ProductRecord]:
    """Those of these products that any reader may see, in any order: two queries."""
    read = rows(_LIVE, [list(product_ids)])
    return _records([(*row[:_OPTIONS], orjson.loads(row[_OPTIONS]), *row[_OPTIONS + 1 :]) for row in read])


def _records(described: Sequence[tuple[Any, ...]]) -> list[ProductRecord]:
    if not described:
        return []
    prices, variants, markets = _parts([row[0] for row in described])
    records = []
    for row in described:
        related = (prices.get((row[0], None), ()), variants.get(row[0], ()), markets.get(row[0], ()))
        fields = [*row[: len(_PRODUCT)], *map(tuple, related), *row[len(_PRODUCT) :]]
        records.append(ProductRecord(*fields))
    return records


def _parts(
    product_ids: list[str],
) -> tuple[_PricesOf, dict[str, list[VariantRecord]], dict[str, list[MarketRecord]]]:
    """What belongs to each of these products: prices, living variants, markets; one query."""
    (read,) = rows(_PARTS, {"products": product_ids})
    price_rows, variant_rows, market_rows = (orjson.loads(part) if part else [] for part in read)
    found: defaultdict[tuple[str, str | None], list[PriceRecord]] = defaultdict(list)
    for product_id, variant_id, currency, amount in price_rows:
        found[product_id, variant_id].append(PriceRecord(currency, Decimal(amount)))
    prices = {key: tuple(some) for key, some in found.items()}
    variants: defaultdict[str, list[VariantRecord]] = defaultdict(list)
    for product_id, id_, sku, attributes, implicit in variant_rows:
        own = prices.get((product_id, id_), ())
        variants[product_id].append(VariantRecord(id_, sku, attributes, implicit, own))
    markets: defaultdict[str, list[MarketRecord]] = defaultdict(list)
    for product_id, *texts in market_rows:
        markets[product_id].append(MarketRecord(*texts))
    return prices, variants, markets


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
