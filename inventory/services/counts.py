"""Counting: what is on the shelf is brought to what was counted, by a movement of the difference."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from config.kernel.actors import Actor
from inventory.events import StockUpdated
from inventory.ledger.requests import Count, Counted, Touch
from inventory.lines import CountLine
from inventory.services.doing import Answer, StockResult, Task, do
from inventory.services.writing import Operation, perform


def adjust_stock(*, lines: Sequence[CountLine], actor: Actor, answer: Answer | None = None) -> StockResult:
    """Set levels to what was counted, each only if it still stands at the figure that the count was based on.

    Locks: the products' stock heads. Refuses: a level that has moved (``stale``, with ``current``), a
    count below what is held (``held_stock``), a level counted twice (``duplicate_item``).
    Announces: ``stock.updated`` for each variant that changed; ``stock.low``, ``stock.back``.
    """
    return do(_counting("adjustment", lines, answer), actor=actor)


def set_counts(
    *,
    lines: Sequence[CountLine],
    actor: Actor,
    kind: Literal["recount", "import"] = "recount",
    open_locations: Collection[str] = (),
    answer: Answer | None = None,
) -> StockResult:
    """Set levels to what was counted, whatever they stood at.

    Locks: the products' stock heads. Refuses: a count below what is held (``held_stock``), a level
    counted twice (``duplicate_item``), an unknown location that is not among ``open_locations``.
    Announces: as ``adjust_stock``.
    """
    return do(_counting(kind, lines, answer), actor=actor, open_locations=open_locations)


def touch_products(*, product_ids: Sequence[str], actor: Actor) -> StockResult | None:
    """Have every variant of these products announced as it is, so that listeners fetch afresh.

    Locks: the products' stock heads. Refuses: nothing. Announces: ``stock.updated`` with ``touch``.
    """
    if not product_ids:
        return None
    operation = Operation(
        kind="touch",
        request=Touch(sorted(set(product_ids))),
        product_ids=product_ids,
        announces=StockUpdated,
        touching=True,
    )
    done = perform([operation], actor=actor)[0]
    return StockResult(
        operation_id=done.operation_id, moment=done.told.moment, changed=len(done.told.outcome.changes)
    )


def _counting(kind: str, lines: Sequence[CountLine], answer: Answer | None) -> Task:
    counted = [
        Counted(line.variant_id, line.location_id, line.quantity, line.expected, line.reason)
        for line in lines
    ]
    return Task(kind=kind, request=Count(counted), lines=lines, announces=StockUpdated, answer=answer)
