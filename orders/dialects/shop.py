"""The shop dialect: `/api/cart`, `/api/orders` and Socket.IO. camelCase."""

from __future__ import annotations

from typing import Any

from config.kernel.clock import iso, now
from config.kernel.money import to_number
from orders.dialects.options import shown_options
from orders.records import CartLine, CartRecord


def shop_cart(cart: CartRecord) -> dict[str, Any]:
    """The whole cart."""
    return {
        "_id": cart.id,
        "id": cart.id,
        "items": [_cart_line(line, cart.currency) for line in cart.lines],
        "totalPrice": to_number(cart.total, cart.currency),
        "currency": cart.currency,
        "itemCount": cart.item_count,
        # Clients parse it, so there is always one: what never was changed is as it is now.
        "updatedAt": iso(cart.updated_at or now()),
    }


def _cart_line(line: CartLine, currency: str) -> dict[str, Any]:
    return {
        "_id": line.id,
        "id": line.id,
        "productId": line.product_id,
        "name": line.name,
        "image": line.image,
        "variant": dict(line.attributes),
        "options": shown_options(line.options),
        "quantity": line.quantity,
        "price": to_number(line.price, currency),
        "subtotal": to_number(line.subtotal, currency),
        "available": line.available,
    }
