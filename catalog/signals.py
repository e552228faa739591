"""The catalog's signals. Receivers hear them after the commit; the event log hears them inside it."""

from __future__ import annotations

from catalog.events import (
    FlashSaleEnded,
    FlashSaleStarted,
    FlashSaleUpdated,
    PriceDropped,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
    ReviewApproved,
    ReviewSubmitted,
    WishlistUpdated,
)
from config.kernel.events import EventSignal

product_created = EventSignal(ProductCreated)
# Sent once for each product made, from every door, imports included.
# Not sent when an import finds the product there already.

product_updated = EventSignal(ProductUpdated)
# Sent once for each write that changed something of a product.
# Not sent for a change of stock, nor for a write that changes nothing. Also sent when its rating changes by
# something else than an approval.

product_deleted = EventSignal(ProductDeleted)
# Sent once when a product is archived. Not sent for a variant that a write drops: that is an update.

price_dropped = EventSignal(PriceDropped)
# Sent once for each write that lowers what the shop shows as a product's price, after its product.updated.
# Not sent for a price in another currency, nor for one that a single variant has of its own.

review_submitted = EventSignal(ReviewSubmitted)
# Sent once for each review that is written. Not sent for one that is refused.

review_approved = EventSignal(ReviewApproved)
# Sent each time that a review comes to be approved. Not sent when it was so already, nor when one is
# rejected: if it was approved until then, the product has changed (product.updated).

wishlist_updated = EventSignal(WishlistUpdated)
# Sent once for each change of a wishlist. Not sent for a product that was in it already.

flash_sale_started = EventSignal(FlashSaleStarted)
# Sent once for each sale: by the worker when its start has come (also when it was down then), or by the write
# that makes one whose start has passed. Not sent for one that was taken back before.

flash_sale_ended = EventSignal(FlashSaleEnded)
# Sent once for each sale, after its start: by the worker when its end has come, or by whoever ends it. For
# one that was taken back before it began, without a start.

flash_sale_updated = EventSignal(FlashSaleUpdated)
# Sent when a sale is planned for later, for each write that changed something of one, and when it is sold out
# or no longer so. Not sent for units that are sold meanwhile, nor for a sale that is over.
