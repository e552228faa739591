"""The catalog's signals. Receivers hear them after the commit; the event log hears them inside it."""

from __future__ import annotations

from catalog.events import (
    FlashSaleEnded,
    FlashSaleStarted,
    FlashSaleUpdated,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
)
from config.kernel.events import EventSignal

product_created = EventSignal(ProductCreated)
# Sent once for each product made, from every door, imports included.
# Not sent when an import finds the product there already.

product_updated = EventSignal(ProductUpdated)
# Sent once for each write that changed something of a product.
# Not sent for a change of stock, nor for a write that changes nothing.

product_deleted = EventSignal(ProductDeleted)
# Sent once when a product is archived. Not sent for a variant that a write drops: that is an update.

flash_sale_started = EventSignal(FlashSaleStarted)
# Sent once for each sale: by the worker when its start has come (also when it was down then), or by the write
# that makes one whose start has passed. Not sent for one that was taken back before.

flash_sale_ended = EventSignal(FlashSaleEnded)
# Sent once for each sale, after its start: by the worker when its end has come, or by whoever ends it. For
# one that was taken back before it began, without a start.

flash_sale_updated = EventSignal(FlashSaleUpdated)
# Sent when a sale is planned for later, for each write that changed something of one, and when it is sold out
# or no longer so. Not sent for units that are sold meanwhile, nor for a sale that is over.
