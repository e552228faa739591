"""What can be asked of a book. A request decides itself: the entries that meet it, or a ``Refusal``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from config.kernel.errors import StockwireError
from inventory.ledger.book import Book, Entry, Level, Shelf

Problem = Literal["out_of_stock", "stale", "held_stock", "unknown_variant", "duplicate_item"]


@dataclass(frozen=True, slots=True)
class Want:
    """So many units of a variant, at one location or, for ``None``, wherever they are."""

    variant_id: str
    quantity: int
    location_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shortage:
    """What one wish ran into. ``figure`` is the present number that the asker should know."""

    variant_id: str
    location_id: str | None
    problem: Problem
    figure: int = 0


class Refusal(Exception):
    """The request can't be met as a whole, and why, wish by wish, or ``because`` of something else."""

    def __init__(self, shortages: Sequence[Shortage] = (), *, because: StockwireError | None = None) -> None:
        super().__init__(f"{len(shortages)} refused")
        self.shortages = tuple(shortages)
        self.because = because


class Request(Protocol):
    def decide(self, book: Book) -> Sequence[Entry]:
        """The entries that meet this request, given the book. Raises ``Refusal``. Changes nothing."""

    def looks_at(self, book: Book) -> Iterable[str]:
        """The variants that are to be announced even where nothing of them moves."""


def add_up(wants: Iterable[Want]) -> list[Want]:
    """One wish per variant and location, in the order of their ids; those for one location come first."""
    sums: dict[tuple[str, str | None], int] = {}
    for want in wants:
        key = (want.variant_id, want.location_id)
        sums[key] = sums.get(key, 0) + want.quantity
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] is None, item[0][1] or ""))
    return [Want(variant_id, quantity, location_id) for (variant_id, location_id), quantity in ordered]


class _NothingElse:
    """Most requests announce what they move, and nothing else."""

    def looks_at(self, book: Book) -> Iterable[str]:  # noqa: ARG002  the protocol's signature
        return ()


@dataclass(frozen=True, slots=True)
class Draw(_NothingElse):
    """Take units that can be sold, or hold them (``holding``), from one location after another."""

    wants: Sequence[Want]
    holding: bool = False
    reason: str = ""

    def decide(self, book: Book) -> Sequence[Entry]:
        drawn: dict[tuple[str, str], int] = {}
        shortages = []
        for want in add_up(self.wants):
            if want.variant_id not in book or not book.shelf(want.variant_id).live:
                shortages.append(Shortage(want.variant_id, want.location_id, "unknown_variant"))
                continue
            left = self._draw(book.shelf(want.variant_id), want, drawn)
            if left:
                had = want.quantity - left
                shortages.append(Shortage(want.variant_id, want.location_id, "out_of_stock", had))
        if shortages:
            raise Refusal(shortages)
        return [
            Entry(variant_id, location_id, held=quantity)
            if self.holding
            else Entry(variant_id, location_id, delta=-quantity, reason=self.reason)
            for (variant_id, location_id), quantity in drawn.items()
        ]

    @staticmethod
    def _draw(shelf: Shelf, want: Want, drawn: dict[tuple[str, str], int]) -> int:
        """Draw what there is into ``drawn``; returns how much is missing."""
        left = want.quantity
        for level in shelf.levels.values():
            if want.location_id not in (None, level.location_id):
                continue
            key = (shelf.variant_id, level.location_id)
            taken = min(left, level.available - drawn.get(key, 0))
            if taken > 0:
                drawn[key] = drawn.get(key, 0) + taken
                left -= taken
            if not left:
                break
        return left


@dataclass(frozen=True, slots=True)
class OnCondition:
    """What ``request`` wants, if ``condition`` does not refuse it.

    Stock comes first: the condition is asked only where there is enough, in the request's turn, and is the
    last that can refuse it. So it may write what it holds at once (``UPDATE … WHERE left >= n``); where it
    refuses, it must leave nothing written.
    """

    request: Request
    condition: Callable[[], None]

    def decide(self, book: Book) -> Sequence[Entry]:
        entries = self.request.decide(book)
        try:
            self.condition()
        except StockwireError as error:
            raise Refusal(because=error) from error
        return entries

    def looks_at(self, book: Book) -> Iterable[str]:
        return self.request.looks_at(book)


@dataclass(frozen=True, slots=True)
class Put(_NothingElse):
    """Add units, where a wish says, else at the variant's first location."""

    wants: Sequence[Want]
    reason: str = ""

    def decide(self, book: Book) -> Sequence[Entry]:
        _refuse_unknown(book, self.wants)
        placed = [
            Want(want.variant_id, want.quantity, want.location_id or book.home_of(want.variant_id))
            for want in self.wants
        ]
        return [
            Entry(want.variant_id, str(want.location_id), delta=want.quantity, reason=self.reason)
            for want in add_up(placed)
        ]


@dataclass(frozen=True, slots=True)
class EndHold(_NothingElse):
    """End holds that are there: give the units back, or take them along (``selling``)."""

    wants: Sequence[Want]
    selling: bool = False
    reason: str = ""

    def decide(self, book: Book) -> Sequence[Entry]:  # noqa: ARG002  the protocol's signature
        return [
            Entry(
                want.variant_id,
                str(want.location_id),
                delta=-want.quantity if self.selling else 0,
                held=-want.quantity,
                reason=self.reason,
            )
            for want in add_up(self.wants)
        ]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a variant: at one location or, for ``None``, all that there is of it.

    ``expected`` is the figure that the count was based on, ``None`` where it was on none. ``for_sale``:
    what can be sold was counted, and what is held is on hand besides.
    """

    variant_id: str
    location_id: str | None
    quantity: int
    expected: int | None = None
    reason: str = ""
    for_sale: bool = False


@dataclass(frozen=True, slots=True)
class Count(_NothingElse):
    """Bring what is on hand to what was counted. A count that finds what was there moves nothing."""

    counts: Sequence[Counted]

    def decide(self, book: Book) -> Sequence[Entry]:
        _refuse_unknown(book, [Want(count.variant_id, 0, count.location_id) for count in self.counts])
        self._refuse_doubled()
        entries: list[Entry] = []
        shortages = []
        for count in sorted(self.counts, key=lambda one: (one.variant_id, one.location_id or "")):
            counted = [
                level
                for level in book.shelf(count.variant_id).levels.values()
                if count.location_id in (None, level.location_id)
            ]
            on_hand = sum(level.on_hand for level in counted)
            held = sum(min(level.held, level.on_hand) for level in counted)
            if count.expected not in (None, on_hand):
                shortages.append(Shortage(count.variant_id, count.location_id, "stale", on_hand))
            elif (wanted := count.quantity + (held if count.for_sale else 0)) < held:
                shortages.append(Shortage(count.variant_id, count.location_id, "held_stock", held))
            else:
                entries += self._entries(book, count, counted, wanted - on_hand)
        if shortages:
            raise Refusal(shortages)
        return entries

    @staticmethod
    def _entries(book: Book, count: Counted, counted: Sequence[Level], missing: int) -> Iterator[Entry]:
        """More goes to the first of the levels, less is drawn from one after the other."""
        if missing >= 0:
            first = count.location_id or book.home_of(count.variant_id)
            yield Entry(count.variant_id, first, delta=missing, reason=count.reason)
            return
        for level in counted:
            taken = min(-missing, level.available)
            if taken:
                missing += taken
                yield Entry(count.variant_id, level.location_id, delta=-taken, reason=count.reason)

    def _refuse_doubled(self) -> None:
        """Two counts of the same units can't both be right."""
        times = Counter((count.variant_id, count.location_id) for count in self.counts)
        of_variant = Counter(count.variant_id for count in self.counts)
        doubled = [
            Shortage(count.variant_id, count.location_id, "duplicate_item")
            for count in self.counts
            if times[count.variant_id, count.location_id] > 1
            or (times[count.variant_id, None] and of_variant[count.variant_id] > 1)
        ]
        if doubled:
            raise Refusal(doubled)


@dataclass(frozen=True, slots=True)
class Open(_NothingElse):
    """Have a level at each of these locations, and at least one of each variant. Moves nothing."""

    wants: Sequence[Want]

    def decide(self, book: Book) -> Sequence[Entry]:
        _refuse_unknown(book, self.wants)
        return [
            Entry(want.variant_id, want.location_id or book.home_of(want.variant_id)) for want in self.wants
        ]


@dataclass(frozen=True, slots=True)
class Move(_NothingElse):
    """Bring units that can be sold from one location to another."""

    wants: Sequence[Want]
    source: str
    target: str
    reason: str = ""

    def decide(self, book: Book) -> Sequence[Entry]:
        narrowed = [Want(want.variant_id, want.quantity, self.source) for want in self.wants]
        entries = []
        for entry in Draw(narrowed, reason=self.reason).decide(book):
            entries.append(entry)
            entries.append(Entry(entry.variant_id, self.target, delta=-entry.delta, reason=self.reason))
        return entries


@dataclass(frozen=True, slots=True)
class Touch:
    """Move nothing, and have every variant of these products announced."""

    product_ids: Sequence[str]

    def decide(self, book: Book) -> Sequence[Entry]:  # noqa: ARG002  the protocol's signature
        return ()

    def looks_at(self, book: Book) -> Iterable[str]:
        for product_id in self.product_ids:
            yield from (shelf.variant_id for shelf in book.shelves_of(product_id))


def _refuse_unknown(book: Book, wants: Iterable[Want]) -> None:
    unknown = [
        Shortage(want.variant_id, want.location_id, "unknown_variant")
        for want in wants
        if want.variant_id not in book
    ]
    if unknown:
        raise Refusal(unknown)
