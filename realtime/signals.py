"""The live half's own signals."""

from __future__ import annotations

from config.kernel.events import EventSignal
from realtime.events import StockAnnounced

stock_announced = EventSignal(StockAnnounced)
# Sent once for each announcement that another system makes.
# Not sent for a change of stock: those are the inventory's own events.
