"""What the live half of the house refuses. The codes are those of a refused resume on ``/ws``."""

from __future__ import annotations

from config.kernel.errors import InvalidInput, StockwireError


class CursorMalformed(InvalidInput):
    """A cursor that we never made."""

    code = "malformed"
    message = "The cursor is not one of ours"


class CursorGone(StockwireError):
    """A cursor from which nothing can be gone on: fetch state afresh. Doors answer 410."""


class CursorExpired(CursorGone):
    """What came after the cursor is no longer kept."""

    code = "expired"
    message = "The events after this cursor are no longer kept"


class EpochChanged(CursorGone):
    """The cursor is of another log."""

    code = "epoch_changed"
    message = "The event log has begun anew since this cursor was made"
