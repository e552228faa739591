"""What became of each item of a write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.records import ProductRecord
from catalog.sale_records import ProductSale
from catalog.stock_port import VariantFigures
from config.kernel.errors import StockwireError


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item: done, or refused for a reason of its own.

    ``changed`` is false for what was refused, and for what was done already. ``product_id`` is the
    product's, for a refused item the one that was sent, or empty.
    """

    product_id: str
    refusal: StockwireError | None = None
    changed: bool = True

    @property
    def done(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Archived:
    """An archived product as it was before, with its stock, and the flash sale that counted for it."""

    record: ProductRecord
    figures: Mapping[str, VariantFigures]
    sale: ProductSale | None


def refused(refusal: StockwireError, *, product_id: str = "") -> Outcome:
    """The outcome of an item that was refused."""
    return Outcome(product_id, refusal, changed=False)


def require_done(outcome: Outcome) -> Outcome:
    """The outcome of a single item, raised where it is a refusal."""
    if outcome.refusal is not None:
        raise outcome.refusal
    return outcome
