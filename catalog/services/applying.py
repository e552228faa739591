"""What a draft makes of a product: pure functions from record and draft to the next record and its counts.

No database here: who else bears a sku or an id is in ``judging``, what is stored in ``storing``.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from catalog.errors import StockHeld, invalid
from catalog.records import PriceRecord, ProductRecord, VariantRecord
from catalog.search import words
from catalog.services.drafts import (
    UNSET,
    CountDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    Unset,
    VariantDraft,
)
from catalog.services.rules import COUNT_BOUNDS, MAX_COUNT, MAX_VARIANT_SKU
from catalog.stock_port import StockCount, VariantFigures
from config.kernel.ids import new_id

T = TypeVar("T")

NO_STOCK = VariantFigures()
_RANDOM_BYTES = 4

#: Says whether a variant's sku is borne by another product.
SkuCheck = Callable[[str], bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Applied:
    """The product after the draft, and what was counted."""

    record: ProductRecord
    counts: tuple[StockCount, ...]


def apply(
    draft: ProductDraft,
    *,
    record: ProductRecord,
    archived: Mapping[str, VariantRecord],
    figures: Mapping[str, VariantFigures],
    sku_taken: SkuCheck,
) -> Applied:
    """``draft`` on top of ``record``; a new product starts from an empty record.

    ``archived`` are the product's own archived variants, which come back when a draft names their id.
    Refuses: ``stock`` of the product where it has variants (``InvalidInput``), ``StockHeld``.
    """
    sku = _kept(draft.sku, record.sku) or made_product_sku(_kept(draft.title, record.title))
    matched: Sequence[tuple[VariantRecord, VariantDraft | None]]
    if draft.variants is UNSET and record.variants:
        matched = [(variant, None) for variant in record.variants]
    elif draft.variants is UNSET or not draft.variants:
        matched = [(_implicit(record, archived, sku), None)]
    else:
        matched = _explicit(draft.variants, record, archived, sku, sku_taken)
    variants = tuple(
        dataclasses.replace(variant, sku=sku) if variant.implicit else variant for variant, _ in matched
    )
    counts = _counts(draft, record.id, variants, [wanted for _, wanted in matched], figures)
    return Applied(_described(draft, record, sku, variants), counts)


def _described(
    draft: ProductDraft, record: ProductRecord, sku: str, variants: tuple[VariantRecord, ...]
) -> ProductRecord:
    return dataclasses.replace(
        record,
        sku=sku,
        title=_kept(draft.title, record.title),
        description=_kept(draft.description, record.description),
        category=_kept(draft.category, record.category),
        subcategory=_kept(draft.subcategory, record.subcategory),
        image=_kept(draft.image, record.image),
        available=_kept(draft.available, record.available),
        featured=_kept(draft.featured, record.featured),
        prices=_prices(record.prices, draft.prices, draft.price),
        markets=_kept(draft.markets, record.markets),
        options=_options(draft, record.options),
        variants=variants,
    )


def _kept(value: T | Unset, present: T) -> T:
    return present if isinstance(value, Unset) else value


def _prices(
    present: tuple[PriceRecord, ...], whole: tuple[PriceDraft, ...] | Unset, one: PriceDraft | Unset
) -> tuple[PriceRecord, ...]:
    prices = _kept(whole, present)
    if one is UNSET:
        return prices
    if any(price.currency == one.currency for price in prices):
        return tuple(one if price.currency == one.currency else price for price in prices)
    return (*prices, one)


def _options(draft: ProductDraft, present: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    options = {option["name"]: option for option in present}
    if draft.options is not UNSET:
        options = {option.name: _stored_option(option) for option in draft.options}
    for option in draft.changed_options:
        options[option.name] = _stored_option(option)
    return [option for option in options.values() if option["choices"]]


def _stored_option(option: OptionDraft) -> dict[str, Any]:
    return {
        "name": option.name,
        "choices": [
            {"name": choice.name, "price_multiplier": float(choice.price_multiplier), **choice.details}
            for choice in option.choices
        ],
    }


# ------------------------------------------------------------------------------------------ variants
def _implicit(record: ProductRecord, archived: Mapping[str, VariantRecord], sku: str) -> VariantRecord:
    """The one variant of a product without variants: the one that it has or once had, with its stock."""
    kept = record.implicit_variant or next(
        (variant for variant in archived.values() if variant.implicit), None
    )
    return kept or VariantRecord(id=new_id("var"), sku=sku, attributes={}, implicit=True)


def _explicit(
    drafts: Sequence[VariantDraft],
    record: ProductRecord,
    archived: Mapping[str, VariantRecord],
    product_sku: str,
    sku_taken: SkuCheck,
) -> list[tuple[VariantRecord, VariantDraft]]:
    known = _matches(drafts, record, archived)
    used = {variant.sku for variant in drafts if variant.sku is not UNSET}
    used.update(known[at].sku for at, draft in enumerate(drafts) if draft.sku is UNSET and at in known)
    result = []
    for at, draft in enumerate(drafts):
        present = known.get(at)
        if draft.sku is not UNSET:
            sku = draft.sku
        elif present is not None:
            sku = present.sku
        else:
            sku = made_variant_sku(product_sku, draft.attributes)
            if sku in used or sku_taken(sku):
                sku = f"{sku[: MAX_VARIANT_SKU - 2 * _RANDOM_BYTES - 1]}-{secrets.token_hex(_RANDOM_BYTES)}"
            used.add(sku)
        variant = VariantRecord(
            id=present.id if present else draft.id or new_id("var"),
            sku=sku,
            attributes=dict(draft.attributes),
            prices=_prices(present.prices if present else (), draft.prices, draft.price),
        )
        result.append((variant, draft))
    return result


def _matches(
    drafts: Sequence[VariantDraft], record: ProductRecord, archived: Mapping[str, VariantRecord]
) -> dict[int, VariantRecord]:
    """Which present variant each draft means: by id, else by sku, else by attributes; each at most once."""
    present = {variant.id: variant for variant in record.shown_variants}
    revivable = {variant.id: variant for variant in archived.values() if not variant.implicit}
    found: dict[int, VariantRecord] = {}
    for at, draft in enumerate(drafts):
        if draft.id is not None:
            match = present.pop(draft.id, None) or revivable.pop(draft.id, None)
            if match is not None:
                found[at] = match
    unnamed = [(at, draft) for at, draft in enumerate(drafts) if draft.id is None]
    by_sku = {variant.sku: variant for variant in present.values()}
    for at, draft in unnamed:
        if draft.sku is not UNSET and draft.sku in by_sku:
            found[at] = present.pop(by_sku[draft.sku].id)
    by_attributes = {_combination(variant.attributes): variant for variant in present.values()}
    for at, draft in unnamed:
        match = by_attributes.get(_combination(draft.attributes)) if at not in found else None
        if match is not None:
            found[at] = match
    return found


def _combination(attributes: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(attributes.items())


# ------------------------------------------------------------------------------------------ skus
def made_product_sku(title: str) -> str:
    """A sku for a product that came without: from its title, and never the same twice."""
    return _joined([*words(title)[:4], secrets.token_hex(_RANDOM_BYTES)], most=60)


def made_variant_sku(product_sku: str, attributes: Mapping[str, str]) -> str:
    """A sku for a variant that came without: the product's, and the variant's values."""
    values = [word for value in attributes.values() for word in words(value)]
    return f"{product_sku}-{_joined(values, most=60)}"[:MAX_VARIANT_SKU]


def _joined(parts: Sequence[str], *, most: int) -> str:
    return "-".join(parts).upper()[-most:].strip("-")


# ------------------------------------------------------------------------------------------ counts
def _counts(
    draft: ProductDraft,
    product_id: str,
    variants: Sequence[VariantRecord],
    wanted: Sequence[VariantDraft | None],
    figures: Mapping[str, VariantFigures],
) -> tuple[StockCount, ...]:
    counts: list[StockCount] = []
    if draft.stock:
        if not variants[0].implicit:
            counted = sum(figures.get(variant.id, NO_STOCK).available for variant in variants)
            if [count.quantity for count in draft.stock if count.location_id is None] != [counted]:
                raise invalid("stock", "this product has variants: write the stock of each")
        else:
            counts += _counted(draft.stock, product_id, variants[0], figures, place="stock")
    for at, (variant, variant_draft) in enumerate(zip(variants, wanted, strict=True)):
        if variant_draft is not None:
            counts += _counted(
                variant_draft.stock, product_id, variant, figures, place=f"variants[{at}].stock"
            )
    return tuple(counts)


def _counted(
    drafts: Sequence[CountDraft],
    product_id: str,
    variant: VariantRecord,
    figures: Mapping[str, VariantFigures],
    *,
    place: str,
) -> list[StockCount]:
    present = figures.get(variant.id, NO_STOCK)
    counts = []
    for at, draft in enumerate(drafts):
        counted = [place for place in present.locations if draft.location_id in (None, place.location_id)]
        on_hand = sum(place.on_hand for place in counted)
        held = sum(place.on_hand - place.available for place in counted)
        wanted = draft.quantity + held if draft.for_sale else draft.quantity
        if counted and wanted == on_hand:
            continue
        if wanted < held:
            raise StockHeld(held, place=f"{place}[{at}].quantity")
        if draft.quantity > max(MAX_COUNT, on_hand):
            raise invalid(f"{place}[{at}].quantity", COUNT_BOUNDS)
        counts.append(
            StockCount(product_id, variant.id, draft.location_id, draft.quantity, for_sale=draft.for_sale)
        )
    return counts
