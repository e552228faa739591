"""The writer's SQL, and nothing else. Raw where the statement itself is the point; each says why.

All of it runs inside the writer's transaction. Arrays go in and are unnested, so that the number of
statements does not grow with the number of lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import IntegrityError, OperationalError, connection

from config.kernel.actors import Actor
from inventory.ledger.book import Level, Shelf
from inventory.ledger.requests import Want


class LevelMoved(OperationalError):
    """A level did not stand where it was read, though its product's head was locked.

    It bears the SQLSTATE of a serialisation failure, which it is: the transaction is tried again.
    """

    sqlstate = "40001"


@dataclass(slots=True)
class LevelChange:
    """What one level moves by in all."""

    delta: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """A product's locked stock head: its version, and when its stock last changed."""

    version: int
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OperationRow:
    id: str
    kind: str
    reference: str | None
    fingerprint: str
    answer: str


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement. ``so_far`` is what its level has moved by in this transaction, this one included."""

    level: tuple[str, str]
    so_far: int
    operation_id: str
    delta: int
    kind: str
    reason: str
    reference: str
    occurred_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A book's content, the holds that have just been ended, and the database's time at that moment."""

    shelves: list[Shelf]
    expired: list[Want]
    moment: dt.datetime


_LOCK = """
SELECT product_id, version, changed_at FROM inventory_productstock
WHERE product_id = ANY(%s) ORDER BY product_id FOR UPDATE
"""

_FIRST_HEADS = """
INSERT INTO inventory_productstock (product_id, version, changed_at)
SELECT id, 0, created_at FROM catalog_product WHERE id = ANY(%s) ORDER BY id
ON CONFLICT (product_id) DO NOTHING
"""


_ADVANCE = """
INSERT INTO inventory_productstock AS head (product_id, version, changed_at)
SELECT id, 1, created_at FROM catalog_product WHERE id = ANY(%s) ORDER BY id
ON CONFLICT (product_id) DO UPDATE SET version = head.version + 1
RETURNING product_id, version
"""


def lock_heads(product_ids: Sequence[str]) -> dict[str, Head]:
    """Lock the stock heads of these products in id order, make those that are missing; what they say.

    Ids that are no products' have no head and are left out.
    """
    wanted = sorted(set(product_ids))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [wanted])
        rows = cursor.fetchall()
        if len(rows) < len(wanted):
            found = {row[0] for row in rows}
            cursor.execute(_FIRST_HEADS, [[one for one in wanted if one not in found]])
            cursor.execute(_LOCK, [wanted])
            rows = cursor.fetchall()
    return {product_id: Head(version, changed_at) for product_id, version, changed_at in rows}


def advance_heads(product_ids: Sequence[str]) -> dict[str, int]:
    """Lock these heads as ``lock_heads`` does, and count one change of each product; the new versions."""
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, [sorted(set(product_ids))])
        return dict(cursor.fetchall())


# Ending the holds that have run out and reading the figures is one statement, so that a sale costs no
# more where nothing has expired. Both parts see the levels as they were before it: ``reserved`` still
# holds what ``expired`` gives back, and the book's first request takes it off.
# statement_timestamp() and not now(): the statement begins after the heads are locked, the
# transaction has begun before. And not clock_timestamp(): no index serves a volatile function.
_READ = """
WITH expired AS (
    UPDATE inventory_reservationline AS line SET ended_at = statement_timestamp()
    FROM inventory_reservation AS hold
    WHERE hold.id = line.reservation_id AND hold.state = 'active'
      AND hold.expires_at <= statement_timestamp()
      AND line.ended_at IS NULL AND line.product_id = ANY(%(products)s)
    RETURNING line.variant_id, line.location_id, line.quantity
), lapsed AS (
    SELECT variant_id, location_id, sum(quantity) AS quantity FROM expired GROUP BY variant_id, location_id
)
SELECT variant.id, variant.product_id, product.title, variant.sku, variant.attributes::text,
       variant.archived_at IS NULL AND product.archived_at IS NULL,
       level.id, level.location_id, location.priority, level.low_stock_threshold,
       level.on_hand, level.reserved, level.safety,
       coalesce(lapsed.quantity, 0), statement_timestamp()
FROM catalog_variant AS variant
JOIN catalog_product AS product ON product.id = variant.product_id
LEFT JOIN inventory_stocklevel AS level ON level.variant_id = variant.id
LEFT JOIN inventory_location AS location ON location.code = level.location_id
LEFT JOIN lapsed ON lapsed.variant_id = level.variant_id AND lapsed.location_id = level.location_id
WHERE variant.product_id = ANY(%(products)s)
ORDER BY variant.product_id, variant.position, variant.id, location.priority, location.code
"""


def read_book(product_ids: Sequence[str]) -> Reading:
    """End the expired holds of these products, and read all their variants and levels."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"products": list(product_ids)})
        rows = cursor.fetchall()
    shelves: dict[str, Shelf] = {}
    expired = []
    for row in rows:
        variant_id, product_id = row[0], row[1]
        shelf = shelves.get(variant_id)
        if shelf is None:
            shelf = Shelf(variant_id, product_id, row[2], row[3], orjson.loads(row[4]), row[5])
            shelves[variant_id] = shelf
        if row[6] is not None:
            shelf.levels[row[7]] = Level(
                variant_id, product_id, row[7], row[8], row[9], row[10], row[11], row[12], row[6]
            )
            if row[13]:
                expired.append(Want(variant_id, int(row[13]), row[7]))
    return Reading(list(shelves.values()), expired, rows[0][14] if rows else _moment())


def _moment() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


def ensure_locations(codes: Collection[str], *, allowed: Collection[str]) -> set[str]:
    """Make the allowed ones of these locations that are not there; returns those that still are not."""
    wanted = sorted(codes)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_location (code, name, priority)
            SELECT code, '', 100 FROM unnest(%s::text[]) AS code ON CONFLICT (code) DO NOTHING
            """,
            [[code for code in wanted if code in allowed]],
        )
        cursor.execute("SELECT code FROM inventory_location WHERE code = ANY(%s)", [wanted])
        return set(wanted) - {code for (code,) in cursor.fetchall()}


def open_levels(levels: Sequence[Level]) -> None:
    """Give each of these levels a row, empty, and note its id."""
    with connection.cursor() as cursor:
        # DO UPDATE and not DO NOTHING: it returns the id also where somebody else has made the row.
        cursor.execute(
            """
            INSERT INTO inventory_stocklevel (product_id, variant_id, location_id, on_hand, reserved, safety,
                                              allow_backorder, low_stock_threshold, version)
            SELECT product_id, variant_id, location_id, 0, 0, 0, false, threshold, 0
            FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[])
                 AS new(product_id, variant_id, location_id, threshold)
            ORDER BY variant_id, location_id
            ON CONFLICT (variant_id, location_id) DO UPDATE SET version = inventory_stocklevel.version
            RETURNING id, variant_id, location_id
            """,
            [
                [level.product_id for level in levels],
                [level.variant_id for level in levels],
                [level.location_id for level in levels],
                [level.threshold for level in levels],
            ],
        )
        ids = {(variant_id, location_id): id_ for id_, variant_id, location_id in cursor.fetchall()}
    for level in levels:
        level.id = ids[level.variant_id, level.location_id]


# The decision is the write: a level moves only if it can bear it, by the row as it is at this instant,
# whatever anybody has read before. A level that does not come back has refused.
# A movement's balance is what the database now holds, less what later movements of the same
# transaction took (``later``): the ledger and the level can't disagree.
# The operation's foreign keys are checked at the commit, so its row may come in the same statement.
# Rows come as JSON: for many rows a tenth of the cost of arrays, each element of which is quoted on its own.
_WRITE = """
WITH moved AS (
    UPDATE inventory_stocklevel AS level
    SET on_hand = level.on_hand + change.delta, reserved = level.reserved + change.held,
        version = level.version + 1, updated_at = %(moment)s
    FROM json_to_recordset(%(changes)s::json) AS change(level bigint, delta bigint, held bigint)
    WHERE level.id = change.level
      AND level.on_hand + change.delta >= 0 AND level.reserved + change.held >= 0
      AND (level.allow_backorder
           OR level.on_hand + change.delta >= level.reserved + change.held + level.safety)
    RETURNING level.id, level.on_hand, level.product_id, level.variant_id, level.location_id
), heads AS (
    UPDATE inventory_productstock AS head
    SET version = new.version, changed_at = greatest(head.changed_at, %(moment)s)
    FROM json_to_recordset(%(heads)s::json) AS new(product text, version bigint)
    WHERE head.product_id = new.product
), operations AS (
    INSERT INTO inventory_stockoperation (id, kind, reference, fingerprint, answer, recorded_at)
    SELECT id, kind, reference, fingerprint, answer, %(moment)s
    FROM json_to_recordset(%(operations)s::json)
         AS new(id text, kind text, reference text, fingerprint text, answer text)
), entries AS (
    INSERT INTO inventory_stockmovement (
        operation_id, product_id, variant_id, location_id, delta, balance_after,
        kind, reason, reference, actor, source, occurred_at, recorded_at)
    SELECT new.operation, moved.product_id, moved.variant_id, moved.location_id, new.delta,
           moved.on_hand - new.later, new.kind, new.reason, new.reference, %(actor)s, %(source)s,
           new.occurred_at, %(moment)s
    FROM json_to_recordset(%(movements)s::json)
         AS new(place int, level bigint, operation text, delta bigint, later bigint, kind text, reason text,
                reference text, occurred_at timestamptz)
    JOIN moved ON moved.id = new.level
    ORDER BY new.place
)
SELECT count(*) FROM moved
"""


def write(
    *,
    changes: Mapping[int, LevelChange],
    heads: Mapping[str, int],
    operations: Sequence[OperationRow],
    movements: Sequence[MovementRow],
    level_ids: Mapping[tuple[str, str], int],
    moment: dt.datetime,
    actor: Actor,
) -> int:
    """Write levels, heads, operations and movements; returns how many levels have moved."""
    rows = [
        {
            "place": place,
            "level": level_ids[row.level],
            "operation": row.operation_id,
            "delta": row.delta,
            "later": changes[level_ids[row.level]].delta - row.so_far,
            "kind": row.kind,
            "reason": row.reason,
            "reference": row.reference,
            "occurred_at": row.occurred_at,
        }
        for place, row in enumerate(movements)
    ]
    parameters: dict[str, Any] = {
        "moment": moment,
        "changes": _json(
            [{"level": id_, "delta": one.delta, "held": one.held} for id_, one in changes.items()]
        ),
        "heads": _json([{"product": id_, "version": version} for id_, version in heads.items()]),
        "operations": _json(operations),
        "movements": _json(rows),
        "actor": str(actor),
        "source": actor.source,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, parameters)
        moved: int = cursor.fetchone()[0]
    return moved


def _json(rows: Sequence[Any]) -> str:
    return orjson.dumps(rows).decode()


def violates(error: IntegrityError, constraint: str) -> bool:
    """Whether this is the constraint that ``error`` is about."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) == constraint
