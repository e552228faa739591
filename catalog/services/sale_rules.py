"""What a flash sale may be: every rule of it, whoever writes it. ``problems`` judges it whole, as it would be
after the write, and names the place of each mistake.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.models import FlashSale
from catalog.services.drafts import UNSET, Unset
from config.kernel.errors import InvalidInput

MAX_SALE_NAME = FlashSale._meta.get_field("name").max_length or 0
MAX_SALE_DESCRIPTION = 10_000
#: They all go out with each of its events.
MAX_SALE_PRODUCTS = 1000
MAX_SALE_UNITS = 1_000_000_000
_MOST_OFF = Decimal(100)
_PERCENT_DECIMALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDraft:
    """What a write says of a flash sale. ``units`` and ``units_per_customer``: ``None`` for any number."""

    name: str | Unset = UNSET
    description: str | Unset = UNSET
    discount_percentage: Decimal | Unset = UNSET
    starts_at: dt.datetime | Unset = UNSET
    ends_at: dt.datetime | Unset = UNSET
    product_ids: tuple[str, ...] | Unset = UNSET
    units: int | Unset | None = UNSET
    units_per_customer: int | Unset | None = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleTerms:
    """A sale as it would be."""

    name: str
    description: str
    discount_percentage: Decimal
    starts_at: dt.datetime
    ends_at: dt.datetime
    product_ids: tuple[str, ...]
    units: int | None
    units_per_customer: int | None


_REQUIRED = ("name", "discount_percentage", "starts_at", "ends_at", "product_ids")


def require_complete(draft: SaleDraft) -> None:
    """Refuses: a draft of a new sale that leaves something out (``InvalidInput``, each by its name)."""
    _refuse([(name, "required") for name in _REQUIRED if getattr(draft, name) is UNSET])


def require_valid(terms: SaleTerms, *, moment: dt.datetime, known: Collection[str]) -> None:
    """Refuses: ``InvalidInput`` with every mistake by its place. ``known`` are the products that may be in
    it, ``moment`` is now.
    """
    _refuse(problems(terms, moment=moment, known=known))


def problems(terms: SaleTerms, *, moment: dt.datetime, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every mistake, in the order of the fields."""
    yield from _texts(terms)
    if not 0 < terms.discount_percentage <= _MOST_OFF:
        yield "discount_percentage", f"must be more than 0 and at most {_MOST_OFF}"
    elif terms.discount_percentage != round(terms.discount_percentage, _PERCENT_DECIMALS):
        yield "discount_percentage", f"must have at most {_PERCENT_DECIMALS} decimals"
    if terms.ends_at <= terms.starts_at:
        yield "ends_at", "must be after the start"
    if terms.ends_at <= moment:
        yield "ends_at", "has passed"
    yield from _goods(terms.product_ids, known)
    for name, number in (("units", terms.units), ("units_per_customer", terms.units_per_customer)):
        if number is not None and not 1 <= number <= MAX_SALE_UNITS:
            yield name, f"must be a whole number from 1 to {MAX_SALE_UNITS}, or null"


def _texts(terms: SaleTerms) -> Iterator[tuple[str, str]]:
    if not terms.name.strip():
        yield "name", "must not be empty"
    if len(terms.name) > MAX_SALE_NAME:
        yield "name", f"must have at most {MAX_SALE_NAME} characters"
    if len(terms.description) > MAX_SALE_DESCRIPTION:
        yield "description", f"must have at most {MAX_SALE_DESCRIPTION} characters"


def _goods(product_ids: Sequence[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    if not product_ids:
        yield "product_ids", "at least one product is required"
    if len(product_ids) > MAX_SALE_PRODUCTS:
        yield "product_ids", f"must be at most {MAX_SALE_PRODUCTS}"
        return
    for at, product_id in enumerate(product_ids):
        if product_id not in known:
            yield f"product_ids[{at}]", "unknown product"


def to_milliseconds(moment: dt.datetime) -> dt.datetime:
    """As clients read it, so that what was read and is written back is the same moment."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _refuse(found: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> None:
    details: dict[str, list[str]] = {}
    for place, text in found:
        details.setdefault(place, []).append(text)
    if details:
        place, texts = next(iter(details.items()))
        raise InvalidInput(f"{place}: {texts[0]}", details=details)
