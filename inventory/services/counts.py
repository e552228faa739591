"""Counting: what is on the shelf is brought to what was counted, by a movement of the difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.stock_port import RecordedCounts
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from config.kernel.transactions import in_transaction
from inventory.events import StockUpdated
from inventory.ledger.requests import Count, Counted, Touch
from inventory.lines import CountLine
from inventory.services.doing import Answer, StockResult, do, do_all
from inventory.services.writing import Operation, carry_out, write_down


def adjust_stock(*, lines: Sequence[CountLine], actor: Actor, answer: Answer | None = None) -> StockResult:
    """Set stock to what was counted, each only if it still stands at the figure that the count was based on.

    A line with a location is about that level, one without about all that there is of the variant.

    Locks: the products' stock heads. Refuses: a figure that has moved (``stale``, with ``current``), a
    count below what is held (``held_stock``), stock counted twice (``duplicate_item``).
    Announces: ``stock.updated`` for each variant that changed; ``stock.low``, ``stock.back``.
    """
    return do(_counting("adjustment", lines, answer), actor=actor)


def take_stock(*, lines: Sequence[CountLine], actor: Actor) -> list[StockResult | StockwireError]:
    """A stock-take: each line as ``adjust_stock`` would take it, and each answered for itself.

    Of a shelf that was counted for an hour some figures have moved: those alone are to be counted again.

    Locks: the products' stock heads. Refuses: nothing as a whole; a line as ``adjust_stock`` does.
    Announces: as ``adjust_stock``, for what was taken.
    """
    return do_all([_counting("adjustment", [line]) for line in lines], actor=actor) if lines else []


def write_counts(
    *,
    lines: Sequence[CountLine],
    actor: Actor,
    kind: Literal["recount", "import"] = "recount",
    open_locations: Collection[str] = (),
    new_products: Collection[str] = (),
) -> RecordedCounts:
    """Set stock to what was counted, inside the caller's transaction, whatever it stood at.

    ``new_products`` are made in this transaction: what they begin with is not back.

    Locks: the products' stock heads. Refuses: a count below what is held (``held_stock``), stock counted
    twice (``duplicate_item``), an unknown location that is not among ``open_locations``.
    Announces: nothing: the caller publishes the events of ``adjust_stock`` that it is handed, after its own.
    """
    written = write_down(
        [_counting(kind, lines, new_products=new_products)], actor=actor, open_locations=open_locations
    )
    return RecordedCounts(changed=len(written.done[0].told.outcome.changes), events=written.events)


def touch_products(*, product_ids: Sequence[str], actor: Actor) -> dt.datetime:
    """Have every variant of these products announced as it is, so that listeners fetch afresh; when it was.

    Locks: the products' stock heads. Refuses: nothing. Announces: ``stock.updated`` with ``touch``.
    """
    return in_transaction(lambda: carry_out([_touching(product_ids)], actor=actor)[0].told.moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """The products that were touched, or of which a count has changed something; when."""

    product_ids: frozenset[str]
    moment: dt.datetime


def sync_stock(*, touched: Sequence[str], lines: Sequence[CountLine], actor: Actor) -> Synced:
    """Set counts, whatever stood there, and touch products, both at once or neither.

    Locks: the products' stock heads. Refuses: as ``adjust_stock``, but for what has moved.
    Announces: as ``adjust_stock``, then as ``touch_products``.
    """

    def work() -> Synced:
        operations = [_counting("recount", lines), _touching(touched)]
        counted = carry_out(operations, actor=actor)[0].told
        changed = {counted.book.shelf(change.variant_id).product_id for change in counted.outcome.changes}
        return Synced(product_ids=frozenset(touched) | changed, moment=counted.moment)

    return in_transaction(work)


def _counting(
    kind: str,
    lines: Sequence[CountLine],
    answer: Answer | None = None,
    new_products: Collection[str] = (),
) -> Operation:
    counts = [
        Counted(line.variant_id, line.location_id, line.quantity, line.expected, line.reason, line.for_sale)
        for line in lines
    ]
    return Operation(
        kind=kind,
        request=Count(counts),
        lines=lines,
        product_ids=[line.product_id for line in lines],
        announces=StockUpdated,
        answer=answer,
        new_products=new_products,
    )


def _touching(product_ids: Sequence[str]) -> Operation:
    return Operation(
        kind="touch",
        request=Touch(sorted(set(product_ids))),
        product_ids=product_ids,
        announces=StockUpdated,
        touching=True,
    )
