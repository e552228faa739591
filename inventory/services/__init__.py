"""The only writers of stock, and the only ones who announce it. One module for each use case.

All of them come down to ``writing.carry_out``; callers may be inside a transaction of their own.
"""

from inventory.services.counts import (
    Synced,
    adjust_stock,
    sync_stock,
    take_stock,
    touch_products,
    write_counts,
)
from inventory.services.doing import StockResult, Together
from inventory.services.holds import (
    Hold,
    commit_reservation,
    extend_reservation,
    release_expired,
    release_reservation,
    reserve_stock,
)
from inventory.services.sales import record_trade, reduce_stock, restock, sale, sell_within
from inventory.services.thresholds import set_thresholds
from inventory.services.transfers import transfer_stock
from inventory.services.writing import Operation

__all__ = [
    "Hold",
    "Operation",
    "StockResult",
    "Synced",
    "Together",
    "adjust_stock",
    "commit_reservation",
    "extend_reservation",
    "record_trade",
    "reduce_stock",
    "release_expired",
    "release_reservation",
    "reserve_stock",
    "restock",
    "sale",
    "sell_within",
    "set_thresholds",
    "sync_stock",
    "take_stock",
    "touch_products",
    "transfer_stock",
    "write_counts",
]
