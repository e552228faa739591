"""The paths of carts, orders and payments."""

from __future__ import annotations

from django.urls import path

from orders.api.cart_views import CartViewSet
from orders.api.order_views import OrdersViewSet
from orders.api.payment_views import PaymentsViewSet, WebhookView

_CHANGE = {"put", "patch"}

urlpatterns = [
    path("api/cart", CartViewSet.as_view({"get": "retrieve", "post": "add", "delete": "clear"})),
    path("api/cart/items", CartViewSet.as_view({"post": "add"})),
    path("api/cart/items/<str:item_id>", CartViewSet.as_view({"patch": "set_quantity", "delete": "remove"})),
    path("api/orders", OrdersViewSet.as_view({"get": "list", "post": "create"})),
    path("api/orders/<str:order_id>", OrdersViewSet.as_view({"get": "retrieve"})),
    path("api/orders/<str:order_id>/status", OrdersViewSet.as_view(dict.fromkeys(_CHANGE, "status"))),
    path("api/orders/<str:order_id>/cancel", OrdersViewSet.as_view({"post": "cancel"})),
    path("api/orders/<str:order_id>/return", OrdersViewSet.as_view({"post": "take_back"})),
    path("api/orders/<str:order_id>/assign", OrdersViewSet.as_view(dict.fromkeys(_CHANGE, "assign"))),
    path(
        "api/orders/<str:order_id>/tailor-status",
        OrdersViewSet.as_view(dict.fromkeys(_CHANGE, "tailor_status")),
    ),
    path("api/payments", PaymentsViewSet.as_view({"post": "create"})),
    path("api/payments/verify", PaymentsViewSet.as_view({"post": "verify"})),
    path("api/payments/webhooks/<str:provider>", WebhookView.as_view()),
    path("api/payments/<str:payment_id>/refund", PaymentsViewSet.as_view({"post": "refund"})),
    path("api/payments/<str:payment_id>/complete", PaymentsViewSet.as_view({"post": "complete"})),
    path("api/payments/<str:payment_id>/confirm", PaymentsViewSet.as_view({"post": "confirm"})),
]
