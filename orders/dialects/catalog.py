"""The catalog dialect: `/ws`, `/events`. snake_case."""

from __future__ import annotations

from typing import Any

from config.kernel.clock import iso, now
from config.kernel.money import to_number
from orders.cart_records import CartRecord
from orders.order_records import LineRecord, OrderRecord


def catalog_cart(cart: CartRecord) -> dict[str, Any]:
    """The whole cart."""
    return {
        "id": cart.id,
        "items": [
            {
                "id": line.id,
                "product_id": line.product_id,
                "variant_id": line.variant_id,
                "sku": line.sku,
                "name": line.name,
                "image": line.image,
                "attributes": dict(line.attributes),
                "options": dict(line.options),
                "quantity": line.quantity,
                "price": to_number(line.price, cart.currency),
                "subtotal": to_number(line.subtotal, cart.currency),
                "available": line.available,
                **({} if line.sale_left is None else {"sale_limit": line.sale_left}),
            }
            for line in cart.lines
        ],
        "total_price": to_number(cart.total, cart.currency),
        "currency": cart.currency,
        "item_count": cart.item_count,
        "version": cart.version,
        "updated_at": iso(cart.updated_at or now()),
    }


def catalog_order(order: OrderRecord) -> dict[str, Any]:
    """The whole order."""
    return {
        "id": order.id,
        "order_number": order.number,
        "user_id": order.customer.id,
        "items": [_order_line(line, order.currency) for line in order.lines],
        "total_price": to_number(order.total, order.currency),
        "currency": order.currency,
        "item_count": order.item_count,
        "shipping_address": order.shipping_address,
        "phone": order.phone,
        "status": order.status.value,
        "status_history": [
            {"status": entry.status, "timestamp": iso(entry.at), "note": entry.note, "by": entry.by}
            for entry in order.history
        ],
        "payment_method": order.payment_method,
        "payment_status": order.payment_status,
        "tailor_id": order.tailor.id if order.tailor else None,
        "tailor_status": order.tailor_status or None,
        "delivery_partner_id": order.delivery_partner_id,
        "estimated_delivery": iso(order.estimated_delivery) if order.estimated_delivery else None,
        "tracking": {"carrier": order.carrier or None, "tracking_number": order.tracking_number or None},
        "notes": order.notes,
        "version": order.version,
        "created_at": iso(order.created_at),
        "updated_at": iso(order.updated_at),
    }


def _order_line(line: LineRecord, currency: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "attributes": dict(line.attributes),
        "options": dict(line.options),
        "quantity": line.quantity,
        "price": to_number(line.price, currency),
        "subtotal": to_number(line.subtotal, currency),
    }
