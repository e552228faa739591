"""The closed list of what a Socket.IO client may say. A new command is one entry in ``COMMANDS``.

A handler gets the visitor and the arguments as they came. It returns what stands in the acknowledgement
beside ``ok``, or raises ``RefusedError`` or an error of the services that it calls. It has no rule of its
own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from config.kernel.clock import iso_of
from realtime.consumers.shop.arguments import (
    a_text,
    a_text_or_none,
    a_whole_number,
    an_argument,
    an_id,
    an_object,
)
from realtime.consumers.shop.carts import cart_add_item, cart_batch_update, cart_remove_item, join_cart
from realtime.consumers.shop.joining import join, leave, not_joined
from realtime.consumers.shop.support import join_support_chat, support_message, typing_start, typing_stop
from realtime.consumers.shop.visitor import Visitor
from realtime.consumers.shop.wishlists import wishlist_updated
from realtime.presence import floor
from realtime.principals import principal_of_token
from realtime.threads import threads

Handler: TypeAlias = Callable[[Visitor, Sequence[Any]], Awaitable[Mapping[str, Any] | None]]

_LONGEST_TOKEN = 5_000
_LONGEST_CATEGORY = 100
#: A week: who looks at a product for longer has gone home.
_LONGEST_VIEW_MS = 7 * 24 * 3_600_000


async def join_room(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{room, userId?}``: the token says who it is, whatever ``userId`` says."""
    return await join(visitor, a_text(an_object(arguments).get("room"), "room"))


async def leave_room(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{room}``."""
    return await leave(visitor, a_text(an_object(arguments).get("room"), "room"))


async def join_order_room(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """The order's id."""
    return await join(visitor, f"order_{a_text(an_argument(arguments, 0), 'orderId')}")


async def leave_order_room(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """The order's id."""
    return await leave(visitor, f"order_{a_text(an_argument(arguments, 0), 'orderId')}")


async def user_role(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """A role and an id, which say nothing that the token does not say. A role that it does not bear is
    refused, and nothing is joined."""
    role = a_text(an_argument(arguments, 0), "role")
    if role != visitor.principal.role:
        raise not_joined(role, "not_authenticated" if visitor.principal.kind == "guest" else "not_permitted")
    await visitor.join(f"user_{visitor.principal.id}")
    return await join(visitor, role)


async def authenticate(visitor: Visitor, arguments: Sequence[Any]) -> Mapping[str, Any]:
    """``{token}``: fresh credentials for this connection."""
    token = a_text(an_object(arguments).get("token"), "token", longest=_LONGEST_TOKEN)
    principal = await threads.run(partial(principal_of_token, token))
    await visitor.become(principal)
    expires = None if principal.expires_at is None else iso_of(principal.expires_at)
    return {"user": {"id": principal.id, "role": principal.role}, "expiresAt": expires}


async def product_view(visitor: Visitor, arguments: Sequence[Any]) -> None:
    """``{productId, category?, duration}``, which is in milliseconds."""
    said = an_object(arguments)
    floor.here().view(
        visitor.principal,
        product_id=an_id(said.get("productId"), "productId"),
        category=a_text_or_none(said.get("category"), "category", longest=_LONGEST_CATEGORY),
        duration_ms=a_whole_number(said.get("duration"), "duration", most=_LONGEST_VIEW_MS),
    )


async def user_activity(visitor: Visitor, arguments: Sequence[Any]) -> None:  # noqa: ARG001  there are none
    """The heartbeat of whoever is signed in. A guest's is heard, and says nothing."""
    floor.here().active(visitor.principal)


COMMANDS: Mapping[str, Handler] = {
    "join_room": join_room,
    "leave_room": leave_room,
    "join_order_room": join_order_room,
    "leave_order_room": leave_order_room,
    "join_cart": join_cart,
    "cart_add_item": cart_add_item,
    "cart_remove_item": cart_remove_item,
    "cart_batch_update": cart_batch_update,
    "user_role": user_role,
    "authenticate": authenticate,
    "join_support_chat": join_support_chat,
    "support_message": support_message,
    "typing_start": typing_start,
    "typing_stop": typing_stop,
    "product_view": product_view,
    "wishlist_updated": wishlist_updated,
    "user_activity": user_activity,
}
