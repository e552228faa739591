"""Carts, orders and payments as JSON values: an event's cart is an answer's to the letter."""

from orders.dialects.catalog import catalog_cart, catalog_order
from orders.dialects.shop import shop_cart, shop_order, shop_person

__all__ = ["catalog_cart", "catalog_order", "shop_cart", "shop_order", "shop_person"]
