"""What a client says to its cart. The cart is changed as REST would change it, and by the same services.

Whose cart it is follows from the connection: a customer's own, or that of the guest who has shown its token
to it (``join_cart``). Whoever changes a cart is put into its room, so that the outcome is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from orders import services
from orders.api.wishes import CartChangeSerializer, CartItemBody, WishSerializer, change_of, wish_of
from orders.cart_records import CartRecord
from orders.dialects import shop_cart
from orders.errors import InvalidCartToken
from orders.owners import CartOwner
from orders.selectors import cart_of
from realtime.belonging import cart_owner
from realtime.consumers.shop.arguments import RefusedError, a_body, a_text, an_argument, an_object
from realtime.consumers.shop.joining import join
from realtime.consumers.shop.visitor import ROOM_JOIN_ERROR, Visitor
from realtime.threads import changes, threads

#: Changes that one batch may have.
MOST_CHANGES = 100
_LONGEST_TOKEN = 100

#: Changes the cart of an ``owner``, at the word of the connection ``origin``.
Change = Callable[..., CartRecord]


async def join_cart(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """Nothing, or ``{cartToken}``: a guest's; one that a customer brings along is merged, as by REST."""
    said = {} if an_argument(arguments, 0) is None else an_object(arguments)
    try:
        if said.get("cartToken") is not None:
            await _show(visitor, a_text(said["cartToken"], "cartToken", longest=_LONGEST_TOKEN))
        owner = _owner_of(visitor)
    except RefusedError as error:
        # Which of all carts it would have been, nobody knows.
        raise RefusedError(error.code, error.message, told_as=ROOM_JOIN_ERROR, room="cart") from None
    joined = await join(visitor, _room_name(owner))
    with visitor.hub.snapshot(visitor.session):
        cart = await threads.run(lambda: shop_cart(cart_of(owner)))
        visitor.emit("cart_sync", cart=cart)
    return {**joined, "cart": cart}


async def cart_add_item(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{productId, variant: {size, color}, options?, quantity}``."""
    said = an_object(arguments)
    return await _change(
        visitor, lambda: partial(services.add_item, wish=wish_of(a_body(CartItemBody, said)))
    )


async def cart_remove_item(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{productId, variant}``; ``options`` besides, where only the line with these is meant."""
    said = an_object(arguments)
    return await _change(
        visitor, lambda: partial(services.take_out, wish=wish_of(a_body(WishSerializer, said)))
    )


async def cart_batch_update(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """An array of ``{action, productId, variant, quantity}``, done one after the other, all or none."""
    said = an_argument(arguments, 0)
    if not isinstance(said, list) or not 1 <= len(said) <= MOST_CHANGES:
        raise RefusedError("malformed", f"takes an array of 1 to {MOST_CHANGES} changes")

    def batch() -> Change:
        wanted = [change_of(checked) for checked in a_body(CartChangeSerializer, said, many=True)]
        return partial(services.batch_update, changes=wanted)

    return await _change(visitor, batch)


async def _show(visitor: Visitor, token: str) -> None:
    principal = visitor.principal
    try:
        if principal.kind == "guest":
            await visitor.show_cart(CartOwner.guest(token).token_digest or "")
        elif cart_owner(principal) is not None:
            await changes.run(partial(services.merge_guest_cart, token=token, user_id=principal.id))
    except InvalidCartToken as error:
        raise RefusedError(error.code, "cartToken: is not one of ours") from None


def _owner_of(visitor: Visitor) -> CartOwner:
    owner = cart_owner(visitor.principal)
    if owner is not None:
        return owner
    if visitor.principal.kind == "guest":
        raise RefusedError("not_authenticated", "sign in, or say join_cart with a cartToken first")
    raise RefusedError("not_permitted", "carts are for customers")


def _room_name(owner: CartOwner) -> str:
    return f"cart_{owner.cart_id}"


async def _change(visitor: Visitor, read: Callable[[], Change]) -> Mapping[str, Any]:
    """Do what ``read`` makes of what was said to the visitor's cart; the cart as it is then."""
    owner = _owner_of(visitor)
    await visitor.join(_room_name(owner))

    def work() -> Mapping[str, Any]:
        return shop_cart(read()(owner=owner, origin=visitor.session.id))

    return {"cart": await changes.run(work)}
