"""Reads of carts, orders and payments. Nothing here writes, and nothing here locks."""

from orders.selectors.carts import cart_of
from orders.selectors.figures import Trade, active_carts, orders_since, revenue_since, trade_since
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
    "Trade",
    "active_carts",
    "assignments",
    "cart_of",
    "narrowed",
    "order_record",
    "order_records",
    "orders_since",
    "revenue_since",
    "trade_since",
    "visible_orders",
]
