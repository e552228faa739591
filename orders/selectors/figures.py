"""What staff count of carts and orders. Each is one question to the database, which an index bounds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db import connection
from django.db.models import DecimalField, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from catalog.dialects.shop import shop_currency
from config.kernel.money import quantize
from orders.flow import Status
from orders.models import Cart, CartItem, Order, Payment

#: A cart that nobody has changed for so long is not in use.
ACTIVE_FOR = dt.timedelta(hours=24)
#: By how much the clocks of two machines may differ: a payment is never older than its order by more.
_CLOCKS_APART = dt.timedelta(hours=1)

_AMOUNT: DecimalField[Decimal, Decimal] = DecimalField(max_digits=30, decimal_places=4)


def orders_since(moment: dt.datetime) -> int:
    """How many orders were placed since then. One that was cancelled was placed all the same."""
    return Order.objects.filter(created_at__gte=moment).count()


def revenue_since(moment: dt.datetime) -> Decimal:
    """What the orders placed since then bring in, paid for or not, in the shop's currency.

    Without those that were cancelled, and without what was given back of the others. Money that came for an
    order which needed it no more was never the shop's.
    """
    currency = shop_currency()
    sold = Q(status__in=[status.value for status in Status if status is not Status.CANCELLED])
    placed = Order.objects.filter(sold, created_at__gte=moment, currency=currency)
    given_back = Payment.objects.filter(
        refunded__gt=0,
        surplus=False,
        created_at__gte=moment - _CLOCKS_APART,
        order__in=placed,
    )
    return quantize(_sum(placed, "total") - _sum(given_back, "refunded"), currency)


@dataclass(frozen=True, slots=True)
class Trade:
    """What was ordered in one hour or day, which began at ``began``: counted as the figures above count."""

    began: dt.datetime
    orders: int
    revenue: Decimal


# Hours and days as the shop has them; a payment is counted in the hour of its order.
_TRADE = """
WITH placed AS (
    SELECT id, total, date_trunc(%(unit)s, created_at AT TIME ZONE %(zone)s) AS began,
           status <> %(cancelled)s AND currency = %(currency)s AS counts
    FROM orders_order WHERE created_at >= %(since)s
), given_back AS (
    SELECT placed.began, sum(payment.refunded) AS amount
    FROM orders_payment AS payment JOIN placed ON placed.id = payment.order_id AND placed.counts
    WHERE payment.refunded > 0 AND NOT payment.surplus AND payment.created_at >= %(payments_since)s
    GROUP BY placed.began
)
SELECT sold.began AT TIME ZONE %(zone)s, sold.orders, sold.revenue - coalesce(given_back.amount, 0)
FROM (SELECT began, count(*) AS orders, coalesce(sum(total) FILTER (WHERE counts), 0) AS revenue
      FROM placed GROUP BY began) AS sold
LEFT JOIN given_back ON given_back.began = sold.began
ORDER BY sold.began
"""


def trade_since(moment: dt.datetime, *, unit: Literal["hour", "day"], zone: str) -> list[Trade]:
    """What was ordered since ``moment``, by the shop's hours or days; those without any are not there."""
    currency = shop_currency()
    with connection.cursor() as cursor:
        cursor.execute(
            _TRADE,
            {
                "unit": unit,
                "zone": zone,
                "since": moment,
                "payments_since": moment - _CLOCKS_APART,
                "cancelled": Status.CANCELLED.value,
                "currency": currency,
            },
        )
        rows = cursor.fetchall()
    return [Trade(began, orders, quantize(revenue, currency)) for began, orders, revenue in rows]


def active_carts(now: dt.datetime) -> int:
    """How many carts have something in them and were changed in the last day."""
    lines = CartItem.objects.filter(cart=OuterRef("pk"))
    changed = Cart.objects.filter(Exists(lines), updated_at__gt=now - ACTIVE_FOR)
    # Guests' and customers' have an index each.
    return changed.filter(user__isnull=True).count() + changed.filter(user__isnull=False).count()


def _sum(rows: QuerySet[Order] | QuerySet[Payment], field: str) -> Decimal:
    none = Value(Decimal(0), output_field=_AMOUNT)
    total: Decimal = rows.aggregate(total=Coalesce(Sum(field, output_field=_AMOUNT), none))["total"]
    return total
