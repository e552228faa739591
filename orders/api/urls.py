"""The paths of carts and orders."""

from __future__ import annotations

from django.urls import path

from orders.api.cart_views import CartViewSet

urlpatterns = [
    path("api/cart", CartViewSet.as_view({"get": "retrieve", "post": "add", "delete": "clear"})),
    path("api/cart/items", CartViewSet.as_view({"post": "add"})),
    path("api/cart/items/<str:item_id>", CartViewSet.as_view({"patch": "set_quantity", "delete": "remove"})),
]
