"""What a client says to its wishlist. It is changed as REST would change it, and by the same services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from catalog import services
from catalog.dialects.customers import shop_wishlist
from catalog.records import WishlistRecord
from config.identity.models import Role
from config.kernel.ids import MAX_ID_LENGTH
from realtime.consumers.shop.arguments import RefusedError, a_text, a_text_or_none, an_id, an_object
from realtime.consumers.shop.visitor import Visitor
from realtime.threads import changes

_ACTIONS: Mapping[str, Callable[..., WishlistRecord]] = {
    "item_added": services.add_wish,
    "item_removed": services.remove_wish,
}
_CREATED = "wishlist_created"


async def wishlist_updated(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{action, productId, wishlistId?}``. Whose wishlist it is, the token says; each has one, so
    ``wishlistId`` says nothing more."""
    said = an_object(arguments)
    action = a_text(said.get("action"), "action")
    a_text_or_none(said.get("wishlistId"), "wishlistId", longest=MAX_ID_LENGTH)
    if action == _CREATED:
        change: Callable[..., WishlistRecord] = services.begin_wishlist
    elif action in _ACTIONS:
        change = partial(_ACTIONS[action], product_id=an_id(said.get("productId"), "productId"))
    else:
        known = ", ".join((*_ACTIONS, _CREATED))
        raise RefusedError("unknown_action", f"action: must be one of {known}")
    user_id = _customer(visitor)
    return {"wishlist": await changes.run(lambda: shop_wishlist(change(user_id=user_id)))}


def _customer(visitor: Visitor) -> str:
    principal = visitor.principal
    if principal.kind == "user" and principal.role == Role.CUSTOMER:
        return principal.id
    if principal.kind == "guest":
        raise RefusedError("not_authenticated", "sign in first")
    raise RefusedError("not_permitted", "wishlists are for customers")
