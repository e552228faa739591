"""A product as JSON values, in both of the contract's dialects. Plain functions over records: a list of
five thousand takes one pass, and an event's product is an answer's product to the letter."""

from catalog.dialects.catalog import catalog_product
from catalog.dialects.sales import catalog_sale, shop_sale
from catalog.dialects.shop import shop_product

__all__ = ["catalog_product", "catalog_sale", "shop_product", "shop_sale"]
