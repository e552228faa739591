"""From a refused outcome to the error that names the items as they were sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from config.kernel.errors import InvalidItems, ItemError, StockwireError
from inventory import errors
from inventory.errors import StockConflict
from inventory.ledger.planning import Outcome
from inventory.ledger.requests import Shortage
from inventory.lines import AnyLine

#: Problems of the request itself; all others are of the present figures.
_WRONG = {
    "unknown_variant": errors.unknown_variant,
    "duplicate_item": errors.duplicate_item,
}


def refusal(outcome: Outcome, lines: Sequence[AnyLine], changed: Mapping[str, dt.datetime]) -> StockwireError:
    """The error of a refused outcome: lines that name nothing first and alone, else all that is short.

    ``changed`` is when each product's stock last changed. What a condition refused for is told as it is.
    """
    if outcome.because is not None:
        return outcome.because
    by_wish = {(one.variant_id, one.location_id): one for one in outcome.shortages}
    found = [
        (line, by_wish[line.variant_id, line.location_id])
        for line in lines
        if (line.variant_id, line.location_id) in by_wish
    ]
    wrong = [_WRONG[short.problem](line.item) for line, short in found if short.problem in _WRONG]
    if wrong:
        return InvalidItems(wrong)
    moments = [changed[line.product_id] for line, _ in found if line.product_id in changed]
    error = StockConflict(
        [_item_error(line.item, short) for line, short in found], changed_at=max(moments, default=None)
    )
    first = error.errors[0].extra
    if "current" in first:
        error.extra["current"] = first["current"]
    return error


def _item_error(item: Any, short: Shortage) -> ItemError:
    if short.problem == "stale":
        return errors.stale(item, short.figure)
    if short.problem == "held_stock":
        return errors.held_stock(item, short.figure)
    return errors.out_of_stock(item, short.figure)
