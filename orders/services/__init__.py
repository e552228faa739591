"""The only writers of carts and orders, and the only ones who announce them. One module for each use case."""

from orders.services.assigning import UNCHANGED, Unchanged, assign_order, change_tailor_status
from orders.services.carts import (
    add_item,
    batch_update,
    clear,
    remove_item,
    set_quantity,
    take_out,
)
from orders.services.merging import merge_guest_cart
from orders.services.placing import Terms, place_order
from orders.services.returns import Returned, return_items
from orders.services.status import Shipment, cancel_order, change_status
from orders.services.sweeping import forget_stale_guest_carts

__all__ = [
    "UNCHANGED",
    "Returned",
    "Shipment",
    "Terms",
    "Unchanged",
    "add_item",
    "assign_order",
    "batch_update",
    "cancel_order",
    "change_status",
    "change_tailor_status",
    "clear",
    "forget_stale_guest_carts",
    "merge_guest_cart",
    "place_order",
    "remove_item",
    "return_items",
    "set_quantity",
    "take_out",
]
