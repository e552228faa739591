"""What of stock is in the audit trail: what people set. What is on hand has its ledger."""

from __future__ import annotations

from config.audit.watching import Watched

WATCHED = (
    Watched(
        table="inventory_stocklevel",
        kind="inventory.stocklevel",
        subject=("inventory.stocklevel", "id"),
        columns=("low_stock_threshold", "safety", "allow_backorder"),
        rows=False,
    ),
    Watched(
        table="inventory_location",
        kind="inventory.location",
        subject=("inventory.location", "code"),
        columns=("name", "priority"),
        key="code",
    ),
)
