"""Units that come back one by one, in whatever state. The order itself stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config.identity.models import Role
from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.errors import ConflictingItems, InvalidItems, ItemError, NotPermitted
from config.kernel.ids import new_id
from config.kernel.transactions import in_transaction
from inventory import services as inventory
from inventory.lines import StockLine
from orders import errors
from orders.errors import NotReturnable
from orders.flow import RETURNABLE, Party, Status
from orders.models import Disposition, OrderLine, OrderReturn
from orders.order_records import OrderRecord
from orders.selectors.orders import order_record
from orders.services.order_changes import lock_order
from orders.services.order_statements import count_returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """So many units of a line, or of a variant whichever its lines are, that came back like this."""

    quantity: int
    disposition: Disposition
    line_id: str | None = None
    variant_id: str | None = None
    sent: Any = None


@dataclass(frozen=True, slots=True)
class _Part:
    line: OrderLine
    quantity: int
    disposition: Disposition


def return_items(
    *, order_id: str, items: Sequence[Returned], actor: Actor, role: Role | str | None
) -> OrderRecord:
    """Note what came back, or never will; sellable units, and no others, go on the shelf again.

    Locks: the order, then its lines, then the stock heads of what goes on the shelf.
    Refuses: who is not staff (``NotPermitted``; ``OrderNotFound`` for an order that is not theirs to see), an
    order that has not left the house (``NotReturnable``), every item that was not sold with it
    (``InvalidItems``) or of which more would have come back than were sold (``ConflictingItems``).
    Announces: ``stock.updated`` (and ``stock.back``) for each variant that is for sale again.
    """

    def work() -> OrderRecord:
        order, parties = lock_order(order_id, actor=actor, role=role)
        if Party.STAFF not in parties:
            raise NotPermitted
        if Status(order.status) not in RETURNABLE:
            raise NotReturnable(order.status)
        lines = list(OrderLine.objects.filter(order_id=order.id).order_by("position"))
        parts = _parts(items, lines)
        reference = new_id("ret")
        _count(parts)
        moment = clock.now()
        OrderReturn.objects.bulk_create(
            OrderReturn(
                reference=reference,
                line=line,
                quantity=quantity,
                disposition=disposition,
                actor=str(actor),
                at=moment,
            )
            for (line, disposition), quantity in _added_up(parts).items()
        )
        _put_on_shelf(parts, reference, order.id, order.number, actor)
        return order_record(order.id)

    return in_transaction(work)


def _parts(items: Sequence[Returned], lines: Sequence[OrderLine]) -> list[_Part]:
    """Each item as parts of lines. Raises with every item that there is not, or no longer."""
    left = {line.id: line.quantity - line.returned for line in lines}
    parts: list[_Part] = []
    unknown: list[ItemError] = []
    too_many: list[ItemError] = []
    for item in items:
        named = [line for line in lines if _is_named(line, item)]
        if not named:
            unknown.append(errors.not_in_order(item.sent))
            continue
        returnable = sum(left[line.id] for line in named)
        if item.quantity > returnable:
            too_many.append(errors.more_than_sold(item.sent, returnable))
            continue
        wanted = item.quantity
        for line in named:
            taken = min(wanted, left[line.id])
            if taken:
                parts.append(_Part(line, taken, item.disposition))
                left[line.id] -= taken
                wanted -= taken
    if unknown:
        raise InvalidItems(unknown)
    if too_many:
        raise ConflictingItems(too_many)
    return parts


def _is_named(line: OrderLine, item: Returned) -> bool:
    return item.line_id in (None, line.id) and item.variant_id in (None, line.variant_id)


def _count(parts: Sequence[_Part]) -> None:
    """Note on each line how much of it has come back; the table itself refuses more than was sold."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts[part.line.id] += part.quantity
    count_returned(counts)


def _added_up(parts: Sequence[_Part]) -> Counter[tuple[OrderLine, Disposition]]:
    sums: Counter[tuple[OrderLine, Disposition]] = Counter()
    for part in parts:
        sums[part.line, part.disposition] += part.quantity
    return sums


def _put_on_shelf(parts: Sequence[_Part], reference: str, order_id: str, number: str, actor: Actor) -> None:
    lines = [
        StockLine(product_id=part.line.product_id, variant_id=part.line.variant_id, quantity=part.quantity)
        for part in parts
        if part.disposition == Disposition.SELLABLE
    ]
    if lines:
        inventory.restock(
            lines=lines,
            actor=actor,
            kind="return",
            reference=reference,
            shown_reference=order_id,
            after_order=True,
            reason=f"returned from {number}",
        )
