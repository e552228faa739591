"""Units of flash sales that an order takes, and that its cancellation gives back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from catalog import services as catalog
from catalog.errors import SaleUnitsShort
from catalog.offers import Offer
from config.kernel.errors import ConflictingItems, ItemError
from orders.errors import beyond_sale
from orders.wishes import Wanted


def limited_units(wanted: Sequence[Wanted], offers: Mapping[str, Offer]) -> Mapping[str, int]:
    """How many units of what is wanted are offered at the prices of sales that have only so many, by sale."""
    units: Counter[str] = Counter()
    for one in wanted:
        sale = offers[one.variant_id].sale
        if sale is not None and sale.left is not None:
            units[sale.sale_id] += one.quantity
    return units


def take_sale_units(
    *,
    order_id: str,
    customer_id: str,
    units: Mapping[str, int],
    wanted: Sequence[Wanted],
    offers: Mapping[str, Offer],
) -> None:
    """Take ``limited_units`` from the sales' pools and the customer's shares, inside the transaction that
    places the order: one statement.

    Locks: the sales, in id order, below the stock heads. Refuses: every item of which a sale has fewer units
    left (``ConflictingItems``). Announces: ``flash_sale.updated`` of a sale that is sold out now.
    """
    try:
        catalog.take_units(reference=order_id, customer=customer_id, units=units)
    except SaleUnitsShort as short:
        raise ConflictingItems(_beyond(wanted, offers, short.left)) from short


def give_back_sale_units(*, order_id: str) -> None:
    """Give back what the order took of any sale, once, inside the transaction that cancels it.

    Locks: the sales, in id order. Refuses: nothing. Announces: ``flash_sale.updated`` of a sale that was sold
    out.
    """
    catalog.give_back_units(reference=order_id)


def _beyond(
    wanted: Sequence[Wanted], offers: Mapping[str, Offer], left: Mapping[str, int]
) -> list[ItemError]:
    refused = []
    for one in wanted:
        sale = offers[one.variant_id].sale
        if sale is not None and sale.sale_id in left:
            refused.append(beyond_sale(one.sent, left[sale.sale_id]))
    return refused
