"""The catalog's signals. Receivers hear them after the commit; the event log hears them inside it."""

from __future__ import annotations

from catalog.events import ProductCreated, ProductDeleted, ProductUpdated
from config.kernel.events import EventSignal

product_created = EventSignal(ProductCreated)
# Sent once for each product made, from every door, imports included.
# Not sent when an import finds the product there already.

product_updated = EventSignal(ProductUpdated)
# Sent once for each write that changed something of a product.
# Not sent for a change of stock, nor for a write that changes nothing.

product_deleted = EventSignal(ProductDeleted)
# Sent once when a product is archived. Not sent for a variant that a write drops: that is an update.
