"""Orders that were stored long ago, by the hundred thousand, written as fast as PostgreSQL writes.

They are whole: each with two lines, its movements' worth of history, and a payment. Nothing of them is in the
ledger; none of what is measured reads that of the past.
"""

import psycopg

_ORDERS = """
INSERT INTO orders_order (
    id, number, user_id, status, currency, total, item_count, shipping_address, phone, notes, payment_method,
    payment_status, tailor_status, carrier, tracking_number, version, created_at, updated_at)
SELECT 'ord_past' || n, 'ORD-2020-' || lpad(n::text, 6, '0'), shopper.id, 'delivered', 'EGP', 2581.0, 2,
       '221B Baker Street, London NW1 6XE', '+44 20 7224 3688', '', 'cod', 'completed', '', '', '', 4,
       moment, moment + interval '3 days'
FROM (SELECT n, now() - interval '400 days' + n * interval '2 minutes' AS moment
      FROM generate_series(1, %(orders)s) AS n) AS past
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS all_of_them
      FROM identity_user) AS shopper ON shopper.place = 1 + n %% all_of_them
"""
_LINES = """
INSERT INTO orders_orderline (
    id, order_id, position, product_id, variant_id, name, sku, attributes, options, price, quantity, returned)
SELECT 'line_past' || n || '_' || position, 'ord_past' || n, position, product_id, variant.id, 'Trail runner',
       sku, attributes, '{}', 1290.5, 1, 0
FROM generate_series(1, %(orders)s) AS n CROSS JOIN generate_series(1, 2) AS position
JOIN (SELECT id, product_id, sku, attributes, row_number() OVER (ORDER BY id) AS place,
             count(*) OVER () AS all_of_them
      FROM catalog_variant) AS variant ON variant.place = 1 + (2 * n + position) %% all_of_them
"""
_HISTORY = """
INSERT INTO orders_orderstatuschange (order_id, status, note, actor, at)
SELECT id, step.status, '', 'system', created_at + place * interval '1 day'
FROM orders_order CROSS JOIN unnest(ARRAY['pending', 'processing', 'shipped', 'delivered'])
     WITH ORDINALITY AS step(status, place)
"""
_PAYMENTS = """
INSERT INTO orders_payment (
    id, order_id, provider, status, amount, currency, refunded, refunding, surplus, reference, receipt,
    checkout, begun, held_until, created_at, updated_at)
SELECT 'pay_past' || substr(id, 9), id, 'cod', 'completed', total, currency, 0, 0, false, '', '', '{}', true,
       created_at, created_at, updated_at
FROM orders_order
"""


def write_past_orders(database_url: str, *, orders: int) -> None:
    """Write so many orders into a database that has none, and have PostgreSQL look at what it has now."""
    with psycopg.connect(database_url) as connection:
        for statement in (_ORDERS, _LINES, _HISTORY, _PAYMENTS):
            connection.execute(statement, {"orders": orders})
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
