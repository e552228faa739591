"""The one way in which an order changes: locked, judged by what the doer is to it, stored, announced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from config.identity.models import Role
from config.kernel import clock
from config.kernel.actors import Actor
from orders.errors import OrderNotFound
from orders.flow import Party
from orders.models import Order
from orders.order_records import OrderRecord
from orders.parties import parties_of
from orders.selectors.orders import order_record

#: What a door asks of the version of the order, under its lock (``If-Match``); it raises what it refuses for.
Expectation = Callable[[int], None]


def lock_order(
    order_id: str, *, actor: Actor, role: Role | str | None, expect: Expectation | None = None
) -> tuple[Order, frozenset[Party]]:
    """Lock an order; it, and what the doer is to it. Without its key: new rows refer to that.

    Refuses: an order that is not there or not the doer's to see (``OrderNotFound``), whatever ``expect``
    raises.
    """
    order = Order.objects.select_for_update(no_key=True).filter(id=order_id).first()
    parties = parties_of(order, actor=actor, role=role) if order else frozenset()
    if order is None or not parties:
        raise OrderNotFound
    if expect is not None:
        expect(order.version)
    return order, parties


def store(order: Order, **changes: Any) -> OrderRecord:
    """Write what has changed of a locked order, and count one change of it; the order as it is then."""
    Order.objects.filter(id=order.id).update(**changes, version=order.version + 1, updated_at=clock.now())
    order.version += 1  # it may change again in the same transaction
    return order_record(order.id)
