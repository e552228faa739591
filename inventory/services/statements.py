"""The writer's SQL, and nothing else. Raw where the statement itself is the point; each says why.

All of it runs inside the writer's transaction. Arrays go in and are unnested, so that the number of
statements does not grow with the number of lines.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import IntegrityError, OperationalError, connection

from config.kernel.statements import Prepared, change, rows
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
    actor: str
    source: str
    occurred_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A book's content, the holds that have just been ended, and the database's time at that moment."""

    shelves: list[Shelf]
    expired: list[Want]
    moment: dt.datetime


_LOCK = Prepared(
    """
SELECT product_id, version, changed_at FROM inventory_productstock
WHERE product_id = ANY(%s) ORDER BY product_id FOR UPDATE
"""
)

_FIRST_HEADS = Prepared(
    """
INSERT INTO inventory_productstock (product_id, version, changed_at)
SELECT id, 0, created_at FROM catalog_product WHERE id = ANY(%s) ORDER BY id
ON CONFLICT (product_id) DO NOTHING
"""
)


_ADVANCE = Prepared(
    """
INSERT INTO inventory_productstock AS head (product_id, version, changed_at)
SELECT id, 1, created_at FROM catalog_product WHERE id = ANY(%s) ORDER BY id
ON CONFLICT (product_id) DO UPDATE SET version = head.version + 1
RETURNING product_id, version
"""
)


def lock_heads(product_ids: Sequence[str]) -> dict[str, Head]:
    """Lock the stock heads of these products in id order, make those that are missing; what they say.

    Ids that are no products' have no head and are left out.
    """
    wanted = sorted(set(product_ids))
    locked = rows(_LOCK, [wanted])
    if len(locked) < len(wanted):
        found = {head[0] for head in locked}
        change(_FIRST_HEADS, [[one for one in wanted if one not in found]])
        locked = rows(_LOCK, [wanted])
    return {product_id: Head(version, changed_at) for product_id, version, changed_at in locked}


def advance_heads(product_ids: Sequence[str]) -> dict[str, int]:
    """Lock these heads as ``lock_heads`` does, and count one change of each product; the new versions."""
    return dict(rows(_ADVANCE, [sorted(set(product_ids))]))


# Ending the holds that have run out and reading the figures is one statement, so that a sale costs no
# more where nothing has expired. Both parts see the levels as they were before it: ``reserved`` still
# holds what ``expired`` gives back, and the book's first request takes it off.
# statement_timestamp() and not now(): the statement begins after the heads are locked, the
# transaction has begun before. And not clock_timestamp(): no index serves a volatile function.
# Each table is asked by product for itself and the rows meet in Python: of a table that was just filled the
# planner knows nothing, and has joined a thousand products to a thousand others row by row.
_READ = Prepared(
    """
WITH expired AS (
    UPDATE inventory_reservationline AS line SET ended_at = statement_timestamp()
    FROM inventory_reservation AS hold
    WHERE hold.id = line.reservation_id AND hold.state = 'active'
      AND hold.expires_at <= statement_timestamp()
      AND line.ended_at IS NULL AND line.product_id = ANY(%(products)s)
    RETURNING line.variant_id, line.location_id, line.quantity
)
SELECT statement_timestamp(),
    (SELECT json_agg(json_build_array(id, title, archived_at IS NULL))::text
     FROM catalog_product WHERE id = ANY(%(products)s)),
    (SELECT json_agg(json_build_array(id, product_id, sku, attributes, archived_at IS NULL)
                     ORDER BY product_id, position, id)::text
     FROM catalog_variant WHERE product_id = ANY(%(products)s)),
    (SELECT json_agg(json_build_array(variant_id, product_id, location_id, priority, low_stock_threshold,
                                      on_hand, reserved, safety, level.id) ORDER BY priority, code)::text
     FROM inventory_stocklevel AS level JOIN inventory_location ON code = location_id
     WHERE product_id = ANY(%(products)s)),
    (SELECT json_agg(json_build_array(variant_id, location_id, quantity))::text FROM expired)
"""
)


def read_book(product_ids: Sequence[str]) -> Reading:
    """End the expired holds of these products, and read all their variants and levels."""
    ((moment, *parts),) = rows(_READ, {"products": list(product_ids)})
    products, variants, levels, expired = (orjson.loads(part) if part else [] for part in parts)
    titles = {product_id: (title, live) for product_id, title, live in products}
    shelves: dict[str, Shelf] = {}
    for variant_id, product_id, sku, attributes, live in variants:
        title, product_live = titles[product_id]
        shelves[variant_id] = Shelf(variant_id, product_id, title, sku, attributes, live and product_live)
    for row in levels:
        level = Level(*row)
        shelves[level.variant_id].levels[level.location_id] = level
    lapsed: Counter[tuple[str, str]] = Counter()
    for variant_id, location_id, quantity in expired:
        lapsed[variant_id, location_id] += quantity
    wants = [Want(variant_id, quantity, place) for (variant_id, place), quantity in sorted(lapsed.items())]
    return Reading(list(shelves.values()), wants, moment)


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
_WRITE = Prepared(
    """
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
           moved.on_hand - new.later, new.kind, new.reason, new.reference, new.actor, new.source,
           new.occurred_at, %(moment)s
    FROM json_to_recordset(%(movements)s::json)
         AS new(place int, level bigint, operation text, delta bigint, later bigint, kind text, reason text,
                reference text, actor text, source text, occurred_at timestamptz)
    JOIN moved ON moved.id = new.level
    ORDER BY new.place
)
SELECT count(*) FROM moved
"""
)


def write(
    *,
    changes: Mapping[int, LevelChange],
    heads: Mapping[str, int],
    operations: Sequence[OperationRow],
    movements: Sequence[MovementRow],
    level_ids: Mapping[tuple[str, str], int],
    moment: dt.datetime,
) -> int:
    """Write levels, heads, operations and movements; returns how many levels have moved."""
    entries = [
        {
            "place": place,
            "level": level_ids[row.level],
            "operation": row.operation_id,
            "delta": row.delta,
            "later": changes[level_ids[row.level]].delta - row.so_far,
            "kind": row.kind,
            "reason": row.reason,
            "reference": row.reference,
            "actor": row.actor,
            "source": row.source,
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
        "movements": _json(entries),
    }
    ((moved,),) = rows(_WRITE, parameters)
    return int(moved)


def _json(rows: Sequence[Any]) -> str:
    return orjson.dumps(rows).decode()


def violates(error: IntegrityError, constraint: str) -> bool:
    """Whether this is the constraint that ``error`` is about."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) == constraint
