"""The catalog dialect: `/ws`, `/events`. snake_case."""

from __future__ import annotations

from typing import Any

from config.kernel.clock import iso, now
from config.kernel.money import to_number
from orders.records import CartRecord


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
            }
            for line in cart.lines
        ],
        "total_price": to_number(cart.total, cart.currency),
        "currency": cart.currency,
        "item_count": cart.item_count,
        "version": cart.version,
        "updated_at": iso(cart.updated_at or now()),
    }
