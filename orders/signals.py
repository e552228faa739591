"""The signals of carts and orders. Receivers hear them after the commit; the event log inside it."""

from __future__ import annotations

from config.kernel.events import EventSignal
from orders.events import (
    CartUpdated,
    OrderAssigned,
    OrderPlaced,
    OrderStatusChanged,
    OrderTailorStatusChanged,
)

cart_updated = EventSignal(CartUpdated)
# Sent once for each request that changed a cart, however many lines of it; a merge changes two carts, an
# order the one that it relieves. Not sent for a read, nor when prices or stock of what is in it change.

order_placed = EventSignal(OrderPlaced)
# Sent once for each order, after the `stock.reduced` of its lines.
# Not sent when the same request comes again under its idempotency key.

order_status_changed = EventSignal(OrderStatusChanged)
# Sent once for each step of the flow; for a cancellation after the `stock.updated` of what came back.
# Not sent for the first status, nor for units that are returned one by one: the order stays as it is.

order_assigned = EventSignal(OrderAssigned)
# Sent when the tailor or the delivery partner is another one than before, or none any more.
# Not sent when an assignment finds who was assigned already.

order_tailor_status_changed = EventSignal(OrderTailorStatusChanged)
# Sent when the work goes on, or is set back. Not sent for the `assigned` that an assignment brings.
