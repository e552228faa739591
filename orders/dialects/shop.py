"""The shop dialect: `/api/cart`, `/api/orders` and Socket.IO. camelCase."""

from __future__ import annotations

from typing import Any

from config.kernel.clock import iso, now
from config.kernel.money import to_number
from orders.cart_records import CartLine, CartRecord
from orders.dialects.options import shown_options
from orders.order_records import LineRecord, OrderRecord, Person


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
    shown = {
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
    if line.sale_left is not None:
        shown["saleLimit"] = line.sale_left
    return shown


def shop_order(order: OrderRecord, *, populated: bool = False) -> dict[str, Any]:
    """The whole order. ``populated``: with its customer in place of the customer's id."""
    total = to_number(order.total, order.currency)
    return {
        "_id": order.id,
        "id": order.id,
        "orderNumber": order.number,
        "userId": shop_person(order.customer) if populated else order.customer.id,
        "items": [_order_line(line, order.currency) for line in order.lines],
        "totalPrice": total,
        "totalAmount": total,
        "currency": order.currency,
        "itemCount": order.item_count,
        "shippingAddress": order.shipping_address,
        "phone": order.phone,
        "status": order.status.value,
        "statusHistory": [
            {"status": entry.status, "timestamp": iso(entry.at), "note": entry.note, "by": entry.by}
            for entry in order.history
        ],
        "paymentMethod": order.payment_method,
        "paymentStatus": order.payment_status,
        "tailor": order.tailor.id if order.tailor else None,
        "tailorStatus": order.tailor_status or None,
        "deliveryPartner": order.delivery_partner_id,
        "estimatedDelivery": iso(order.estimated_delivery) if order.estimated_delivery else None,
        "tracking": {"carrier": order.carrier or None, "trackingNumber": order.tracking_number or None},
        "notes": order.notes,
        "createdAt": iso(order.created_at),
        "updatedAt": iso(order.updated_at),
    }


def shop_person(person: Person) -> dict[str, str]:
    """Somebody, populated."""
    return {"_id": person.id, "name": person.name, "email": person.email, "phone": person.phone}


def _order_line(line: LineRecord, currency: str) -> dict[str, Any]:
    choices = shown_options(line.options)
    return {
        "_id": line.id,
        "id": line.id,
        "productId": line.product_id,
        "variantId": line.variant_id,
        "name": line.name,
        "quantity": line.quantity,
        "price": to_number(line.price, currency),
        "variant": dict(line.attributes),
        "options": choices,
        "flavor": choices.get("flavor"),
        "size": choices.get("size"),
        "eggOption": choices.get("eggOption"),
        "subtotal": to_number(line.subtotal, currency),
    }
