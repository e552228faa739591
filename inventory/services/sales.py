"""Units that leave by a sale, and units that come: the two directions of everyday trade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Literal

from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from inventory.events import StockReduced, StockUpdated
from inventory.ledger.requests import Draw, OnCondition, Put, Request
from inventory.lines import StockLine
from inventory.services.doing import Answer, StockResult, Together, do, do_all, do_all_within
from inventory.services.references import fingerprint_of
from inventory.services.writing import Operation


def reduce_stock(
    *,
    lines: Sequence[StockLine],
    actor: Actor,
    reference: str | None = None,
    after_order: bool = False,
    reason: str = "",
    occurred_at: dt.datetime | None = None,
    answer: Answer | None = None,
) -> StockResult:
    """Sell all of these units, or none. With a ``reference`` (an order's id) it happens once, for ever.

    Lines of one variant are added up; each draws on its locations by priority, or on its own.

    Locks: the products' stock heads. Refuses: short stock (``out_of_stock``, nothing changed and nothing
    remembered), a reference that sold other items (``idempotency_key_reused``) or that is selling just
    now (``in_progress``), an archived variant (``unknown_variant``).
    Announces: ``stock.reduced`` for each variant, then its ``stock.low``.
    """
    operation = sale(
        lines=lines,
        reference=reference,
        after_order=after_order,
        reason=reason,
        occurred_at=occurred_at,
        answer=answer,
    )
    return do(operation, actor=actor)


def restock(
    *,
    lines: Sequence[StockLine],
    actor: Actor,
    kind: Literal["restock", "return", "import"] = "restock",
    reference: str | None = None,
    shown_reference: str | None = None,
    after_order: bool = False,
    reason: str = "",
    occurred_at: dt.datetime | None = None,
    answer: Answer | None = None,
) -> StockResult:
    """Take units in: a delivery, or goods that come back. With a ``reference`` once of each kind.

    A line without a location goes to the variant's first one, or to the shop's. Movements and events bear
    ``shown_reference`` where it is given: several receipts may belong to one order.

    Locks: the products' stock heads. Refuses: an unknown location, a reference as ``reduce_stock`` does.
    Announces: ``stock.updated`` for each variant, then ``stock.back`` where there was nothing to sell.
    """
    operation = receipt(
        lines=lines,
        kind=kind,
        reference=reference,
        shown_reference=shown_reference,
        after_order=after_order,
        reason=reason,
        occurred_at=occurred_at,
        answer=answer,
    )
    return do(operation, actor=actor)


def record_trade(*, operations: Sequence[Operation], actor: Actor) -> list[StockResult | StockwireError]:
    """Do many sales, receipts and write-offs in one transaction, each answered for itself.

    One that is refused changes nothing, and the others go on. No two may bear the same kind and reference.

    Locks: the stock heads of all their products. Refuses: nothing as a whole; each as its service
    would. Announces: as their services would, in their order.
    """
    return do_all(operations, actor=actor)


def sell_within(operations: Sequence[Operation], *, actor: Actor) -> Together:
    """Do sales inside the caller's transaction, each answered for itself; the caller publishes their events.

    As ``record_trade``, for whoever has more to write and to announce in the same transaction: orders.
    One that is refused has written nothing, so nothing of the others has to be undone.

    Locks: the stock heads of all their products. Refuses: nothing as a whole; each as ``reduce_stock``
    would, or for what its condition says. Announces: nothing; ``events`` are to be published.
    """
    return do_all_within(operations, actor=actor)


def sale(
    *,
    lines: Sequence[StockLine],
    actor: Actor | None = None,
    reference: str | None = None,
    new_reference: bool = False,
    after_order: bool = False,
    reason: str = "",
    occurred_at: dt.datetime | None = None,
    condition: Callable[[], None] | None = None,
    answer: Answer | None = None,
) -> Operation:
    """A sale, as an operation. ``condition`` is what it needs besides stock (``OnCondition``)."""
    wants = [line.want for line in lines]
    draw: Request = Draw(wants, reason=reason)
    return Operation(
        kind="sale",
        request=draw if condition is None else OnCondition(draw, condition),
        lines=lines,
        product_ids=[line.product_id for line in lines],
        announces=StockReduced,
        actor=actor,
        reference=reference,
        new_reference=new_reference,
        fingerprint=fingerprint_of(wants),
        after_order=after_order,
        occurred_at=occurred_at,
        answer=answer,
    )


def write_off(
    *,
    lines: Sequence[StockLine],
    reference: str | None = None,
    reason: str = "",
    occurred_at: dt.datetime | None = None,
) -> Operation:
    """Units that are gone without having been sold: an adjustment by so many."""
    wants = [line.want for line in lines]
    return Operation(
        kind="adjustment",
        request=Draw(wants, reason=reason),
        lines=lines,
        product_ids=[line.product_id for line in lines],
        announces=StockUpdated,
        reference=reference,
        fingerprint=fingerprint_of(wants),
        occurred_at=occurred_at,
    )


def receipt(
    *,
    lines: Sequence[StockLine],
    kind: Literal["restock", "return", "import"] = "restock",
    reference: str | None = None,
    shown_reference: str | None = None,
    after_order: bool = False,
    reason: str = "",
    occurred_at: dt.datetime | None = None,
    answer: Answer | None = None,
) -> Operation:
    """Units that come in, as an operation."""
    wants = [line.want for line in lines]
    return Operation(
        kind=kind,
        request=Put(wants, reason=reason),
        lines=lines,
        product_ids=[line.product_id for line in lines],
        announces=StockUpdated,
        reference=reference,
        shown_reference=shown_reference,
        fingerprint=fingerprint_of(wants),
        after_order=after_order,
        occurred_at=occurred_at,
        answer=answer,
    )
