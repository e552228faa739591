"""The book: what is known of some products' stock while requests are decided. Plain values that change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

DEFAULT_PRIORITY = 100


@dataclass(slots=True)
class Level:
    """One variant at one location. ``id`` is the row's, ``None`` where there is no row yet."""

    variant_id: str
    product_id: str
    location_id: str
    priority: int = DEFAULT_PRIORITY
    threshold: int = 0
    on_hand: int = 0
    reserved: int = 0
    safety: int = 0
    id: int | None = None

    @property
    def available(self) -> int:
        """What can be sold here."""
        return max(0, self.on_hand - self.reserved - self.safety)

    @property
    def held(self) -> int:
        """What must stay on the shelf: held for somebody, or never sold."""
        return self.reserved + self.safety


@dataclass(slots=True)
class Shelf:
    """One variant: what it is, and its levels, the lowest priority number first."""

    variant_id: str
    product_id: str
    product_name: str = ""
    sku: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    live: bool = True
    levels: dict[str, Level] = field(default_factory=dict)

    @property
    def available(self) -> int:
        return sum(level.available for level in self.levels.values())

    def available_at(self, location_id: str | None) -> int:
        """What can be sold at one location, or everywhere for ``None``."""
        if location_id is None:
            return self.available
        level = self.levels.get(location_id)
        return level.available if level is not None else 0

    def put_in(self, level: Level) -> None:
        """Add a level, in its place."""
        self.levels[level.location_id] = level
        if len(self.levels) > 1:
            ordered = sorted(self.levels.values(), key=lambda one: (one.priority, one.location_id))
            self.levels = {one.location_id: one for one in ordered}


@dataclass(frozen=True, slots=True)
class Entry:
    """The unit of change: what is on hand at one level moves by ``delta``, what is held there by ``held``."""

    variant_id: str
    location_id: str
    delta: int = 0
    held: int = 0
    reason: str = ""


class Book:
    """Shelves by variant, and the rules for a level that is not there yet."""

    def __init__(self, shelves: Iterable[Shelf], *, default_location: str, default_threshold: int) -> None:
        self._shelves = {shelf.variant_id: shelf for shelf in shelves}
        self._of_product: dict[str, list[Shelf]] = {}
        for shelf in self._shelves.values():
            self._of_product.setdefault(shelf.product_id, []).append(shelf)
        self.default_location = default_location
        self.default_threshold = default_threshold

    def __contains__(self, variant_id: str) -> bool:
        return variant_id in self._shelves

    def shelf(self, variant_id: str) -> Shelf:
        return self._shelves[variant_id]

    def shelves_of(self, product_id: str) -> list[Shelf]:
        """The product's variants that can still be seen."""
        return [shelf for shelf in self._of_product.get(product_id, ()) if shelf.live]

    def total(self, product_id: str) -> int:
        """What can be sold of the whole product."""
        return sum(shelf.available for shelf in self.shelves_of(product_id))

    def level(self, variant_id: str, location_id: str) -> Level:
        """The level, opened empty where there was none."""
        shelf = self._shelves[variant_id]
        level = shelf.levels.get(location_id)
        if level is None:
            level = Level(variant_id, shelf.product_id, location_id, threshold=self.default_threshold)
            shelf.put_in(level)
        return level

    def home_of(self, variant_id: str) -> str:
        """Where units go that nobody sent anywhere: the variant's first location, else the shop's."""
        return next(iter(self._shelves[variant_id].levels), self.default_location)

    def new_levels(self) -> Iterator[Level]:
        """The levels that were opened here and are in no table yet."""
        for shelf in self._shelves.values():
            yield from (level for level in shelf.levels.values() if level.id is None)
