"""The stock of one product, in the plainest Python: what the ledger must come to, step by step.

It knows no database and shares no code with the shop.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Held:
    """Units at places, held under a name; ``over`` once the clock has ended it and nobody tidied up yet."""

    units: dict[tuple[int, str], int]
    over: bool = False


@dataclass
class Oracle:
    """Places in the order in which sales draw on them."""

    places: list[str]
    on_hand: dict[tuple[int, str], int] = field(default_factory=dict)
    holds: dict[str, Held] = field(default_factory=dict)
    movements: list[tuple[int, str, int, int, str]] = field(default_factory=list)

    # ------------------------------------------------------------------------------------- figures

    def reserved(self, variant: int, place: str) -> int:
        return sum(held.units.get((variant, place), 0) for held in self.holds.values())

    def free(self, variant: int, place: str) -> int:
        standing = sum(held.units.get((variant, place), 0) for held in self.holds.values() if not held.over)
        return self.on_hand.get((variant, place), 0) - standing

    def available(self, variant: int) -> int:
        return sum(self.free(variant, place) for place in self.places)

    # --------------------------------------------------------------------------------------- steps

    def tidy(self) -> None:
        """Any change of the product ends what has run out."""
        for name in [name for name, held in self.holds.items() if held.over]:
            del self.holds[name]

    def split(self, wishes: list[tuple[int, int, str | None]]) -> dict[tuple[int, str], int] | None:
        """Where these units come from, or ``None`` if they are not there."""
        drawn: dict[tuple[int, str], int] = {}
        for only in (True, False):
            for variant, quantity, place in wishes:
                if (place is not None) is not only:
                    continue
                left = quantity
                for one in self.places if place is None else [place]:
                    taken = min(left, self.free(variant, one) - drawn.get((variant, one), 0))
                    if taken > 0:
                        drawn[variant, one] = drawn.get((variant, one), 0) + taken
                        left -= taken
                if left:
                    return None
        return drawn

    def counted(self, variant: int, place: str | None) -> tuple[int, int]:
        """What there is of a variant at a place, or in all, and how much of it must stay."""
        places = self.places if place is None else [place]
        there = sum(self.on_hand.get((variant, one), 0) for one in places)
        return there, there - sum(self.free(variant, one) for one in places)

    def count(self, variant: int, place: str | None, quantity: int, kind: str) -> None:
        """So many were counted: more lie at the first place, fewer are missing at one after the other."""
        there, _ = self.counted(variant, place)
        places = self.places if place is None else [place]
        if quantity >= there:
            self.move(variant, places[0], quantity - there, kind)
            return
        left = there - quantity
        for one in places:
            gone = min(left, self.free(variant, one))
            self.move(variant, one, -gone, kind)
            left -= gone

    def move(self, variant: int, place: str, delta: int, kind: str) -> None:
        balance = self.on_hand.get((variant, place), 0) + delta
        assert balance >= 0
        self.on_hand[variant, place] = balance
        if delta:
            self.movements.append((variant, place, delta, balance, kind))
