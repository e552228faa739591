"""The staff's door to orders: looked at whole, changed only by the services' own steps."""

from orders.admin.orders import OrderAdmin
from orders.admin.payments import PaymentAdmin, ProviderEventAdmin

__all__ = ["OrderAdmin", "PaymentAdmin", "ProviderEventAdmin"]
