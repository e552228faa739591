"""Units of a flash sale that has only so many, or so many for each customer: taken by whoever sells, given
back by whoever undoes that.

The decision is the write: what does not come back of it was not to be had. No read decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from django.db import connection
from django.db.transaction import TransactionManagementError

from catalog.errors import SaleUnitsShort
from catalog.events import FlashSaleUpdated
from catalog.selectors.sales import current_sales, sale_records
from catalog.services.sale_edges import sale_event
from config.kernel.events import publish_all
from config.kernel.transactions import in_transaction

# The sales are locked in id order first. The pool and the customer's share are each one condition on the row
# as it is at that instant; where either does not hold, the answer lacks it. A reference that has its note
# already is an id that was sold under before: the stock, which is asked next, says so and undoes this.
_TAKE = """
WITH wanted AS MATERIALIZED (
    SELECT sale, units FROM json_to_recordset(%(wanted)s::json) AS asked(sale text, units bigint)
), locked AS MATERIALIZED (
    SELECT sale.id, wanted.units FROM catalog_flashsale AS sale JOIN wanted ON wanted.sale = sale.id
    ORDER BY sale.id FOR NO KEY UPDATE OF sale
), pooled AS (
    UPDATE catalog_flashsale AS sale
    SET units_taken = sale.units_taken + locked.units,
        version = sale.version + COALESCE(sale.units_taken + locked.units = sale.units, false)::int,
        changed_at = CASE WHEN sale.units_taken + locked.units = sale.units
                          THEN statement_timestamp() ELSE sale.changed_at END
    FROM locked
    WHERE sale.id = locked.id AND (sale.units IS NULL OR sale.units_taken + locked.units <= sale.units)
    RETURNING sale.id, sale.units_per_customer AS most, locked.units,
              COALESCE(sale.units_taken = sale.units, false) AS sold_out
), shared AS (
    INSERT INTO catalog_flashsaleshare AS share (sale_id, customer, taken)
    SELECT id, %(customer)s, units FROM pooled WHERE most IS NULL OR units <= most
    ON CONFLICT (sale_id, customer) DO UPDATE SET taken = share.taken + excluded.taken
    WHERE (SELECT most IS NULL OR share.taken + excluded.taken <= most FROM pooled
           WHERE pooled.id = excluded.sale_id)
    RETURNING sale_id
), noted AS (
    INSERT INTO catalog_flashsaletake (sale_id, reference, customer, units, taken_at)
    SELECT pooled.id, %(reference)s, %(customer)s, pooled.units, statement_timestamp()
    FROM pooled JOIN shared ON shared.sale_id = pooled.id
    ON CONFLICT DO NOTHING
)
SELECT pooled.id, pooled.sold_out, shared.sale_id IS NOT NULL
FROM pooled LEFT JOIN shared ON shared.sale_id = pooled.id
"""

# A note that is given back is not so again: the second one finds none.
_GIVE_BACK = """
WITH back AS (
    UPDATE catalog_flashsaletake SET given_back_at = statement_timestamp()
    WHERE reference = %(reference)s AND given_back_at IS NULL
    RETURNING sale_id, customer, units
), locked AS MATERIALIZED (
    SELECT sale.id, back.units, back.customer
    FROM catalog_flashsale AS sale JOIN back ON back.sale_id = sale.id
    ORDER BY sale.id FOR NO KEY UPDATE OF sale
), shared AS (
    UPDATE catalog_flashsaleshare AS share SET taken = share.taken - locked.units
    FROM locked WHERE share.sale_id = locked.id AND share.customer = locked.customer
)
UPDATE catalog_flashsale AS sale
SET units_taken = sale.units_taken - locked.units,
    version = sale.version + COALESCE(sale.units_taken >= sale.units, false)::int,
    changed_at = CASE WHEN sale.units_taken >= sale.units THEN statement_timestamp() ELSE sale.changed_at END
FROM locked WHERE sale.id = locked.id
RETURNING sale.id, COALESCE(sale.units_taken + locked.units >= sale.units, false)
"""

_LEFT = """
SELECT sale.id, sale.units - sale.units_taken, sale.units_per_customer - coalesce(share.taken, 0)
FROM catalog_flashsale AS sale
LEFT JOIN catalog_flashsaleshare AS share ON share.sale_id = sale.id AND share.customer = %(customer)s
WHERE sale.id = ANY(%(sales)s)
"""


def take_units(*, reference: str, customer: str, units: Mapping[str, int]) -> None:
    """Take so many units of each of these sales, for a customer and under a reference (an order's id).

    One statement, inside the transaction of whoever sells them, which a refusal has to undo: raises
    ``TransactionManagementError`` outside of one.

    Locks: the sales, in id order, then the customer's shares. Refuses: more than a sale or the customer's
    share of it has left (``SaleUnitsShort``, every such sale named).
    Announces: ``flash_sale.updated`` of a sale whose last unit it was.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("units are taken in the transaction that sells them")
    wanted = orjson.dumps([{"sale": sale_id, "units": count} for sale_id, count in units.items()]).decode()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"wanted": wanted, "customer": customer, "reference": reference})
        rows = cursor.fetchall()
    if sum(shared for _sale_id, _sold_out, shared in rows) < len(units):
        raise SaleUnitsShort(_left_before(rows, customer, units))
    _announce([sale_id for sale_id, sold_out, _shared in rows if sold_out])


def give_back_units(*, reference: str) -> None:
    """Give back what the reference has of any sale, once, however often it is asked for.

    Locks: the sales, in id order. Refuses: nothing.
    Announces: ``flash_sale.updated`` of a sale that was sold out and is not any more, unless it is over.
    """

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, {"reference": reference})
            to_be_had_again = [sale_id for sale_id, was_sold_out in cursor.fetchall() if was_sold_out]
        _announce(to_be_had_again)

    in_transaction(work)


def _left_before(
    rows: Sequence[tuple[str, bool, bool]], customer: str, units: Mapping[str, int]
) -> dict[str, int]:
    """What was left of each sale of which it was too much. What this transaction has taken of its pool is
    still in the figures, and goes back with the transaction.
    """
    pooled = {sale_id for sale_id, _sold_out, _shared in rows}
    short = units.keys() - {sale_id for sale_id, _sold_out, shared in rows if shared}
    left = dict.fromkeys(short, 0)
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"customer": customer, "sales": sorted(short)})
        for sale_id, of_pool, of_share in cursor.fetchall():
            if sale_id in pooled and of_pool is not None:
                of_pool += units[sale_id]  # noqa: PLW2901  the figure before this transaction
            left[sale_id] = max(0, min(bound for bound in (of_pool, of_share) if bound is not None))
    return left


def _announce(sale_ids: Sequence[str]) -> None:
    if sale_ids:
        changed = sale_records(current_sales().filter(id__in=list(sale_ids)).order_by("id"))
        publish_all([sale_event(FlashSaleUpdated, record) for record in changed])
