"""Reads of carts and orders. Nothing here writes, and nothing here locks."""

from orders.selectors.carts import cart_of

__all__ = ["cart_of"]
