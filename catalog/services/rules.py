"""What a product may be: every rule of its own, whoever writes it.

``problems`` judges one draft by itself and names the place of each mistake (``variants[1].sku``).
What depends on other products (a sku that is taken) or on stock is judged by ``judging`` and ``applying``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from catalog.models import MarketText, Product, Variant
from catalog.records import PriceRecord
from catalog.services.drafts import (
    UNSET,
    CountDraft,
    MarketDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    Unset,
    VariantDraft,
)
from config.kernel.errors import InvalidInput
from config.kernel.ids import MAX_ID_LENGTH
from config.kernel.money import CURRENCIES, MAX_AMOUNT, decimals_of, to_number

Problem = tuple[str, str]

MAX_SKU = Product._meta.get_field("sku").max_length or 0
MAX_VARIANT_SKU = Variant._meta.get_field("sku").max_length or 0
MAX_TITLE = Product._meta.get_field("title").max_length or 0
MAX_CATEGORY = Product._meta.get_field("category").max_length or 0
MAX_IMAGE = Product._meta.get_field("image").max_length or 0
MAX_MARKET = MarketText._meta.get_field("market").max_length or 0
MAX_KEYWORDS = MarketText._meta.get_field("keywords").max_length or 0
MAX_DESCRIPTION = 100_000  # well under what a full-text entry may hold
MAX_PLACE = MAX_ID_LENGTH
MAX_NAME = 100
MAX_VALUE = 200
MAX_COUNT = 1_000_000_000
COUNT_BOUNDS = f"must be a whole number from 0 to {MAX_COUNT}"
MAX_MULTIPLIER = Decimal(1000)
MULTIPLIER_DECIMALS = 4

# An id goes into paths, into topics (``product:{id}``) and into lists with commas between.
_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_.:~-]{{0,{MAX_ID_LENGTH - 1}}}")
#: What stands in a path where a product's id does (``/products/batch``, ``/api/products/featured``).
PATH_WORDS = frozenset({"batch", "featured"})
# What a detail of a choice may not be called, since the choice itself says it.
_CHOICE_FIELDS = frozenset({"name", "price_multiplier", "priceMultiplier"})


def require_valid(draft: ProductDraft, *, creating: bool) -> None:
    """Refuses: ``InvalidInput`` with every mistake by its place; its message is the first."""
    found: dict[str, list[str]] = {}
    for place, text in problems(draft, creating=creating):
        found.setdefault(place, []).append(text)
    if found:
        place, texts = next(iter(found.items()))
        raise InvalidInput(f"{place}: {texts[0]}", details=found)


def problems(draft: ProductDraft, *, creating: bool) -> Iterator[Problem]:
    """Every mistake of the draft, in the order of its fields."""
    if draft.id is not None:
        yield from _id(draft.id, "id")
        if creating and draft.id in PATH_WORDS:
            yield "id", "stands for something else in paths"
    yield from _product_texts(draft)
    if draft.title is UNSET and creating:
        yield "title", "required"
    if draft.prices is not UNSET:
        if not draft.prices:
            yield "prices", "at least one price is required"
        yield from _prices(draft.prices, "prices")
    elif draft.price is not UNSET:
        yield from _price(draft.price, "price")
    elif creating:
        yield "prices", "required"
    if draft.variants is not UNSET:
        yield from _variants(draft.variants)
    if draft.markets is not UNSET:
        yield from _markets(draft.markets)
    yield from _options(() if draft.options is UNSET else draft.options, "options")
    yield from _options(draft.changed_options, "options")
    yield from _counts(draft.stock, "stock")


def _product_texts(draft: ProductDraft) -> Iterator[Problem]:
    yield from _text(draft.sku, "sku", most=MAX_SKU, required=True)
    yield from _text(draft.title, "title", most=MAX_TITLE, required=True)
    yield from _text(draft.description, "description", most=MAX_DESCRIPTION, lines=True)
    yield from _text(draft.category, "category", most=MAX_CATEGORY)
    yield from _text(draft.subcategory, "subcategory", most=MAX_CATEGORY)
    yield from _text(draft.image, "image", most=MAX_IMAGE)


def _variants(variants: Sequence[VariantDraft]) -> Iterator[Problem]:
    for index, variant in enumerate(variants):
        place = f"variants[{index}]"
        if variant.id is not None:
            yield from _id(variant.id, f"{place}.id")
        yield from _text(variant.sku, f"{place}.sku", most=MAX_VARIANT_SKU, required=True)
        yield from _attributes(variant.attributes, f"{place}.attributes")
        if variant.prices is not UNSET:
            yield from _prices(variant.prices, f"{place}.prices")
        if variant.price is not UNSET:
            yield from _price(variant.price, f"{place}.price")
        yield from _counts(variant.stock, f"{place}.stock")
    yield from _repeated([variant.id for variant in variants], "variants[{}].id")
    yield from _repeated([None if v.sku is UNSET else v.sku for v in variants], "variants[{}].sku")
    combinations = [tuple(sorted(variant.attributes.items())) or None for variant in variants]
    yield from _repeated(combinations, "variants[{}].attributes")


def _attributes(attributes: Mapping[str, str], place: str) -> Iterator[Problem]:
    if not attributes:
        yield place, "at least one attribute is required"
    for name, value in attributes.items():
        yield from _text(name, place, most=MAX_NAME, required=True)
        yield from _text(value, f"{place}.{printable(name)}", most=MAX_VALUE)


def _prices(prices: Sequence[PriceRecord], place: str) -> Iterator[Problem]:
    for index, price in enumerate(prices):
        for inner, text in _price(price, ""):
            yield f"{place}[{index}]{inner}", text
    yield from _repeated([price.currency for price in prices], place + "[{}].currency")


def _price(price: PriceDraft, place: str) -> Iterator[Problem]:
    if price.currency not in CURRENCIES:
        yield f"{place}.currency", "must be a currency code of ISO 4217, three capital letters"
        return
    amount, decimals = price.amount, decimals_of(price.currency)
    if not amount.is_finite() or amount < 0:
        yield f"{place}.amount", "must be a number of at least 0"
    elif amount > MAX_AMOUNT:
        yield f"{place}.amount", "is too large"
    elif amount != round(amount, decimals):
        yield f"{place}.amount", f"{price.currency} has {decimals} decimals"
    elif Decimal(repr(to_number(amount, price.currency))) != amount:
        # Readers would be shown another amount than the one that is stored.
        yield f"{place}.amount", "has more digits than a JSON number carries exactly"


def _markets(markets: Sequence[MarketDraft]) -> Iterator[Problem]:
    for index, market in enumerate(markets):
        place = f"markets[{index}]"
        yield from _text(market.market, f"{place}.market", most=MAX_MARKET, required=True)
        yield from _text(market.title, f"{place}.title", most=MAX_TITLE, required=True)
        yield from _text(market.description, f"{place}.description", most=MAX_DESCRIPTION, lines=True)
        yield from _text(market.keywords, f"{place}.keywords", most=MAX_KEYWORDS)
    yield from _repeated([market.market for market in markets], "markets[{}].market")


def _options(options: Sequence[OptionDraft], place: str) -> Iterator[Problem]:
    for index, option in enumerate(options):
        inner = f"{place}[{index}]"
        yield from _text(option.name, f"{inner}.name", most=MAX_NAME, required=True)
        for at, choice in enumerate(option.choices):
            spot = f"{inner}.choices[{at}]"
            yield from _text(choice.name, f"{spot}.name", most=MAX_VALUE, required=True)
            yield from _multiplier(choice.price_multiplier, f"{spot}.price_multiplier")
            for name, value in choice.details.items():
                if name in _CHOICE_FIELDS:
                    yield f"{spot}.{name}", "is a field of the choice itself"
                yield from _text(name, spot, most=MAX_NAME, required=True)
                yield from _text(value, f"{spot}.{printable(name)}", most=MAX_VALUE)
        yield from _repeated([choice.name for choice in option.choices], inner + ".choices[{}].name")
    yield from _repeated([option.name for option in options], place + "[{}].name")


def _multiplier(value: Decimal, place: str) -> Iterator[Problem]:
    if not value.is_finite() or not 0 <= value <= MAX_MULTIPLIER:
        yield place, f"must be a number from 0 to {MAX_MULTIPLIER}"
    elif value != round(value, MULTIPLIER_DECIMALS):
        yield place, f"at most {MULTIPLIER_DECIMALS} decimals"


def _counts(counts: Sequence[CountDraft], place: str) -> Iterator[Problem]:
    for index, count in enumerate(counts):
        # In all places together there may be more than in one.
        most = MAX_COUNT if count.location_id is not None else count.quantity
        if not 0 <= count.quantity <= most:
            yield f"{place}[{index}].quantity", COUNT_BOUNDS
        if count.location_id is not None:
            yield from _text(
                count.location_id, f"{place}[{index}].location_id", most=MAX_PLACE, required=True
            )
    yield from _repeated([count.location_id for count in counts], place + "[{}].location_id")


def _id(value: str, place: str) -> Iterator[Problem]:
    if not _ID.fullmatch(value):
        yield place, f"must be 1 to {MAX_ID_LENGTH} letters, digits and _.:~-, the first a letter or digit"


def _text(
    value: str | Unset, place: str, *, most: int, required: bool = False, lines: bool = False
) -> Iterator[Problem]:
    if value is UNSET:
        return
    if required and not value.strip():
        yield place, "required"
    elif len(value) > most:
        yield place, f"at most {most} characters"
    elif not is_clean(value, lines=lines):
        yield place, "must not contain control characters"


def _repeated(values: Iterable[object], place: str) -> Iterator[Problem]:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value is not None and value in seen:
            yield place.format(index), "is there twice"
        seen.add(value)


def is_clean(text: str, *, lines: bool) -> bool:
    """No control characters (line breaks and tabs where ``lines``), no lone surrogates."""
    if text.isprintable():
        return True
    allowed = "\n\r\t" if lines else ""
    return all(unicodedata.category(char) not in ("Cc", "Cs") or char in allowed for char in text)


def printable(name: str) -> str:
    """``name`` as part of a place: whatever a client sent, the answer stays readable."""
    return name[:40] if name.isprintable() else ascii(name[:40])
