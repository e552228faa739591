"""A product as a plain value: what is read, compared, shown and announced.

Reads and writes share it, so the product in an event and the product of an answer are made by the same
code from the same type. No database here, and no JSON: ``selectors`` fill records, ``dialects`` show them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """An amount in one currency."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class MarketRecord:
    """How a product is presented in one market."""

    market: str
    title: str
    description: str = ""
    keywords: str = ""


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """What is counted and sold. The *implicit* one bears the stock of a product without variants."""

    id: str
    sku: str
    attributes: Mapping[str, str]
    implicit: bool = False
    prices: tuple[PriceRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """One product with all that describes it, without its stock and its version, which goes with that."""

    id: str
    sku: str
    title: str
    description: str
    category: str
    subcategory: str
    image: str
    options: Sequence[Mapping[str, Any]]
    available: bool
    featured: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    prices: tuple[PriceRecord, ...]
    variants: tuple[VariantRecord, ...]
    markets: tuple[MarketRecord, ...]
    rating_sum: int = 0
    review_count: int = 0
    #: What a dialect makes of it alone: made once, where a record is read again and again. None to change.
    made: dict[str, Mapping[str, Any]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def rating(self) -> int | float:
        """The mean of its approved reviews, to one decimal; 0: there are none."""
        return mean_rating(self.rating_sum, self.review_count)

    @property
    def implicit_variant(self) -> VariantRecord | None:
        """The variant that bears the stock where there are no variants."""
        return self.variants[0] if self.variants and self.variants[0].implicit else None

    @property
    def shown_variants(self) -> tuple[VariantRecord, ...]:
        """The variants that readers see."""
        return () if self.implicit_variant else self.variants

    @property
    def skus(self) -> frozenset[str]:
        """Every sku that it bears, itself or in a variant."""
        return frozenset((self.sku, *(variant.sku for variant in self.variants)))

    def price_in(self, currency: str) -> PriceRecord | None:
        """The product's own price in this currency."""
        return next((price for price in self.prices if price.currency == currency), None)


def mean_rating(total: int, count: int) -> int | float:
    """The mean as it is shown: to one decimal, half up, a whole one as an integer; 0 of none."""
    if not count:
        return 0
    mean = (Decimal(total) / count).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return int(mean) if mean == mean.to_integral_value() else float(mean)


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One review. ``user_name`` is what the public sees of its writer."""

    id: str
    product_id: str
    user_id: str | None
    user_name: str
    rating: int
    title: str
    comment: str
    status: str
    verified_purchase: bool
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class WishRecord:
    """One product that somebody wishes for, as it stands now. ``price`` is what is paid."""

    product_id: str
    name: str
    price: PriceRecord | None
    in_stock: bool
    added_at: dt.datetime


@dataclass(frozen=True, slots=True)
class WishlistRecord:
    """A customer's wishes, the newest first. Version 0: there were never any."""

    id: str
    user_id: str
    wishes: tuple[WishRecord, ...]
    version: int = 0
    updated_at: dt.datetime | None = None
