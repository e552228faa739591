"""What the live half of the house refuses over HTTP. The codes are those that ``/ws`` has for the same."""

from __future__ import annotations

from collections.abc import Sequence

from config.kernel.errors import InvalidInput, NotFound, NotPermitted, RateLimited, StockwireError


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


class TopicsRefused(NotPermitted):
    """Topics that a stream was asked for and can't bring. ``refused`` names each, and why."""

    code = "topic_refused"

    def __init__(self, refused: Sequence[tuple[str, str]]) -> None:
        named = ", ".join(f"{topic} ({code})" for topic, code in refused)
        super().__init__(
            f"Refused: {named}",
            extra={"refused": [{"topic": topic, "code": code} for topic, code in refused]},
        )


class UnknownNotification(NotFound):
    """No such notification, or another user's."""

    code = "unknown_notification"
    message = "Notification not found"


class TooManyConnections(RateLimited):
    """One more connection of this user, or from this address, is one too many."""

    code = "too_many_connections"
    message = "Close some connections first"
