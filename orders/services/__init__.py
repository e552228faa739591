"""The only writers of carts and orders, and the only ones who announce them. One module for each use case."""

from orders.services.cart_changes import Expectation
from orders.services.carts import (
    add_item,
    batch_update,
    clear,
    remove_item,
    set_quantity,
)
from orders.services.merging import merge_guest_cart
from orders.services.sweeping import forget_stale_guest_carts

__all__ = [
    "Expectation",
    "add_item",
    "batch_update",
    "clear",
    "forget_stale_guest_carts",
    "merge_guest_cart",
    "remove_item",
    "set_quantity",
]
