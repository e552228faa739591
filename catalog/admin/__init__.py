"""The staff's door to the catalog: forms become drafts, and every save goes through the services."""

from catalog.admin.products import ProductAdmin
from catalog.admin.reviews import ReviewAdmin, WishlistAdmin
from catalog.admin.sales import FlashSaleAdmin

__all__ = ["FlashSaleAdmin", "ProductAdmin", "ReviewAdmin", "WishlistAdmin"]
