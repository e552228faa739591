"""Opening, locking and storing carts. Only the services call this, inside of their transactions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from config.kernel.statements import Prepared, change, row, rows
from orders.basket import Basket, BasketLine
from orders.models import Cart, CartItem
from orders.owners import CartOwner

# Without its key: new lines refer to that.
_LOCK = Prepared(
    """
SELECT id, version, updated_at FROM orders_cart
WHERE id = %(id)s AND (user_id = %(user)s OR token_digest = %(token)s) FOR NO KEY UPDATE
"""
)
# In id order, as everybody locks carts.
_LOCK_EACH = Prepared(
    """
SELECT user_id, id, version FROM orders_cart WHERE id = ANY(%s) AND user_id = ANY(%s)
ORDER BY id FOR NO KEY UPDATE
"""
)
_OPEN = Prepared(
    """
INSERT INTO orders_cart (id, user_id, token_digest, version) VALUES (%(id)s, %(user)s, %(token)s, 0)
ON CONFLICT DO NOTHING
"""
)
_STORE = Prepared(
    """
WITH changed AS (
    UPDATE orders_cartitem AS item SET quantity = new.quantity
    FROM json_to_recordset(%(changed)s::json) AS new(id text, quantity int) WHERE item.id = new.id
), new AS (
    INSERT INTO orders_cartitem (id, cart_id, product_id, variant_id, options, quantity, position)
    SELECT new.id, %(cart)s, new.product_id, new.variant_id, new.options, new.quantity, new.position
    FROM json_to_recordset(%(new)s::json)
         AS new(id text, product_id text, variant_id text, options jsonb, quantity int, position int)
)
UPDATE orders_cart SET version = version + 1, updated_at = %(moment)s WHERE id = %(cart)s
"""
)


def lock_cart(owner: CartOwner) -> Cart | None:
    """Lock the owner's cart, if it has a row."""
    found = row(_LOCK, _whose(owner))
    if found is None:
        return None
    id_, version, updated_at = found
    return Cart(id=id_, version=version, updated_at=updated_at)


@dataclass(frozen=True, slots=True)
class LockedCart:
    """A customer's cart as it stands, locked."""

    id: str
    version: int


def lock_carts(user_ids: Collection[str]) -> dict[str, LockedCart]:
    """Lock the carts of these customers, as far as they have a row, by customer; one statement."""
    carts = [CartOwner.customer(user_id).cart_id for user_id in user_ids]
    found = rows(_LOCK_EACH, [carts, list(user_ids)])
    return {user_id: LockedCart(id_, version) for user_id, id_, version in found}


def open_cart(owner: CartOwner) -> Cart:
    """Lock the owner's cart; it gets its row where it has none."""
    found = lock_cart(owner)
    if found is None:
        change(_OPEN, _whose(owner))
        found = lock_cart(owner)
    if found is None:
        raise RuntimeError(f"{owner.cart_id} is somebody else's")
    return found


def store_basket(cart: Cart, basket: Basket, *, moment: dt.datetime) -> None:
    """Write what has changed in a locked cart, and count one change of it."""
    if basket.gone:
        # By itself, and first: the same may have come in again.
        CartItem.objects.filter(id__in=basket.gone).delete()
    parameters = {
        "cart": cart.id,
        "moment": moment,
        "changed": _json([{"id": line.id, "quantity": line.quantity} for line in basket.changed]),
        "new": _json(_rows(basket.new)),
    }
    change(_STORE, parameters)
    cart.version += 1
    cart.updated_at = moment


def _whose(owner: CartOwner) -> dict[str, str | None]:
    return {"id": owner.cart_id, "user": owner.user_id, "token": owner.token_digest}


def _rows(lines: Sequence[BasketLine]) -> list[dict[str, Any]]:
    return [
        {
            "id": line.id,
            "product_id": line.product_id,
            "variant_id": line.variant_id,
            "options": dict(line.options),
            "quantity": line.quantity,
            "position": line.position,
        }
        for line in lines
    ]


def _json(rows: Any) -> str:
    return orjson.dumps(rows).decode()
