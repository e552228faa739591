"""The SQL that writes orders, and nothing else.

A new one takes one statement: the order, its number, its lines, its first history entry, and what leaves the
cart. It is written while the stock heads of everything in it are locked, and each statement more is a wait
more for whoever else wants to buy the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

from orders.basket import Basket
from orders.order_records import OrderRecord

# Nothing is written where the year has no beginning yet: all parts hang on ``placed``.
# The number is drawn here and not before, so that an order that is refused for want of stock draws none.
_PLACE = """
WITH drawn AS (
    SELECT year, (nextval('orders_order_number') - starts_after)::text AS place
    FROM orders_orderyear WHERE year = %(year)s
), placed AS (
    INSERT INTO orders_order (
        id, number, user_id, status, currency, total, item_count, shipping_address, phone, notes,
        payment_method, payment_status, tailor_status, carrier, tracking_number, version,
        created_at, updated_at)
    SELECT new.id, 'ORD-' || year || '-' || lpad(place, greatest(6, length(place)), '0'), new.user_id,
           new.status, new.currency, new.total, new.item_count, new.shipping_address, new.phone, new.notes,
           new.payment_method, new.payment_status, '', '', '', 1, %(moment)s, %(moment)s
    FROM drawn, json_to_record(%(order)s::json)
         AS new(id text, user_id text, status text, currency text, total numeric, item_count bigint,
                shipping_address text, phone text, notes text, payment_method text, payment_status text)
    RETURNING id, number, status
), lines AS (
    INSERT INTO orders_orderline (
        id, order_id, position, product_id, variant_id, name, sku, attributes, options, price, quantity,
        returned)
    SELECT new.id, placed.id, new.position, new.product_id, new.variant_id, new.name, new.sku,
           new.attributes, new.options, new.price, new.quantity, 0
    FROM placed, json_to_recordset(%(lines)s::json)
         AS new(id text, position int, product_id text, variant_id text, name text, sku text,
                attributes jsonb, options jsonb, price numeric, quantity bigint)
), history AS (
    INSERT INTO orders_orderstatuschange (order_id, status, note, actor, at)
    SELECT id, status, '', %(actor)s, %(moment)s FROM placed
), gone AS (
    DELETE FROM orders_cartitem AS item USING placed WHERE item.id = ANY(%(gone)s)
), left_over AS (
    UPDATE orders_cartitem AS item SET quantity = new.quantity
    FROM placed, json_to_recordset(%(left_over)s::json) AS new(id text, quantity int)
    WHERE item.id = new.id
), cart AS (
    UPDATE orders_cart SET version = version + 1, updated_at = %(moment)s
    FROM placed WHERE orders_cart.id = %(cart)s
)
SELECT number FROM placed
"""

# A sequence that was never used stands at 1, and 1 is the first number that it will give.
# Two first orders of a year: the second waits for the first one's row, and finds it.
_OPEN_YEAR = """
INSERT INTO orders_orderyear (year, starts_after)
SELECT %(year)s, CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM orders_order_number
ON CONFLICT (year) DO NOTHING
"""


def write_order(
    order: OrderRecord, *, actor: str, moment: dt.datetime, basket: Basket, cart_id: str | None
) -> str:
    """Write a new order, and store what it has left of the (locked) cart; the number that it got."""
    parameters: dict[str, Any] = {
        "year": moment.astimezone(dt.UTC).year,
        "order": _json(_order_row(order)),
        "lines": _json(_line_rows(order)),
        "actor": actor,
        "moment": moment,
        "cart": cart_id,
        "gone": basket.gone,
        "left_over": _json([{"id": line.id, "quantity": line.quantity} for line in basket.changed]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, parameters)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_OPEN_YEAR, parameters)
            cursor.execute(_PLACE, parameters)
            row = cursor.fetchone()
    number: str = row[0]
    return number


def count_returned(counts: Mapping[str, int]) -> None:
    """Add so many units to what came back of each of these (locked orders') lines."""
    rows = [{"id": line_id, "quantity": quantity} for line_id, quantity in counts.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE orders_orderline AS line SET returned = line.returned + back.quantity
            FROM json_to_recordset(%s::json) AS back(id text, quantity bigint) WHERE line.id = back.id
            """,
            [_json(rows)],
        )


def _order_row(order: OrderRecord) -> Mapping[str, Any]:
    return {
        "id": order.id,
        "user_id": order.customer.id,
        "status": order.status.value,
        "currency": order.currency,
        "total": str(order.total),
        "item_count": order.item_count,
        "shipping_address": order.shipping_address,
        "phone": order.phone,
        "notes": order.notes,
        "payment_method": order.payment_method,
        "payment_status": order.payment_status,
    }


def _line_rows(order: OrderRecord) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "id": line.id,
            "position": position,
            "product_id": line.product_id,
            "variant_id": line.variant_id,
            "name": line.name,
            "sku": line.sku,
            "attributes": line.attributes,
            "options": line.options,
            "price": str(line.price),
            "quantity": line.quantity,
        }
        for position, line in enumerate(order.lines, start=1)
    ]


def _json(rows: Any) -> str:
    return orjson.dumps(rows).decode()
