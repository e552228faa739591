"""Low-stock thresholds: where a level counts as low."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from config.kernel.actors import Actor
from config.kernel.transactions import in_transaction
from inventory.events import StockUpdated
from inventory.ledger.requests import Open, Want
from inventory.lines import ThresholdLine
from inventory.services.writing import Operation, carry_out


def set_thresholds(*, lines: Sequence[ThresholdLine], actor: Actor) -> dt.datetime:
    """Set low-stock thresholds; answers when the stock that they are about last changed.

    A level that is not there yet is opened, empty. A later line wins.

    Locks: the products' stock heads, then the levels. Refuses: a variant that is not there. Announces:
    ``stock.updated`` for each variant that got a level; nothing for a threshold, since what can be sold
    has not fallen.
    """
    return in_transaction(lambda: _set(lines, actor))


def _set(lines: Sequence[ThresholdLine], actor: Actor) -> dt.datetime:
    operation = Operation(
        kind="threshold",
        request=Open([Want(line.variant_id, 0, line.location_id) for line in lines]),
        lines=lines,
        product_ids=[line.product_id for line in lines],
        announces=StockUpdated,
    )
    locations = {line.location_id for line in lines if line.location_id is not None}
    done = carry_out([operation], actor=actor, open_locations=locations)[0]
    thresholds: dict[int, int] = {}
    for line in lines:
        for level in done.told.book.shelf(line.variant_id).levels.values():
            if line.location_id in (None, level.location_id) and level.id is not None:
                thresholds[level.id] = line.threshold
    _write(thresholds)
    return done.changed_at


def _write(thresholds: dict[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stocklevel AS level SET low_stock_threshold = new.threshold
            FROM unnest(%s::bigint[], %s::int[]) AS new(id, threshold)
            WHERE level.id = new.id AND level.low_stock_threshold <> new.threshold
            """,
            [list(thresholds), list(thresholds.values())],
        )
