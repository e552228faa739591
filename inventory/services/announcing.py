"""What a change is announced as. One event for the variant, then those for the lines it crossed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from config.kernel.events import DomainEvent
from inventory.events import StockBack, StockEvent, StockLow, StockReleased, StockReserved, StockUpdated
from inventory.ledger.book import Shelf
from inventory.ledger.planning import Change

_OF_HOLDS = (StockReserved, StockReleased)
#: At this part of the threshold or below it, and at none whatever the threshold, low is critical.
_CRITICAL_PART = 5


def events_of(
    change: Change,
    *,
    shelf: Shelf,
    announces: type[StockEvent],
    reference: str | None,
    after_order: bool,
    touching: bool,
    is_new: bool,
    next_version: Callable[[], int],
) -> Iterator[DomainEvent]:
    """The events of one change. Each bears a version of its own, so that no listener takes one for old.

    ``is_new``: the product is made in this transaction, so nobody can have waited for it.
    """
    state: dict[str, Any] = {
        "product_id": shelf.product_id,
        "variant_id": shelf.variant_id,
        "sku": shelf.sku,
        "attributes": shelf.attributes,
        "change": change.available_change if announces in _OF_HOLDS else change.moved,
        "stock": change.available,
        "total_stock": change.total,
        "locations": [
            {"location_id": location_id, "quantity": on_hand}
            for location_id, on_hand in change.on_hand.items()
        ],
        "after_order": after_order,
        "reference": reference,
    }
    if announces is StockUpdated:
        yield StockUpdated(**state, version=next_version(), touch=touching)
    else:
        yield announces(**state, version=next_version())
    for fall in change.falls:
        yield StockLow(
            product_id=shelf.product_id,
            product_name=shelf.product_name,
            variant_id=shelf.variant_id,
            sku=shelf.sku,
            attributes=shelf.attributes,
            location_id=fall.location_id,
            current_stock=fall.available,
            low_stock_threshold=fall.threshold,
            severity="critical" if fall.available * _CRITICAL_PART <= fall.threshold else "warning",
            version=next_version(),
        )
    if change.came_back and not is_new:
        yield StockBack(**state, version=next_version(), product_name=shelf.product_name)
