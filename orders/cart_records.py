"""Carts as plain values: what is read, shown and announced. No database, no JSON."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalog.offers import Offer
from catalog.sale_records import SaleOffer
from catalog.stock_port import VariantFigures
from orders.basket import BasketLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """A line at the prices of this moment. ``available``: it is sold, and there is enough of it.

    ``sale_left``: so many units its owner can have at this price, a flash sale's; ``None``: any number.
    """

    id: str
    product_id: str
    variant_id: str
    sku: str
    name: str
    image: str
    attributes: Mapping[str, str]
    options: Mapping[str, str]
    quantity: int
    price: Decimal
    available: bool
    sale_left: int | None = None

    @property
    def subtotal(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRecord:
    """A cart with its prices. ``updated_at``: ``None`` where nothing ever lay in it."""

    id: str
    user_id: str | None
    version: int
    updated_at: dt.datetime | None
    currency: str
    lines: tuple[CartLine, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), Decimal(0))

    @property
    def item_count(self) -> int:
        """Units, not lines."""
        return sum(line.quantity for line in self.lines)


def priced(
    lines: Iterable[BasketLine], offers: Mapping[str, Offer], figures: Mapping[str, VariantFigures]
) -> tuple[CartLine, ...]:
    """The lines as they are shown. Those of one variant share its stock, and those of one flash sale what it
    has left: enough for all, or for none.
    """
    lines = tuple(lines)
    wanted: Counter[str] = Counter()
    in_sale: Counter[str] = Counter()
    for line in lines:
        wanted[line.variant_id] += line.quantity
        if sale := offers[line.variant_id].sale:
            in_sale[sale.sale_id] += line.quantity
    return tuple(
        _priced(
            line,
            offers[line.variant_id],
            enough=figures[line.variant_id].available >= wanted[line.variant_id]
            and _is_enough(offers[line.variant_id].sale, in_sale),
        )
        for line in lines
    )


def _is_enough(sale: SaleOffer | None, in_sale: Mapping[str, int]) -> bool:
    return sale is None or sale.left is None or sale.left >= in_sale[sale.sale_id]


def _priced(line: BasketLine, offer: Offer, *, enough: bool) -> CartLine:
    sold = offer.for_sale and offer.price is not None and not offer.unknown_choices(line.options)
    return CartLine(
        id=line.id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        sku=offer.sku,
        name=offer.title,
        image=offer.image,
        attributes=offer.attributes,
        options=line.options,
        quantity=line.quantity,
        price=offer.unit_price(line.options),
        available=sold and enough,
        sale_left=offer.sale.left if offer.sale else None,
    )
