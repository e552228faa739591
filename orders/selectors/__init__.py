"""Reads of carts and orders. Nothing here writes, and nothing here locks."""

from orders.selectors.carts import cart_of
from orders.selectors.orders import (
    OrderFilter,
    assignments,
    narrowed,
    order_record,
    order_records,
    visible_orders,
)

__all__ = [
    "OrderFilter",
    "assignments",
    "cart_of",
    "narrowed",
    "order_record",
    "order_records",
    "visible_orders",
]
