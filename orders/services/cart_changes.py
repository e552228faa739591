"""The one way in which a cart changes: locked, changed as a whole, stored, announced."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from catalog.dialects.shop import shop_currency
from catalog.offers import Offer
from catalog.selectors.offers import offers_of
from config.kernel import clock
from orders.basket import Basket
from orders.cart_records import CartRecord
from orders.dialects import catalog_cart, shop_cart
from orders.events import CartAction, CartUpdated
from orders.models import Cart
from orders.owners import CartOwner
from orders.selectors.carts import basket_of, offers_in, shown
from orders.services.cart_statements import lock_cart, open_cart, store_basket
from orders.signals import cart_updated

#: What a door asks of the cart as it stands, under its lock (``If-Match``); it raises what it refuses for.
Expectation = Callable[[CartRecord], None]
Change = Callable[[Basket, Mapping[str, Offer]], None]


def change_cart(
    owner: CartOwner,
    *,
    action: CartAction,
    change: Change,
    variant_ids: Collection[str] = (),
    expect: Expectation | None = None,
    origin: str = "",
) -> CartRecord:
    """Have ``change`` change the owner's cart, inside the caller's transaction; what it is then.

    ``change`` is given the offers of what lies in the cart and of ``variant_ids``, which are on their way in;
    where there are none, a cart that was never opened stays so. ``origin`` is the id of the connection that
    asked for it.
    """
    cart = open_cart(owner) if variant_ids else lock_cart(owner)
    basket = basket_of(cart.id) if cart else Basket()
    if expect is not None:
        expect(_shown(owner, cart, basket, offers_in(basket, owner)))
    inside = {line.variant_id for line in basket.lines}
    offers = offers_of(inside | set(variant_ids), currency=shop_currency(), customer=owner.user_id)
    change(basket, offers)
    if cart is None or not basket.is_changed:
        return _shown(owner, cart, basket, offers)
    store_basket(cart, basket, moment=clock.now())
    record = _shown(owner, cart, basket, offers)
    cart_updated.publish(cart_event(record, action, origin=origin))
    return record


def cart_event(record: CartRecord, action: CartAction, *, origin: str = "") -> CartUpdated:
    """What is announced of a cart that has changed."""
    return CartUpdated(
        cart_id=record.id,
        user_id=record.user_id,
        action=action,
        cart=catalog_cart(record),
        shop_cart=shop_cart(record),
        version=record.version,
        origin=origin,
    )


def _shown(owner: CartOwner, cart: Cart | None, basket: Basket, offers: Mapping[str, Offer]) -> CartRecord:
    return shown(
        owner,
        basket,
        offers,
        version=cart.version if cart else 0,
        updated_at=cart.updated_at if cart else None,
    )
