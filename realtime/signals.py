"""The live half's own signals."""

from __future__ import annotations

from config.kernel.events import EventSignal
from realtime.events import NotificationCreated, StockAnnounced, WishersToldOfPrice, WishersToldOfStock

stock_announced = EventSignal(StockAnnounced)
# Sent once for each announcement that another system makes.
# Not sent for a change of stock: those are the inventory's own events.

notification_created = EventSignal(NotificationCreated)
# Recorded once for each notification, right after the event that it tells of, by the recorder itself: it has
# its place in the log, and no receivers after the commit. Not for one that is read.

wishers_told_of_price = EventSignal(WishersToldOfPrice)
# Sent for each thousand of those who wished for a product whose price.dropped was numbered.
# Not sent where nobody did.

wishers_told_of_stock = EventSignal(WishersToldOfStock)
# As above, of a stock.back.
