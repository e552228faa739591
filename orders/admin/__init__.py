"""The staff's door to orders: looked at whole, changed only by the services' own steps."""

from orders.admin.orders import OrderAdmin

__all__ = ["OrderAdmin"]
