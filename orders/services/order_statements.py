"""The SQL that writes orders, and nothing else.

New ones take one statement, however many they are and whatever is in them: the orders, their numbers, lines
and first history entries, and what leaves their carts. They are written while the stock heads of everything
in them are locked, and each statement more is a wait more for whoever else wants to buy the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from config.kernel.statements import Prepared, rows
from orders.basket import Basket
from orders.order_records import OrderRecord

# An order is not written where its year has no beginning yet: all parts hang on ``placed``.
# Numbers are drawn here and not before, so that an order that is refused for want of stock draws none.
_PLACE = Prepared(
    """
WITH drawn AS (
    SELECT new.*, begun.year, (nextval('orders_order_number') - begun.starts_after)::text AS place
    FROM json_to_recordset(%(orders)s::json)
         AS new(id text, user_id text, status text, currency text, total numeric, item_count bigint,
                shipping_address text, phone text, notes text, payment_method text, payment_status text,
                actor text, moment timestamptz, in_year int)
    JOIN orders_orderyear AS begun ON begun.year = new.in_year
), placed AS (
    INSERT INTO orders_order (
        id, number, user_id, status, currency, total, item_count, shipping_address, phone, notes,
        payment_method, payment_status, tailor_status, carrier, tracking_number, version,
        created_at, updated_at)
    SELECT id, 'ORD-' || year || '-' || lpad(place, greatest(6, length(place)), '0'), user_id, status,
           currency, total, item_count, shipping_address, phone, notes, payment_method, payment_status,
           '', '', '', 1, moment, moment
    FROM drawn
    RETURNING id, number, status, created_at
), lines AS (
    INSERT INTO orders_orderline (
        id, order_id, position, product_id, variant_id, name, sku, attributes, options, price, quantity,
        returned)
    SELECT new.id, placed.id, new.position, new.product_id, new.variant_id, new.name, new.sku,
           new.attributes, new.options, new.price, new.quantity, 0
    FROM placed JOIN json_to_recordset(%(lines)s::json)
         AS new("order" text, id text, position int, product_id text, variant_id text, name text, sku text,
                attributes jsonb, options jsonb, price numeric, quantity bigint)
         ON new."order" = placed.id
), history AS (
    INSERT INTO orders_orderstatuschange (order_id, status, note, actor, at)
    SELECT placed.id, placed.status, '', drawn.actor, placed.created_at
    FROM placed JOIN drawn ON drawn.id = placed.id
), gone AS (
    DELETE FROM orders_cartitem AS item
    USING placed JOIN json_to_recordset(%(gone)s::json) AS old("order" text, id text)
         ON old."order" = placed.id
    WHERE item.id = old.id
), left_over AS (
    UPDATE orders_cartitem AS item SET quantity = new.quantity
    FROM placed JOIN json_to_recordset(%(left_over)s::json) AS new("order" text, id text, quantity int)
         ON new."order" = placed.id
    WHERE item.id = new.id
), carts AS (
    UPDATE orders_cart AS cart SET version = cart.version + 1, updated_at = placed.created_at
    FROM placed JOIN json_to_recordset(%(carts)s::json) AS old("order" text, id text)
         ON old."order" = placed.id
    WHERE cart.id = old.id
)
SELECT id, number FROM placed
"""
)

# A sequence that was never used stands at 1, and 1 is the first number that it will give.
# Two first orders of a year: the second waits for the first one's row, and finds it.
_OPEN_YEARS = """
INSERT INTO orders_orderyear (year, starts_after)
SELECT year, CASE WHEN is_called THEN last_value ELSE last_value - 1 END
FROM orders_order_number, unnest(%s::int[]) AS year
ON CONFLICT (year) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be written as it is now, and what it has left of its (locked) cart, if it had any."""

    order: OrderRecord
    actor: str
    basket: Basket
    cart_id: str | None


def write_orders(new: Sequence[NewOrder]) -> dict[str, str]:
    """Write new orders, and store what they have left of their carts; the number that each got, by id."""
    if not new:
        return {}
    numbers = _write(new)
    missing = [one for one in new if one.order.id not in numbers]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(_OPEN_YEARS, [sorted({_year(one) for one in missing})])
        numbers |= _write(missing)
    return numbers


def _write(new: Sequence[NewOrder]) -> dict[str, str]:
    relieved = [one for one in new if one.cart_id is not None]
    parameters = {
        "orders": _json([_order_row(one) for one in new]),
        "lines": _json([row for one in new for row in _line_rows(one.order)]),
        "carts": _json([{"order": one.order.id, "id": one.cart_id} for one in relieved]),
        "gone": _json([{"order": one.order.id, "id": id_} for one in relieved for id_ in one.basket.gone]),
        "left_over": _json(
            [
                {"order": one.order.id, "id": line.id, "quantity": line.quantity}
                for one in relieved
                for line in one.basket.changed
            ]
        ),
    }
    return dict(rows(_PLACE, parameters))


def count_returned(counts: Mapping[str, int]) -> None:
    """Add so many units to what came back of each of these (locked orders') lines."""
    back = [{"id": line_id, "quantity": quantity} for line_id, quantity in counts.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE orders_orderline AS line SET returned = line.returned + back.quantity
            FROM json_to_recordset(%s::json) AS back(id text, quantity bigint) WHERE line.id = back.id
            """,
            [_json(back)],
        )


def _year(new: NewOrder) -> int:
    return new.order.created_at.astimezone(dt.UTC).year


def _order_row(new: NewOrder) -> Mapping[str, Any]:
    order = new.order
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
        "actor": new.actor,
        "moment": order.created_at,
        "in_year": _year(new),
    }


def _line_rows(order: OrderRecord) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "order": order.id,
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
