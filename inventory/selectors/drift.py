"""Where levels and ledger disagree. Set-based: one statement for each kind of drift, however long the ledger.

Each statement is one snapshot, so it may run while the shop sells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.db import connection

Kind = Literal["balance", "chain", "reserved"]


@dataclass(frozen=True, slots=True)
class Drift:
    """One disagreement: what stands there, and what it should be. ``movement_id`` for a broken chain."""

    kind: Kind
    sku: str
    variant_id: str
    location_id: str
    product_id: str
    stands: int
    should: int
    movement_id: int | None = None

    def __str__(self) -> str:
        where = f"{self.sku} at {self.location_id}"
        if self.kind == "balance":
            return f"{where}: on hand is {self.stands}, the ledger adds up to {self.should}"
        if self.kind == "reserved":
            return f"{where}: reserved is {self.stands}, open holds add up to {self.should}"
        entry = f"entry {self.movement_id} says {self.stands}"
        return f"{where}: {entry}, the entries up to it add up to {self.should}"


# A level without entries counts as 0; entries without a level are as wrong.
_BALANCE = """
SELECT variant.sku, variant.id, place.location_id, variant.product_id,
       coalesce(level.on_hand, 0), coalesce(ledger.total, 0)::bigint
FROM (SELECT variant_id, location_id, sum(delta) AS total FROM inventory_stockmovement
      GROUP BY variant_id, location_id) AS ledger
FULL JOIN inventory_stocklevel AS level
    ON level.variant_id = ledger.variant_id AND level.location_id = ledger.location_id
CROSS JOIN LATERAL (SELECT coalesce(level.variant_id, ledger.variant_id) AS variant_id,
                           coalesce(level.location_id, ledger.location_id) AS location_id) AS place
JOIN catalog_variant AS variant ON variant.id = place.variant_id
WHERE coalesce(level.on_hand, 0) <> coalesce(ledger.total, 0)
ORDER BY variant.sku, place.location_id
"""

# An entry that bears a wrong balance can't be edited. Once a repair has looked at it, it is known.
_CHAIN = """
SELECT variant.sku, variant.id, entry.location_id, variant.product_id,
       entry.balance_after, entry.total::bigint, entry.id
FROM (SELECT id, variant_id, location_id, balance_after,
             sum(delta) OVER (PARTITION BY variant_id, location_id ORDER BY id) AS total
      FROM inventory_stockmovement) AS entry
JOIN catalog_variant AS variant ON variant.id = entry.variant_id
WHERE entry.balance_after <> entry.total
  AND NOT EXISTS (SELECT FROM inventory_stockoperation AS known
                  WHERE known.kind = 'known' AND known.reference = 'movement ' || entry.id)
ORDER BY entry.id
"""

_RESERVED = """
SELECT variant.sku, variant.id, place.location_id, variant.product_id,
       coalesce(level.reserved, 0), coalesce(held.total, 0)::bigint
FROM (SELECT variant_id, location_id, sum(quantity) AS total FROM inventory_reservationline
      WHERE ended_at IS NULL GROUP BY variant_id, location_id) AS held
FULL JOIN inventory_stocklevel AS level
    ON level.variant_id = held.variant_id AND level.location_id = held.location_id
CROSS JOIN LATERAL (SELECT coalesce(level.variant_id, held.variant_id) AS variant_id,
                           coalesce(level.location_id, held.location_id) AS location_id) AS place
JOIN catalog_variant AS variant ON variant.id = place.variant_id
WHERE coalesce(level.reserved, 0) <> coalesce(held.total, 0)
ORDER BY variant.sku, place.location_id
"""

_STATEMENTS: dict[Kind, str] = {"balance": _BALANCE, "chain": _CHAIN, "reserved": _RESERVED}


def drifts() -> list[Drift]:
    """Every disagreement there is; none is what a sound shop has."""
    return [drift for kind in _STATEMENTS for drift in drifts_of(kind)]


def drifts_of(kind: Kind) -> Iterator[Drift]:
    """The disagreements of one kind."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[kind])
        for row in cursor.fetchall():
            yield Drift(kind, *row)


def sizes() -> tuple[int, int]:
    """How many levels and entries there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM inventory_stocklevel), (SELECT count(*) FROM inventory_stockmovement)
            """
        )
        levels, entries = cursor.fetchone()
    return levels, entries
