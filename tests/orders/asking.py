"""Wishes and owners as the services take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from inventory.selectors.items import Item
from orders.owners import CartOwner, new_cart_token
from orders.wishes import CartChange, Wish
from tests.orders.shop import Goods


def wish(
    goods: Goods, quantity: int = 1, *, variant: int = 0, options: Mapping[str, str] | None = None
) -> Wish:
    item = Item(
        sent={"variantId": goods.variants[variant], "quantity": quantity}, variant_id=goods.variants[variant]
    )
    return Wish(item=item, quantity=quantity, options=options)


def step(
    action: Literal["add", "set", "remove"], goods: Goods, quantity: int = 1, **more: object
) -> CartChange:
    return CartChange(action=action, wish=wish(goods, quantity, **more))  # type: ignore[arg-type]


def a_guest() -> CartOwner:
    return CartOwner.guest(new_cart_token())
