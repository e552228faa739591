"""What the catalog asks of purchases, answered by the orders. Handed in by ``AppConfig.ready``."""

from __future__ import annotations

from orders.flow import Status
from orders.models import OrderLine


class DeliveredOrders:
    """``catalog.purchase_port.PurchasePort``."""

    def has_received(self, *, user_id: str, product_id: str) -> bool:
        lines = OrderLine.objects.filter(product_id=product_id)
        return lines.filter(order__user_id=user_id, order__status=Status.DELIVERED.value).exists()
