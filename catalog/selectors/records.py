"""Rows into records: a fixed number of queries for any number of products, and no model instance made.

Records that are asked for again and again are kept (``live_records``). What was written by hand, past the
services, has to move the product's ``updated_at`` too, or readers are shown what was before.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
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

_TIMES = (_PRODUCT.index("created_at"), _PRODUCT.index("updated_at"))

# A list of products asks for them each time: to make up the SQL takes longer than to read twenty of them.
_ASKED = "(SELECT ARRAY(SELECT json_array_elements_text(%(asked)s::json)) AS ids) AS asked"
_STATES = Prepared(
    f"SELECT id, updated_at FROM catalog_product, {_ASKED} "  # noqa: S608  text of our own
    "WHERE id = ANY(asked.ids) AND archived_at IS NULL"
)
# As JSON, which is read quicker than rows are.
_PARTS = """
    (SELECT json_agg(json_build_array(product_id, variant_id, currency, amount::text)
                     ORDER BY position, id)::text
     FROM catalog_price WHERE product_id = ANY(asked.ids)),
    (SELECT json_agg(json_build_array(product_id, id, sku, attributes, implicit)
                     ORDER BY position, id)::text
     FROM catalog_variant WHERE product_id = ANY(asked.ids) AND archived_at IS NULL),
    (SELECT json_agg(json_build_array(product_id, market, title, description, keywords)
                     ORDER BY position, id)::text
     FROM catalog_markettext WHERE product_id = ANY(asked.ids))
"""
_RELATED = Prepared(f"SELECT {_PARTS} FROM {_ASKED}")  # noqa: S608  as above
# In one statement: what is remembered is of one moment.
_LIVE = Prepared(
    f"""
SELECT
    (SELECT json_agg(json_build_array({", ".join((*_PRODUCT, *_RATING))}))::text
     FROM catalog_product WHERE id = ANY(asked.ids) AND archived_at IS NULL),
    {_PARTS} FROM {_ASKED}
"""  # noqa: S608  as above
)

#: Products that are kept at most, a few KB each; and at once: who reads them all drives out nobody else's.
_MOST_KEPT, _MOST_KEPT_AT_ONCE = 2_000, 100
_kept: dict[str, ProductRecord] = {}

_PricesOf = Mapping[tuple[str, str | None], tuple[PriceRecord, ...]]


def live_products() -> ProductQuerySet:
    """What any reader may see."""
    return Product.objects.live()


def product_records(products: QuerySet[Product, Any]) -> list[ProductRecord]:
    """The products of a query, whole, in its order: two queries (a queryset that locks, locks)."""
    described = list(products.values_list(*_PRODUCT, *_RATING))
    if not described:
        return []
    (parts,) = rows(_RELATED, {"asked": _as_json(row[0] for row in described)})
    return _records(described, parts)


def live_records(product_ids: Sequence[str]) -> list[ProductRecord]:
    """Those of these products that any reader may see, in any order: one query, and another one for what was
    not read before.

    A record that was read is good for as long as the product's ``updated_at`` is the one in it: that grows
    with whatever changes of a product but its stock, which is no part of it. Inside a transaction nothing is
    kept, since what is read there may yet be undone.
    """
    if connection.in_atomic_block or len(product_ids) > _MOST_KEPT_AT_ONCE:
        return _read_live(product_ids)
    states = rows(_STATES, {"asked": _as_json(product_ids)})
    found = {id_: record for id_, at in states if (record := _kept.get(id_)) and record.updated_at == at}
    if unknown := [id_ for id_, _ in states if id_ not in found]:
        read = {record.id: record for record in _read_live(unknown)}
        if len(_kept) + len(read) > _MOST_KEPT:
            _kept.clear()
        _kept.update(read)
        found.update(read)
    return list(found.values())


def _read_live(product_ids: Sequence[str]) -> list[ProductRecord]:
    ((products, *parts),) = rows(_LIVE, {"asked": _as_json(product_ids)})
    return _records([_described(row) for row in orjson.loads(products)], parts) if products else []


def _described(row: list[Any]) -> list[Any]:
    for place in _TIMES:
        row[place] = dt.datetime.fromisoformat(row[place])
    return row


def _records(described: Sequence[Sequence[Any]], parts: Sequence[str | None]) -> list[ProductRecord]:
    prices, variants, markets = _related(parts)
    records = []
    for row in described:
        related = (prices.get((row[0], None), ()), variants.get(row[0], ()), markets.get(row[0], ()))
        fields = [*row[: len(_PRODUCT)], *map(tuple, related), *row[len(_PRODUCT) :]]
        records.append(ProductRecord(*fields))
    return records


def _related(
    parts: Sequence[str | None],
) -> tuple[_PricesOf, dict[str, list[VariantRecord]], dict[str, list[MarketRecord]]]:
    """What ``_PARTS`` has found of each product: prices, living variants, markets."""
    price_rows, variant_rows, market_rows = (orjson.loads(part) if part else [] for part in parts)
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


def _as_json(ids: Iterable[str]) -> str:
    return orjson.dumps(list(ids)).decode()


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
