"""One product of a file on its way to the services, and what a format says when it can't be one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.services import ProductDraft
from config.kernel.errors import StockwireError

_VARIANT = re.compile(r"variants\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product as its rows have it.

    ``key`` is what the exporting system knows it by. It is looked for by its sku, then by that key, which is
    its sku where the file has none. ``variant_rows`` are the rows of the draft's variants, in their order.
    """

    key: str
    file: str
    row: int
    draft: ProductDraft
    variant_rows: tuple[int, ...]
    notes: tuple[tuple[int, str], ...] = ()

    @property
    def sku(self) -> str:
        """What it is looked for by."""
        return str(self.draft.sku)

    def row_of(self, refusal: StockwireError) -> int:
        """The row that a refusal is about."""
        for place in refusal.details:
            match = _VARIANT.match(place)
            if match and int(match[1]) < len(self.variant_rows):
                return self.variant_rows[int(match[1])]
        return self.row


class RefusedRowsError(Exception):
    """A product that its rows don't make: each mistake with its row."""

    def __init__(self, *mistakes: tuple[int, str]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(f"row {row}: {reason}" for row, reason in mistakes))
