"""What a write says, typed, between every door and the services.

``UNSET`` is what the write did not mention: it stays as it is, or gets its default on creation.
Belongs here: shapes. Does not belong here: what is right (``rules``) and what it does (``applying``).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from catalog.records import MarketRecord, PriceRecord


class Unset(enum.Enum):
    """The type of ``UNSET``."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

# A price and a market's text have the same shape on their way in as at rest.
PriceDraft = PriceRecord
MarketDraft = MarketRecord


@dataclass(frozen=True, slots=True)
class CountDraft:
    """``quantity`` units on the shelf at one place; without a place: in all places together.

    ``for_sale``: the units that can be sold are meant, and what is held lies there besides.
    """

    quantity: int
    location_id: str | None = None
    for_sale: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceDraft:
    """One choice of an option. ``details`` are further texts that are shown with it (``servings``)."""

    name: str
    price_multiplier: Decimal = Decimal(1)
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OptionDraft:
    """A named choice that multiplies the price, such as ``flavors``. Without choices: the option goes."""

    name: str
    choices: tuple[ChoiceDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """One variant. ``price`` sets one currency and leaves the others,
    ``prices`` replaces all. Places that ``stock`` does not name keep their figure.
    """

    attributes: Mapping[str, str]
    sku: str | Unset = UNSET
    id: str | None = None
    prices: tuple[PriceDraft, ...] | Unset = UNSET
    price: PriceDraft | Unset = UNSET
    stock: tuple[CountDraft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """A product, whole or in part. ``variants``, ``prices`` and ``markets`` replace what is there whole.

    ``price`` sets one currency and leaves the others. ``options`` replaces all options,
    ``changed_options`` those that it names. ``stock`` is for products without variants.
    """

    id: str | None = None
    sku: str | Unset = UNSET
    title: str | Unset = UNSET
    description: str | Unset = UNSET
    category: str | Unset = UNSET
    subcategory: str | Unset = UNSET
    image: str | Unset = UNSET
    available: bool | Unset = UNSET
    featured: bool | Unset = UNSET
    prices: tuple[PriceDraft, ...] | Unset = UNSET
    price: PriceDraft | Unset = UNSET
    variants: tuple[VariantDraft, ...] | Unset = UNSET
    markets: tuple[MarketDraft, ...] | Unset = UNSET
    options: tuple[OptionDraft, ...] | Unset = UNSET
    changed_options: tuple[OptionDraft, ...] = ()
    stock: tuple[CountDraft, ...] = ()
