"""The signals of carts and orders. Receivers hear them after the commit; the event log inside it."""

from __future__ import annotations

from config.kernel.events import EventSignal
from orders.events import CartUpdated

cart_updated = EventSignal(CartUpdated)
# Sent once for each request that changed a cart, however many lines of it; a merge changes two carts.
# Not sent for a read, nor when prices or stock of what lies in a cart change.
