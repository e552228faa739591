"""The SQL of holds. The clock is the database's, asked in the statement that depends on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from inventory.ledger.book import Entry
from inventory.ledger.requests import Want
from inventory.models import ReservationLine, ReservationState


def insert(
    *,
    reservation_id: str,
    holder: str,
    created_at: dt.datetime,
    expires_at: dt.datetime,
    entries: Sequence[Entry],
) -> None:
    """Write a reservation and its lines, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH hold AS (
                INSERT INTO inventory_reservation (id, holder, state, created_at, expires_at)
                VALUES (%s, %s, 'active', %s, %s)
            )
            INSERT INTO inventory_reservationline (
                reservation_id, product_id, variant_id, location_id, quantity)
            SELECT %s, variant.product_id, new.variant_id, new.location_id, new.quantity
            FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS new(variant_id, location_id, quantity)
            JOIN catalog_variant AS variant ON variant.id = new.variant_id
            """,
            [
                reservation_id,
                holder,
                created_at,
                expires_at,
                reservation_id,
                [entry.variant_id for entry in entries],
                [entry.location_id for entry in entries],
                [entry.held for entry in entries],
            ],
        )


def lines_of(reservation_id: str) -> list[Want]:
    """What a reservation holds, or held: its lines never change."""
    rows = ReservationLine.objects.filter(reservation_id=reservation_id).order_by("variant_id", "location_id")
    return [Want(*row) for row in rows.values_list("variant_id", "quantity", "location_id")]


def end(reservation_id: str, state: ReservationState) -> list[Want]:
    """End a hold that is active and has not run out, with its lines; what they held, else nothing.

    The products' heads are locked: nobody ends a line of it as expired meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH hold AS (
                UPDATE inventory_reservation SET state = %s, ended_at = statement_timestamp()
                WHERE id = %s AND state = 'active' AND expires_at > statement_timestamp()
                RETURNING id
            )
            UPDATE inventory_reservationline AS line SET ended_at = statement_timestamp()
            FROM hold WHERE line.reservation_id = hold.id AND line.ended_at IS NULL
            RETURNING line.variant_id, line.quantity, line.location_id
            """,
            [state.value, reservation_id],
        )
        return [Want(*row) for row in cursor.fetchall()]


def extend(reservation_id: str, ttl_seconds: int) -> tuple[dt.datetime, dt.datetime] | None:
    """Move the end of an active hold away; its new end and the present, ``None`` for one that is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_reservation
            SET expires_at = greatest(expires_at, statement_timestamp() + make_interval(secs => %s))
            WHERE id = %s AND state = 'active' AND expires_at > statement_timestamp()
            RETURNING expires_at, statement_timestamp()
            """,
            [ttl_seconds, reservation_id],
        )
        row: tuple[dt.datetime, dt.datetime] | None = cursor.fetchone()
    return row


def expired(limit: int) -> tuple[list[str], list[str]]:
    """Reservations that have run out and are still called active, the oldest first, and their products."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT hold.id, line.product_id
            FROM (SELECT id FROM inventory_reservation
                  WHERE state = 'active' AND expires_at <= statement_timestamp()
                  ORDER BY expires_at LIMIT %s) AS hold
            JOIN inventory_reservationline AS line ON line.reservation_id = hold.id
            """,
            [limit],
        )
        rows = cursor.fetchall()
    return sorted({row[0] for row in rows}), sorted({row[1] for row in rows})


def mark_expired(reservation_ids: Sequence[str]) -> int:
    """Call these reservations expired, now that their lines have ended; how many they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_reservation AS hold SET state = 'expired', ended_at = hold.expires_at
            WHERE hold.id = ANY(%s) AND hold.state = 'active' AND hold.expires_at <= statement_timestamp()
              AND NOT EXISTS (SELECT FROM inventory_reservationline AS line
                              WHERE line.reservation_id = hold.id AND line.ended_at IS NULL)
            """,
            [list(reservation_ids)],
        )
        marked: int = cursor.rowcount
    return marked
