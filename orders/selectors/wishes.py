"""From wishes to variants: an item's attributes name one, as everywhere in the shop; options are choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catalog.selectors.offers import options_of
from config.kernel.errors import InvalidItems, ItemError
from inventory.selectors.items import Item, Named, try_to_name
from orders.wishes import Wanted, Wish

#: The option that shares its name with an attribute.
SIZES = "sizes"


def understand(wishes: Sequence[Wish]) -> list[Wanted]:
    """What each wish wants, in their order; at most five queries for any number.

    Refuses: every item that names no single variant that can be seen (``InvalidItems``).
    """
    (wanted,) = understand_each([wishes])
    if isinstance(wanted, InvalidItems):
        raise wanted
    return wanted


def understand_each(requests: Sequence[Sequence[Wish]]) -> list[list[Wanted] | InvalidItems]:
    """What the wishes of each of several requests want, or all that name no single variant.

    No more queries than for one request, and none where there are no wishes.
    """
    settled = iter(_settle_sizes([wish for wishes in requests for wish in wishes]))
    wishes_of = [[next(settled) for _ in wishes] for wishes in requests]
    items = [wish.item for wishes in wishes_of for wish in wishes]
    names = iter(try_to_name(items) if items else ())
    return [_understood([(wish, next(names)) for wish in wishes]) for wishes in wishes_of]


def _understood(named: Sequence[tuple[Wish, Named | ItemError]]) -> list[Wanted] | InvalidItems:
    wrong = [name for _, name in named if isinstance(name, ItemError)]
    if wrong:
        return InvalidItems(wrong)
    return [
        Wanted(
            product_id=name.product_id,
            variant_id=name.variant_id,
            quantity=wish.quantity,
            options=wish.options,
            sent=wish.item.sent,
        )
        for wish, name in named
        if isinstance(name, Named)
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
