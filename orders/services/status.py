"""The steps of an order's flow: what each does. Which there are, and whose, is ``orders.flow``'s."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from config.identity.models import Role
from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.transactions import in_transaction
from inventory import services as inventory
from inventory.lines import StockLine
from inventory.models import MovementKind
from inventory.selectors.history import movements
from orders import flow
from orders.errors import IllegalTransition
from orders.events import OrderStatusChanged
from orders.flow import Status
from orders.models import Order, OrderStatusChange
from orders.order_records import OrderRecord
from orders.payment_records import REFUNDABLE
from orders.selectors.orders import order_record
from orders.services.order_changes import Expectation, lock_order, store
from orders.services.order_events import event_fields
from orders.services.refunding import give_back_all
from orders.services.sale_units import give_back_sale_units
from orders.services.settling import settle_on_delivery
from orders.signals import order_status_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What is told of a delivery along with a step; ``None``: as it was."""

    carrier: str | None = None
    tracking_number: str | None = None
    estimated_delivery: dt.datetime | None = None


def change_status(
    *,
    order_id: str,
    to: Status,
    actor: Actor,
    role: Role | str | None,
    note: str = "",
    shipment: Shipment | None = None,
    expect: Expectation | None = None,
) -> OrderRecord:
    """Take an order one step on; a step to ``cancelled`` puts back on the shelf what was sold, to the unit.

    Locks: the order; for a cancellation then the flash sales that it has units of, then the stock heads of
    everything in it.
    Refuses: an order that is not the doer's to see (``OrderNotFound``), a step that there is not or not for
    the doer (``IllegalTransition``, with those that there are), whatever ``expect`` raises.
    Announces: for a cancellation ``stock.updated`` (and ``stock.back``), then ``order.status_changed``, then
    ``payment.refunded`` for what was paid; for a delivery ``payment.completed`` for cash that comes with it.
    """

    def work() -> OrderRecord:
        order, parties = lock_order(order_id, actor=actor, role=role, expect=expect)
        present = Status(order.status)
        step = flow.step(present, to, parties)
        if step is None:
            raise IllegalTransition(present, to, flow.allowed(present, parties))
        if step.returns_stock:
            _put_back(order, actor)
            give_back_sale_units(order_id=order.id)
        OrderStatusChange.objects.create(
            order_id=order.id, status=to.value, note=note, actor=str(actor), at=clock.now()
        )
        record = store(order, status=to.value, **_told(shipment))
        order_status_changed.publish(
            OrderStatusChanged(**event_fields(record), previous_status=present.value, note=note)
        )
        return order_record(order.id) if _money_follows(order, to, actor) else record

    return in_transaction(work)


def cancel_order(
    *, order_id: str, actor: Actor, role: Role | str | None, note: str = "", expect: Expectation | None = None
) -> OrderRecord:
    """Take an order back, before it has left the house; its stock comes back exactly once.

    Locks, refuses, announces: as ``change_status``.
    """
    return change_status(
        order_id=order_id, to=Status.CANCELLED, actor=actor, role=role, note=note, expect=expect
    )


def _put_back(order: Order, actor: Actor) -> None:
    """What the ledger says was sold goes back to where it came from, under a reference that works once."""
    taken: Counter[tuple[str, str, str]] = Counter()
    sold = movements().filter(reference=order.id, kind=MovementKind.SALE)
    for product_id, variant_id, location_id, delta in sold.values_list(
        "product_id", "variant_id", "location_id", "delta"
    ):
        taken[product_id, variant_id, location_id] -= delta
    lines = [
        StockLine(product_id=product_id, variant_id=variant_id, location_id=location_id, quantity=quantity)
        for (product_id, variant_id, location_id), quantity in taken.items()
    ]
    inventory.restock(
        lines=lines,
        actor=actor,
        kind="return",
        reference=order.id,
        after_order=True,
        reason=f"{order.number} was cancelled",
    )


def _money_follows(order: Order, to: Status, actor: Actor) -> bool:
    """A delivery brings cash in, a cancellation sends back what came in; whether the order shows it now."""
    order.status = to.value
    if to == Status.DELIVERED:
        settle_on_delivery(order, actor)
        return True
    if to == Status.CANCELLED and order.payment_status in REFUNDABLE:
        give_back_all(order, reason=f"{order.number} was cancelled", actor=actor)
        return True
    return False


def _told(shipment: Shipment | None) -> dict[str, object]:
    if shipment is None:
        return {}
    told = {
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "estimated_delivery": shipment.estimated_delivery,
    }
    return {field: value for field, value in told.items() if value is not None}
