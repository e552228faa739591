"""The signals of carts, orders and payments. Receivers hear them after the commit, the log inside."""

from __future__ import annotations

from config.kernel.events import EventSignal
from orders.events import (
    CartUpdated,
    OrderAssigned,
    OrderPlaced,
    OrderStatusChanged,
    OrderTailorStatusChanged,
    PaymentCompleted,
    PaymentFailed,
    PaymentRefunded,
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

payment_completed = EventSignal(PaymentCompleted)
# Sent once for each payment whose money came in, however often and by whomever that is told; for cash on
# delivery after the `order.status_changed` that delivers. Money that comes for an order that needs it no more
# is announced too, and its way back after it.

payment_failed = EventSignal(PaymentFailed)
# Sent once for each payment: when its first attempt failed. Not sent for one that was completed before.

payment_refunded = EventSignal(PaymentRefunded)
# Sent once for each refund, when its provider has confirmed it; for a cancellation after its
# `order.status_changed`. Not sent for a refund that was refused, nor while it is on its way.
