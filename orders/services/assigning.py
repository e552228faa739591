"""Who works on an order, and how far the work is."""

from __future__ import annotations

import enum
from typing import Final

from config.identity.models import Role, User
from config.kernel.actors import Actor
from config.kernel.errors import NotPermitted
from config.kernel.transactions import in_transaction
from orders import flow
from orders.errors import IllegalTransition, NoTailor, OrderClosed, no_such_worker
from orders.events import OrderAssigned, OrderTailorStatusChanged
from orders.flow import CLOSED, Party, Status, TailorStatus
from orders.models import Order
from orders.order_records import OrderRecord
from orders.selectors.orders import order_record
from orders.services.order_changes import Expectation, lock_order, store
from orders.services.order_events import event_fields
from orders.signals import order_assigned, order_tailor_status_changed


class Unchanged(enum.Enum):
    """The type of ``UNCHANGED``."""

    UNCHANGED = "unchanged"


#: Not mentioned: whoever it is stays. ``None`` is nobody.
UNCHANGED: Final = Unchanged.UNCHANGED


def assign_order(
    *,
    order_id: str,
    actor: Actor,
    role: Role | str | None,
    tailor_id: str | Unchanged | None = UNCHANGED,
    delivery_partner_id: str | Unchanged | None = UNCHANGED,
    expect: Expectation | None = None,
) -> OrderRecord:
    """Give an order to a tailor, a delivery partner or both, or take it from them. A new tailor begins anew.

    Locks: the order. Refuses: an order that is not the doer's to see (``OrderNotFound``), who is not staff
    (``NotPermitted``), an order that is over (``OrderClosed``), somebody who does not do such work here
    (``InvalidInput``), whatever ``expect`` raises.
    Announces: ``order.assigned``; nothing where everybody was assigned already.
    """

    def work() -> OrderRecord:
        order, parties = lock_order(order_id, actor=actor, role=role, expect=expect)
        _require_staff(parties)
        _require_open(order)
        changes: dict[str, str | None] = {}
        if not isinstance(tailor_id, Unchanged) and tailor_id != order.tailor_id:
            _require_worker("tailor", tailor_id, Role.TAILOR)
            changes["tailor_id"] = tailor_id
            changes["tailor_status"] = TailorStatus.ASSIGNED.value if tailor_id else ""
        if (
            not isinstance(delivery_partner_id, Unchanged)
            and delivery_partner_id != order.delivery_partner_id
        ):
            _require_worker("deliveryPartner", delivery_partner_id, Role.DELIVERY)
            changes["delivery_partner_id"] = delivery_partner_id
        if not changes:
            return order_record(order.id)
        record = store(order, **changes)
        order_assigned.publish(OrderAssigned(**event_fields(record)))
        return record

    return in_transaction(work)


def change_tailor_status(
    *,
    order_id: str,
    to: TailorStatus,
    actor: Actor,
    role: Role | str | None,
    note: str = "",
    expect: Expectation | None = None,
) -> OrderRecord:
    """Say how far the tailor is: onwards only, unless staff say it.

    Locks: the order. Refuses: an order that is not the doer's to see (``OrderNotFound``), who is neither its
    tailor nor staff (``NotPermitted``), an order that is over (``OrderClosed``) or has no tailor
    (``NoTailor``), a step back (``IllegalTransition``), whatever ``expect`` raises.
    Announces: ``order.tailor_status_changed``.
    """

    def work() -> OrderRecord:
        order, parties = lock_order(order_id, actor=actor, role=role, expect=expect)
        if parties.isdisjoint({Party.STAFF, Party.TAILOR}):
            raise NotPermitted
        _require_open(order)
        if not order.tailor_id:
            raise NoTailor
        allowed = flow.tailor_steps(TailorStatus(order.tailor_status), parties)
        if to not in allowed:
            raise IllegalTransition(order.tailor_status, to, allowed)
        record = store(order, tailor_status=to.value)
        tailor = {"id": record.tailor.id, "name": record.tailor.name} if record.tailor else {}
        order_tailor_status_changed.publish(
            OrderTailorStatusChanged(**event_fields(record), tailor_status=to.value, tailor=tailor, note=note)
        )
        return record

    return in_transaction(work)


def _require_staff(parties: frozenset[Party]) -> None:
    if Party.STAFF not in parties:
        raise NotPermitted


def _require_open(order: Order) -> None:
    if Status(order.status) in CLOSED:
        raise OrderClosed(order.status)


def _require_worker(field: str, user_id: str | None, role: Role) -> None:
    if user_id is not None and not User.objects.filter(pk=user_id, role=role, is_active=True).exists():
        raise no_such_worker(field, role.label.lower())
