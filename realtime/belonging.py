"""Whose carts and orders are, as rooms and events have to know it. The rule itself is the orders app's."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from config.identity.models import Role
from config.kernel.actors import Actor
from orders.owners import CartOwner
from orders.parties import Assigned, parties_of
from orders.selectors import assignments
from realtime.principals import Principal

#: Orders that one query looks up.
AT_ONCE = 1_000


def cart_owner(principal: Principal) -> CartOwner | None:
    """The owner of the cart that is this listener's; ``None``: it has none. Carts are for customers, and for
    guests who have shown the token of theirs."""
    if principal.kind == "user" and principal.role == Role.CUSTOMER:
        return CartOwner.customer(principal.id)
    if principal.kind == "guest" and principal.cart:
        return CartOwner(token_digest=principal.cart)
    return None


def is_party(principal: object, order: Assigned) -> bool:
    """Whether somebody may hear of an order: its customer, those who work on it, staff."""
    if not isinstance(principal, Principal) or principal.kind != "user":
        return False
    return bool(parties_of(order, actor=Actor("user", principal.id, "live"), role=principal.role))


def those_of_orders(asked: Collection[tuple[Principal, str]]) -> set[tuple[Principal, str]]:
    """Of these listeners and orders the pairs that belong together. Blocks: one query for each ``AT_ONCE``
    orders."""
    return set(_belonging(asked))


def _belonging(asked: Collection[tuple[Principal, str]]) -> Iterator[tuple[Principal, str]]:
    order_ids = sorted({order_id for _principal, order_id in asked})
    found: dict[str, Assigned] = {}
    for start in range(0, len(order_ids), AT_ONCE):
        found.update(assignments(order_ids[start : start + AT_ONCE]))
    for principal, order_id in asked:
        if order_id in found and is_party(principal, found[order_id]):
            yield principal, order_id
