"""What carts and orders announce. Each is published by a service, inside the transaction of its change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from config.kernel.events import DomainEvent

CartAction = Literal["item_added", "item_removed", "updated"]


@dataclasses.dataclass(frozen=True)
class CartUpdated(DomainEvent):
    """Something in a cart changed. ``cart`` is the whole cart, at the prices of that moment.

    ``user_id`` is whose it is, null for a guest's. ``shop_cart`` is the cart in the shop dialect.
    """

    name: ClassVar[str] = "cart.updated"
    subject_field: ClassVar[str] = "cart_id"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"shop_cart"})

    cart_id: str
    user_id: str | None
    action: CartAction
    cart: Mapping[str, Any]
    shop_cart: Mapping[str, Any]
    version: int
