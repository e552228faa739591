"""The app of carts and orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Carts, orders and payments; empty until checkout is built."""

    name = "orders"
    verbose_name = "Orders"
