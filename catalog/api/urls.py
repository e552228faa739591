"""Paths of both dialects. An id is any text without a slash; the fixed names stand first."""

from __future__ import annotations

from django.urls import URLPattern, path

from catalog.api.catalog_views import ProductBatchView, ProductsView, ProductView
from catalog.api.review_views import ReviewsViewSet
from catalog.api.sale_views import FlashSalesView, FlashSaleView
from catalog.api.shop_views import FeaturedProductsView, ShopProductsView, ShopProductView
from catalog.api.wishlist_views import WishlistViewSet

urlpatterns: list[URLPattern] = [
    path("products", ProductsView.as_view(), name="products"),
    path("products/batch", ProductBatchView.as_view(), name="products-batch"),
    path("products/<str:product_id>", ProductView.as_view(), name="product"),
    path("api/products", ShopProductsView.as_view(), name="shop-products"),
    path("api/products/featured", FeaturedProductsView.as_view(), name="shop-products-featured"),
    path("api/flash-sales", FlashSalesView.as_view(), name="flash-sales"),
    path("api/flash-sales/<str:sale_id>", FlashSaleView.as_view(), name="flash-sale"),
    path("api/products/<str:product_id>", ShopProductView.as_view(), name="shop-product"),
    path("api/products/<str:product_id>/reviews", ReviewsViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "api/reviews/<str:review_id>/status", ReviewsViewSet.as_view(dict.fromkeys(("put", "patch"), "judge"))
    ),
    path("api/wishlist", WishlistViewSet.as_view({"get": "retrieve"})),
    path("api/wishlist/items", WishlistViewSet.as_view({"post": "add"})),
    path("api/wishlist/items/<str:product_id>", WishlistViewSet.as_view({"delete": "remove"})),
]
