"""What an item names: one variant, or why not. A fixed number of queries for any number of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from catalog.models import Product
from config.kernel.errors import InvalidItems, ItemError
from config.kernel.statements import Prepared, rows
from inventory import errors
from inventory.models import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a request. ``sent`` is how it was sent, ``attributes`` are those that it names."""

    sent: Any
    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The one variant that an item names."""

    item: Item
    product_id: str
    variant_id: str


@dataclass(frozen=True, slots=True)
class _Variant:
    id: str
    product_id: str
    sku: str
    attributes: Mapping[str, str]

    def bears(self, attributes: Mapping[str, str]) -> bool:
        # An empty text stands for an attribute that is not there: so it is shown, so it comes back.
        return all(self.attributes.get(name, "") == value for name, value in attributes.items())


def name_items(items: Sequence[Item]) -> list[Named]:
    """The variant of each item. Raises ``InvalidItems`` with every item that names none, or not one."""
    found = try_to_name(items)
    wrong = [one for one in found if isinstance(one, ItemError)]
    if wrong:
        raise InvalidItems(wrong)
    return [one for one in found if isinstance(one, Named)]


def try_to_name(items: Sequence[Item]) -> list[Named | ItemError]:
    """The variant of each item, or what is wrong with it; at most four queries."""
    candidates = _Candidates(items)
    locations = _known_locations(items)
    found: list[Named | ItemError] = []
    for item in items:
        if item.location_id is not None and item.location_id not in locations:
            found.append(errors.unknown_location(item.sent))
        else:
            found.append(candidates.name(item))
    return found


_CANDIDATES = """
SELECT variant.id, variant.product_id, variant.sku, variant.attributes::text
FROM catalog_variant AS variant JOIN catalog_product AS product ON product.id = variant.product_id
WHERE variant.archived_at IS NULL AND product.archived_at IS NULL AND """
_IN_ORDER = " ORDER BY variant.position, variant.id"
_NAMED = Prepared(f"{_CANDIDATES} (variant.id = ANY(%(ids)s) OR variant.sku = ANY(%(skus)s)) {_IN_ORDER}")
_OF_PRODUCTS = Prepared(f"{_CANDIDATES} variant.product_id = ANY(%(products)s) {_IN_ORDER}")


class _Candidates:
    """The variants that the items of one request may mean."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._by_product: dict[str, list[_Variant]] = {}
        self._by_id: dict[str, _Variant] = {}
        self._by_sku: dict[str, _Variant] = {}
        self._product_by_sku: dict[str, str] = {}
        # A product's own sku is its implicit variant's, or nobody's: asked for where no variant has it.
        self._load(_NAMED, ids=_all(items, "variant_id"), skus=_all(items, "sku"))
        skus = [sku for sku in _all(items, "sku") if sku not in self._by_sku]
        if skus:
            bearers = Product.objects.live().filter(sku__in=skus)
            self._product_by_sku = dict(bearers.values_list("sku", "id"))
        products = [*_all(items, "product_id"), *self._product_by_sku.values()]
        for variant in self._load(_OF_PRODUCTS, products=products):
            self._by_product.setdefault(variant.product_id, []).append(variant)

    def _load(self, statement: Prepared, **wanted: list[str]) -> list[_Variant]:
        if not any(wanted.values()):
            return []
        variants = [
            _Variant(id_, product_id, sku, orjson.loads(attributes))
            for id_, product_id, sku, attributes in rows(statement, wanted)
        ]
        self._by_id |= {variant.id: variant for variant in variants}
        self._by_sku |= {variant.sku: variant for variant in variants}
        return variants

    def name(self, item: Item) -> Named | ItemError:
        product_id = item.product_id
        if product_id is not None and product_id not in self._by_product:
            return errors.unknown_product(item.sent)
        variants: Iterable[_Variant | None]
        if item.variant_id is not None:
            variants = [self._by_id.get(item.variant_id)]
        elif item.sku is not None and item.sku in self._by_sku:
            variants = [self._by_sku[item.sku]]
        elif item.sku is not None:
            variants = self._by_product.get(self._product_by_sku.get(item.sku, ""), [])
        else:
            variants = self._by_product.get(product_id or "", [])
        return self._one_of([one for one in variants if one is not None], item)

    @staticmethod
    def _one_of(variants: Sequence[_Variant], item: Item) -> Named | ItemError:
        fitting = [
            one
            for one in variants
            if one.bears(item.attributes) and item.product_id in (None, one.product_id)
        ]
        if item.variant_id is not None and item.sku is not None:
            fitting = [one for one in fitting if one.sku == item.sku]
        if not fitting:
            return errors.unknown_variant(item.sent)
        if len(fitting) > 1:
            given = {name: value for name, value in item.attributes.items() if value}
            exact = [one for one in fitting if dict(one.attributes) == given]
            if len(exact) != 1 or not item.attributes:
                return errors.ambiguous_variant(item.sent, _names(fitting))
            fitting = exact
        return Named(item, fitting[0].product_id, fitting[0].id)


def known_products(product_ids: Sequence[str]) -> set[str]:
    """Those of these ids that are products which can be seen."""
    return set(Product.objects.live().filter(id__in=list(product_ids)).values_list("id", flat=True))


def _names(variants: Sequence[_Variant]) -> list[str]:
    """The attributes of these variants, size and color first: named all, they leave one."""
    usual = {"size": 0, "color": 1}
    names = {name for one in variants for name in one.attributes}
    return sorted(names, key=lambda name: (usual.get(name, len(usual)), name))


def _all(items: Sequence[Item], name: str) -> list[str]:
    return sorted({value for item in items if (value := getattr(item, name)) is not None})


def _known_locations(items: Sequence[Item]) -> set[str]:
    wanted = _all(items, "location_id")
    if not wanted:
        return set()
    return set(Location.objects.filter(code__in=wanted).values_list("code", flat=True))
