"""The sidebar's counts, and which environment this is. An empty text is not shown."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from inventory.selectors.low import low_levels
from realtime.support.chats import open_chat_count

_MOST = 999


def open_chats(_request: HttpRequest) -> str:
    """Support chats that nobody has closed."""
    return _shown(open_chat_count())


def low_stock(_request: HttpRequest) -> str:
    """Levels at their threshold or below it."""
    return _shown(low_levels())


def environment(_request: HttpRequest) -> tuple[str, str] | None:
    """A label for every place that is not the shop itself, so that nobody takes one for the other."""
    return ("Demo", "warning") if settings.STOCKWIRE_FAKE_PAYMENTS else None


def _shown(count: int) -> str:
    if not count:
        return ""
    return str(count) if count <= _MOST else f"{_MOST}+"
