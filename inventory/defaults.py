"""Where stock goes that nobody sent anywhere, and when it is low: the shop's own settings, in one place."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from inventory.ledger.book import Book, Shelf


def default_location() -> str:
    """``STOCKWIRE_LOCATION``: the location of writes that name none, for a variant that has none yet."""
    location: str = settings.STOCKWIRE_LOCATION
    return location


def default_threshold() -> int:
    """``STOCKWIRE_LOW_STOCK``: the low-stock threshold of a level that was given none."""
    threshold: int = settings.STOCKWIRE_LOW_STOCK
    return threshold


def book_of(shelves: Iterable[Shelf]) -> Book:
    """A book with the shop's rules."""
    return Book(shelves, default_location=default_location(), default_threshold=default_threshold())
