"""A guest who signs in takes the cart along."""

from __future__ import annotations

from config.kernel.transactions import in_transaction
from orders.basket import Basket, BasketLine
from orders.models import CartItem
from orders.owners import CartOwner
from orders.selectors.carts import basket_of
from orders.services.cart_changes import change_cart
from orders.services.cart_statements import lock_cart, open_cart


def merge_guest_cart(*, token: str, user_id: str) -> bool:
    """Put what lies in the cart of ``token`` into the user's own; whether there was anything.

    Units of the same variant and choices are added up, to at most what a line may have; no line is lost
    for want of room. The guest's cart is empty then, so that what is merged again is nothing.

    Locks: both carts, in the order of their ids. Refuses: a text that is no token (``InvalidCartToken``).
    Announces: ``cart.updated`` of both.
    """
    guest, own = CartOwner.guest(token), CartOwner.customer(user_id)
    if not CartItem.objects.filter(cart_id=guest.cart_id).exists():
        return False
    return in_transaction(lambda: _merged(guest, own))


def _merged(guest: CartOwner, own: CartOwner) -> bool:
    for owner in sorted((guest, own), key=lambda one: one.cart_id):
        lock_cart(owner) if owner is guest else open_cart(owner)
    coming = basket_of(guest.cart_id).lines
    if not coming:
        return False

    def take_in(basket: Basket, _offers: object) -> None:
        for line in coming:
            basket.add(
                BasketLine(
                    product_id=line.product_id,
                    variant_id=line.variant_id,
                    options=line.options,
                    quantity=line.quantity,
                ),
                bounded=False,
            )

    def give_away(basket: Basket, _offers: object) -> None:
        basket.lines.clear()

    change_cart(own, action="updated", change=take_in, variant_ids=[line.variant_id for line in coming])
    change_cart(guest, action="updated", change=give_away)
    return True
