"""The admin's door to stock: levels that are counted, filled and transferred, a ledger that is only read."""

from inventory.admin.levels import StockLevelAdmin
from inventory.admin.records import LocationAdmin, MovementAdmin, OperationAdmin, ReservationAdmin

__all__ = ["LocationAdmin", "MovementAdmin", "OperationAdmin", "ReservationAdmin", "StockLevelAdmin"]
