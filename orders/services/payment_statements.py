"""The SQL that begins payments, and nothing else."""

from __future__ import annotations

from config.kernel import clock
from config.kernel.ids import new_id
from config.kernel.statements import Prepared, row
from orders.payment_records import PaymentRecord, PaymentStatus
from orders.services.following import FIRST_LOOK

# Whoever waits here for the order has its row looked at anew when it is free, and only that row: what else
# has come in meanwhile is not seen by this statement. So it goes by what the order says of itself: a payment
# that was made, or has failed, is told there, under the same lock.
_BEGIN_FIRST = Prepared(
    """
WITH payable AS (
    SELECT id, total, currency FROM orders_order
    WHERE id = %(order)s AND user_id = %(payer)s AND status <> 'cancelled' AND payment_status = 'pending'
      AND total > 0
    FOR NO KEY UPDATE
)
INSERT INTO orders_payment (
    id, order_id, provider, status, amount, currency, refunded, refunding, surplus, reference, receipt,
    checkout, begun, held_until, created_at, updated_at)
SELECT %(id)s, payable.id, %(provider)s, 'pending', payable.total, payable.currency, 0, 0, false, '', '',
       '{}', true, statement_timestamp() + %(first_look)s, %(moment)s::timestamptz, %(moment)s::timestamptz
FROM payable WHERE NOT EXISTS (SELECT 1 FROM orders_payment AS other WHERE other.order_id = payable.id)
ON CONFLICT DO NOTHING
RETURNING amount, currency
"""
)


def begin_first_payment(*, order_id: str, payer_id: str, provider: str) -> PaymentRecord | None:
    """Begin the payment of an order that has none yet, and of which no provider has to be told.

    ``None``: it is not the payer's, can't be paid, or has a payment.
    """
    payment_id, moment = new_id("pay"), clock.now()
    found = row(
        _BEGIN_FIRST,
        {
            "id": payment_id,
            "order": order_id,
            "payer": payer_id,
            "provider": provider,
            "moment": moment,
            "first_look": FIRST_LOOK,
        },
    )
    if found is None:
        return None
    amount, currency = found
    return PaymentRecord(
        id=payment_id,
        order_id=order_id,
        provider=provider,
        status=PaymentStatus.PENDING,
        amount=amount,
        currency=currency,
        refunded=amount * 0,
        refunding=amount * 0,
        surplus=False,
        reference="",
        receipt="",
        checkout={},
        created_at=moment,
        updated_at=moment,
    )
