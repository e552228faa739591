"""From wishes to variants: an item's attributes name one, as everywhere in the shop; options are choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catalog.selectors.offers import options_of
from inventory.selectors.items import Item, name_items
from orders.wishes import Wanted, Wish

#: The option that shares its name with an attribute.
SIZES = "sizes"


def understand(wishes: Sequence[Wish]) -> list[Wanted]:
    """What each wish wants, in their order; at most five queries for any number.

    Refuses: every item that names no single variant that can be seen (``InvalidItems``).
    """
    settled = _settle_sizes(wishes)
    return [
        Wanted(
            product_id=named.product_id,
            variant_id=named.variant_id,
            quantity=wish.quantity,
            options=wish.options,
            sent=wish.item.sent,
        )
        for wish, named in zip(settled, name_items([wish.item for wish in settled]), strict=True)
    ]


def _settle_sizes(wishes: Sequence[Wish]) -> Sequence[Wish]:
    """The same wishes, each ``size`` now an option or an attribute."""
    asked = {wish.item.product_id for wish in wishes if wish.size is not None} - {None}
    options = options_of([product_id for product_id in asked if product_id is not None]) if asked else {}
    return [_settled(wish, options.get(wish.item.product_id or "", set())) for wish in wishes]


def _settled(wish: Wish, options: set[str]) -> Wish:
    if wish.size is None:
        return wish
    if SIZES in options:
        return replace(wish, size=None, options={SIZES: wish.size, **(wish.options or {})})
    return replace(wish, size=None, item=_with_size(wish.item, wish.size))


def _with_size(item: Item, size: str) -> Item:
    return replace(item, attributes={"size": size, **item.attributes})
