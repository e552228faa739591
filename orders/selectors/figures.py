"""What staff count of carts and orders. Each is one question to the database, which an index bounds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

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
