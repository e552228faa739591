"""What the stock refuses, in words: one place for messages and codes, whichever service refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from config.kernel.errors import Conflict, ConflictingItems, ItemError, NotFound


class UnknownReservation(NotFound):
    code = "unknown_reservation"
    message = "Reservation not found"


class ReservationOver(Conflict):
    """The hold has ended: its code says how (``reservation_expired``, ``_released``, ``_committed``)."""

    code = "reservation_over"
    message = "The reservation has ended"


class StockConflict(ConflictingItems):
    """Items that the present figures do not allow; the newest of those figures changed at ``changed_at``."""

    def __init__(self, errors: Sequence[ItemError], *, changed_at: dt.datetime | None = None) -> None:
        super().__init__(errors)
        self.changed_at = changed_at


def unknown_product(item: Any) -> ItemError:
    return ItemError(item, "Unknown product", "unknown_product")


def unknown_variant(item: Any) -> ItemError:
    return ItemError(item, "Unknown variant", "unknown_variant")


def unknown_location(item: Any) -> ItemError:
    return ItemError(item, "Unknown location", "unknown_location")


def ambiguous_variant(item: Any, names: list[str]) -> ItemError:
    """``names`` are the attributes that would tell the product's variants apart."""
    return ItemError(item, f"Ambiguous: name {_listed(names) or 'a variantId'}", "ambiguous_variant")


def duplicate_item(item: Any) -> ItemError:
    return ItemError(item, "Counted twice in one request", "duplicate_item")


def out_of_stock(item: Any, available: int) -> ItemError:
    return ItemError(item, "Item out of stock", "out_of_stock", {"available": available})


def stale(item: Any, current: int) -> ItemError:
    return ItemError(item, "The figure has changed since it was read", "stale", {"current": current})


def held_stock(item: Any, held: int) -> ItemError:
    return ItemError(item, f"{held} are held and must stay on the shelf", "held_stock", {"held": held})


def _listed(names: list[str]) -> str:
    """``size, color and material``."""
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last
