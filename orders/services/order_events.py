"""What is announced of an order: the whole of it, in both dialects."""

from __future__ import annotations

from typing import Any

from orders.dialects import catalog_order, shop_order, shop_person
from orders.order_records import OrderRecord


def event_fields(order: OrderRecord) -> dict[str, Any]:
    """The fields that all events of an order have."""
    return {
        "order_id": order.id,
        "order_number": order.number,
        "user_id": order.customer.id,
        "tailor_id": order.tailor.id if order.tailor else None,
        "delivery_partner_id": order.delivery_partner_id,
        "status": order.status.value,
        "order": catalog_order(order),
        "shop_order": shop_order(order),
        "customer": shop_person(order.customer),
        "version": order.version,
    }
