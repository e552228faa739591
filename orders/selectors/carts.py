"""Carts as they are now: lines from the table, prices from the catalog, stock from whoever counts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import orjson
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from catalog.dialects.shop import shop_currency
from catalog.offers import Offer
from catalog.selectors.offers import offers_of
from catalog.stock_port import stock
from config.kernel.statements import Prepared, rows
from orders.basket import Basket, BasketLine
from orders.cart_records import CartRecord, priced
from orders.models import Cart, CartItem
from orders.owners import CartOwner


def cart_of(owner: CartOwner) -> CartRecord:
    """The owner's cart at the prices of this moment; four queries, and one where nothing ever lay in it."""
    row = carts_of(owner).values_list("version", "updated_at").first()
    if row is None:
        return shown(owner, Basket(), {}, version=0, updated_at=None)
    version, updated_at = row
    basket = basket_of(owner.cart_id)
    return shown(owner, basket, offers_in(basket, owner), version=version, updated_at=updated_at)


def units_in(owner: CartOwner) -> int:
    """How many units lie in the owner's cart; one query."""
    held = CartItem.objects.filter(cart__in=carts_of(owner))
    units: int = held.aggregate(units=Coalesce(Sum("quantity"), 0))["units"]
    return units


def carts_of(owner: CartOwner) -> QuerySet[Cart]:
    """The owner's cart, if it has a row."""
    if owner.user_id is not None:
        return Cart.objects.filter(id=owner.cart_id, user_id=owner.user_id)
    return Cart.objects.filter(id=owner.cart_id, token_digest=owner.token_digest)


def basket_of(cart_id: str) -> Basket:
    """What lies in a cart."""
    return baskets_of([cart_id])[cart_id]


# By hand: to make up the SQL took the ORM longer than to read a cart takes.
_ITEMS = Prepared(
    """
SELECT cart_id, id, product_id, variant_id, options, quantity, position FROM orders_cartitem
WHERE cart_id = ANY(%s) ORDER BY position, id
"""
)


def baskets_of(cart_ids: Collection[str]) -> dict[str, Basket]:
    """What lies in each of these carts; one query for any number, and none for none."""
    lines: dict[str, list[BasketLine]] = {cart_id: [] for cart_id in cart_ids}
    if lines:
        found = rows(_ITEMS, [list(lines)])
        for cart_id, id_, product_id, variant_id, options, quantity, position in found:
            lines[cart_id].append(
                BasketLine(
                    id=id_,
                    product_id=product_id,
                    variant_id=variant_id,
                    options=orjson.loads(options),
                    quantity=quantity,
                    position=position,
                )
            )
    return {cart_id: Basket(found) for cart_id, found in lines.items()}


def offers_in(basket: Basket, owner: CartOwner) -> dict[str, Offer]:
    """What is offered of each variant in it to its owner, in the shop's currency."""
    variant_ids = {line.variant_id for line in basket.lines}
    return offers_of(variant_ids, currency=shop_currency(), customer=owner.user_id)


def shown(
    owner: CartOwner,
    basket: Basket,
    offers: Mapping[str, Offer],
    *,
    version: int,
    updated_at: dt.datetime | None,
) -> CartRecord:
    """A cart with prices, and its stock looked at now (one query, none for an empty one)."""
    variant_ids = sorted({line.variant_id for line in basket.lines})
    return CartRecord(
        id=owner.cart_id,
        user_id=owner.user_id,
        version=version,
        updated_at=updated_at,
        currency=shop_currency(),
        lines=priced(basket.lines, offers, stock().figures(variant_ids) if variant_ids else {}),
    )
