"""A cart while it is being changed: lines that are added up, set and taken out. Pure; it knows no price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from config.api.fields import MAX_QUANTITY
from config.kernel.ids import new_id
from orders.errors import CartFull, UnknownItem, quantity_out_of_range

#: Different things in one cart. A merge may go beyond it: nothing that somebody chose is lost.
MAX_LINES = 200


@dataclass(slots=True, kw_only=True)
class BasketLine:
    """So many units of a variant with these choices."""

    product_id: str
    variant_id: str
    options: Mapping[str, str]
    quantity: int
    id: str = field(default_factory=lambda: new_id("item"))
    position: int = 0

    def is_for(self, variant_id: str, options: Mapping[str, str]) -> bool:
        return self.variant_id == variant_id and dict(self.options) == dict(options)


class Basket:
    """Lines in the order in which they came. What changed is told apart from what was there before."""

    def __init__(self, lines: Iterable[BasketLine] = ()) -> None:
        self.lines = list(lines)
        self._before = {line.id: line.quantity for line in self.lines}

    # ------------------------------------------------------------------------------------- changes

    def add(self, line: BasketLine, *, bounded: bool = True) -> None:
        """Put units in, to those that are there of the same variant and choices.

        Refuses: a line that would have too many units (unless not ``bounded``: then it has the most),
        a line too many.
        """
        present = self.find(line.variant_id, line.options)
        if present is None:
            if bounded and len(self.lines) >= MAX_LINES:
                raise CartFull(MAX_LINES)
            line.position = 1 + max((one.position for one in self.lines), default=0)
            self.lines.append(line)
            return
        total = present.quantity + line.quantity
        if bounded and total > MAX_QUANTITY:
            raise quantity_out_of_range(MAX_QUANTITY)
        present.quantity = min(total, MAX_QUANTITY)

    def remove(self, line: BasketLine) -> None:
        self.lines.remove(line)

    def take(self, variant_id: str, options: Mapping[str, str], quantity: int) -> None:
        """Take so many units out, as far as they are there."""
        present = self.find(variant_id, options)
        if present is None:
            return
        if present.quantity > quantity:
            present.quantity -= quantity
        else:
            self.remove(present)

    # --------------------------------------------------------------------------------------- looks

    def find(self, variant_id: str, options: Mapping[str, str]) -> BasketLine | None:
        return next((line for line in self.lines if line.is_for(variant_id, options)), None)

    def of_variant(self, variant_id: str) -> list[BasketLine]:
        return [line for line in self.lines if line.variant_id == variant_id]

    def line(self, item_id: str) -> BasketLine:
        """The line with this id. Refuses: ``UnknownItem``."""
        for line in self.lines:
            if line.id == item_id:
                return line
        raise UnknownItem

    # ------------------------------------------------------------------------------- what has changed

    @property
    def new(self) -> list[BasketLine]:
        return [line for line in self.lines if line.id not in self._before]

    @property
    def changed(self) -> list[BasketLine]:
        return [line for line in self.lines if self._before.get(line.id, line.quantity) != line.quantity]

    @property
    def gone(self) -> list[str]:
        return sorted(self._before.keys() - {line.id for line in self.lines})

    @property
    def is_changed(self) -> bool:
        return bool(self.new or self.changed or self.gone)
