"""Many requests, one book: each is decided in its turn, on what those before it left.

A request that is refused leaves the book as it was, and the next one goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.kernel.errors import StockwireError
from inventory.ledger.book import Book, Entry, Level
from inventory.ledger.requests import Refusal, Request, Shortage


@dataclass(frozen=True, slots=True)
class Fall:
    """A level that came down to its low-stock threshold, or below it, from above."""

    location_id: str
    available: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Change:
    """One variant after one request: what moved, and how it stands."""

    variant_id: str
    moved: int
    available_before: int
    available: int
    total: int
    on_hand: Mapping[str, int]
    falls: tuple[Fall, ...]
    came_back: bool
    available_at: Mapping[str, int]

    @property
    def available_change(self) -> int:
        return self.available - self.available_before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: its entries and changes, or its shortages, or what else it failed for."""

    entries: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    because: StockwireError | None = None

    @property
    def refused(self) -> bool:
        return bool(self.shortages) or self.because is not None


def plan(book: Book, requests: Sequence[Request]) -> list[Outcome]:
    """Decide the requests in their order, and bring the book to where they leave it."""
    outcomes = []
    for request in requests:
        try:
            entries = request.decide(book)
        except Refusal as refusal:
            outcomes.append(Outcome(shortages=refusal.shortages, because=refusal.because))
        else:
            outcomes.append(_apply(book, entries, looked_at=tuple(request.looks_at(book))))
    return outcomes


def _apply(book: Book, entries: Sequence[Entry], *, looked_at: Sequence[str]) -> Outcome:
    by_variant: dict[str, list[Entry]] = {variant_id: [] for variant_id in looked_at}
    for entry in entries:
        # A level that is opened is a change too, even where nothing moves: readers see it.
        opened = entry.location_id not in book.shelf(entry.variant_id).levels
        book.level(entry.variant_id, entry.location_id)
        if entry.delta or entry.held or opened:
            by_variant.setdefault(entry.variant_id, []).append(entry)
    moving = tuple(entry for entry in entries if entry.delta or entry.held)
    changes = tuple(_apply_to(book, variant_id, by_variant[variant_id]) for variant_id in by_variant)
    return Outcome(entries=moving, changes=changes)


def _apply_to(book: Book, variant_id: str, entries: Sequence[Entry]) -> Change:
    shelf = book.shelf(variant_id)
    before = shelf.available
    moved = 0
    falls = []
    for entry in entries:
        level = shelf.levels[entry.location_id]
        stood_at = level.available
        level.on_hand += entry.delta
        level.reserved += entry.held
        moved += entry.delta
        if _fell(level, stood_at):
            falls.append(Fall(level.location_id, level.available, level.threshold))
    after = shelf.available
    return Change(
        variant_id=variant_id,
        moved=moved,
        available_before=before,
        available=after,
        total=book.total(shelf.product_id),
        on_hand={level.location_id: level.on_hand for level in shelf.levels.values()},
        falls=tuple(falls),
        came_back=before == 0 and after > 0,
        available_at={level.location_id: level.available for level in shelf.levels.values()},
    )


def _fell(level: Level, stood_at: int) -> bool:
    return stood_at > level.threshold >= level.available
