"""Opening, locking and storing carts. Only the services call this, inside of their transactions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection

from orders.basket import Basket, BasketLine
from orders.models import Cart, CartItem
from orders.owners import CartOwner
from orders.selectors.carts import carts_of


def lock_cart(owner: CartOwner) -> Cart | None:
    """Lock the owner's cart, if it has a row. Without its key: new lines refer to that."""
    return carts_of(owner).select_for_update(no_key=True).first()


@dataclass(frozen=True, slots=True)
class LockedCart:
    """A customer's cart as it stands, locked."""

    id: str
    version: int


# In id order, as everybody locks carts; without the key, as above.
_LOCK = """
SELECT user_id, id, version FROM orders_cart WHERE id = ANY(%s) AND user_id = ANY(%s)
ORDER BY id FOR NO KEY UPDATE
"""


def lock_carts(user_ids: Collection[str]) -> dict[str, LockedCart]:
    """Lock the carts of these customers, as far as they have a row, by customer; one statement."""
    carts = [CartOwner.customer(user_id).cart_id for user_id in user_ids]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [carts, list(user_ids)])
        return {user_id: LockedCart(id_, version) for user_id, id_, version in cursor.fetchall()}


def open_cart(owner: CartOwner) -> Cart:
    """Lock the owner's cart; it gets its row where it has none."""
    found = lock_cart(owner)
    if found is None:
        row = Cart(id=owner.cart_id, user_id=owner.user_id, token_digest=owner.token_digest)
        Cart.objects.bulk_create([row], ignore_conflicts=True)
        found = lock_cart(owner)
    if found is None:
        raise RuntimeError(f"{owner.cart_id} is somebody else's")
    return found


def store_basket(cart: Cart, basket: Basket, *, moment: dt.datetime) -> None:
    """Write what has changed in a locked cart, and count one change of it."""
    if basket.gone:
        CartItem.objects.filter(id__in=basket.gone).delete()
    if basket.changed:
        rows = [CartItem(id=line.id, quantity=line.quantity) for line in basket.changed]
        CartItem.objects.bulk_update(rows, ["quantity"])
    if basket.new:
        CartItem.objects.bulk_create(_rows(cart.id, basket.new))
    cart.version += 1
    cart.updated_at = moment
    Cart.objects.filter(id=cart.id).update(version=cart.version, updated_at=moment)


def _rows(cart_id: str, lines: Sequence[BasketLine]) -> list[CartItem]:
    return [
        CartItem(
            id=line.id,
            cart_id=cart_id,
            product_id=line.product_id,
            variant_id=line.variant_id,
            options=dict(line.options),
            quantity=line.quantity,
            position=line.position,
        )
        for line in lines
    ]
