"""Carts and orders as JSON values, in both dialects: an event's cart is an answer's to the letter."""

from orders.dialects.catalog import catalog_cart
from orders.dialects.shop import shop_cart

__all__ = ["catalog_cart", "shop_cart"]
