"""The stock's signals. Receivers hear them after the commit; the event log hears them inside it."""

from __future__ import annotations

from django.dispatch import Signal

from config.kernel.events import EventSignal
from inventory.events import (
    StockBack,
    StockLow,
    StockReduced,
    StockReleased,
    StockReserved,
    StockUpdated,
)

stock_reduced = EventSignal(StockReduced)
# Sent once for each variant that an order, a reduction or a committed hold took from.
# Not sent for an adjustment or a transfer, downwards or not.

stock_updated = EventSignal(StockUpdated)
# Sent once for each variant whose stock changed in any other way, and for each that was touched. A count of
# none at a location that had no level yet is a change too: since then the location is shown.
# Not sent for a sale, nor for a count that found what was there.

stock_reserved = EventSignal(StockReserved)
# Sent once for each variant of a new hold. Not sent when a hold is only prolonged.

stock_released = EventSignal(StockReleased)
# Sent once for each variant of a hold that was given back or found expired.
# Not sent when a hold is committed: that is a sale.

stock_low = EventSignal(StockLow)
# Sent when what can be sold at a level falls from above its threshold to it or below.
# Not sent for a further fall below it.

stock_back = EventSignal(StockBack)
# Sent when what can be sold of a variant rises from none to some.
# Sent also for the first stock that a variant ever gets; not for what a product is made with.

stock_validated = Signal()
# Plain and ephemeral (``event: StockValidated``): a validation changes nothing, so nothing is recorded.
# Not sent for items that name no single variant.
