"""Reads of the catalog. Nothing here writes; locks are taken only by a queryset that asks for them."""

from catalog.selectors.categories import largest_categories
from catalog.selectors.listing import (
    SORTS,
    Listing,
    ShopFilter,
    catalog_listing,
    featured_listing,
    shop_listing,
)
from catalog.selectors.records import product_records, revivable_variants
from catalog.selectors.sales import current_sales, next_edge_in, sale_record, sale_records, sale_views
from catalog.selectors.shown import Shown, product_shown, product_stamp, products_shown, stamp_on_sale

__all__ = [
    "SORTS",
    "Listing",
    "ShopFilter",
    "Shown",
    "catalog_listing",
    "current_sales",
    "featured_listing",
    "largest_categories",
    "next_edge_in",
    "product_records",
    "product_shown",
    "product_stamp",
    "products_shown",
    "revivable_variants",
    "sale_record",
    "sale_records",
    "sale_views",
    "shop_listing",
    "stamp_on_sale",
]
