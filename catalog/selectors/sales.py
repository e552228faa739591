"""Flash sales: which there are, and what they do to a product just now.

"Now" is always the database's clock in the reading statement (``Now()`` is ``STATEMENT_TIMESTAMP()``), from a
sale's start, that instant included, up to its end, that one not. A sale that was announced and a sale that
runs are two things: nothing here asks what was announced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now, Round

from catalog.models import FlashSale, FlashSaleProduct
from catalog.sale_records import ProductSale, SaleRecord, SaleStatus, SaleView
from config.kernel.money import decimals_of
from config.kernel.statements import Prepared, rows

_RUNNING = Q(sale__starts_at__lte=Now(), sale__ends_at__gt=Now())
_SOLD_OUT = Q(sale__units__isnull=False, sale__units_taken__gte=F("sale__units"))
#: Of several that run, the first one counts. The last two only settle what is equal.
_BEST = ("-sale__discount_percentage", "-sale__ends_at", "sale_id")

#: Where a sale is between its instants, for querysets of sales.
STATUS_NOW = Case(
    When(starts_at__gt=Now(), then=Value(SaleStatus.SCHEDULED.value)),
    When(ends_at__lte=Now(), then=Value(SaleStatus.ENDED.value)),
    default=Value(SaleStatus.RUNNING.value),
    output_field=CharField(),
)
_RECORD = (
    "id",
    "name",
    "description",
    "discount_percentage",
    "starts_at",
    "ends_at",
    "units",
    "units_per_customer",
    "units_taken",
    "version",
    "changed_at",
)


# --------------------------------------------------------------------------------------- sales


def database_now() -> dt.datetime:
    """The clock by which sales run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


def next_edge_in(*, within: dt.timedelta) -> dt.timedelta | None:
    """How long it is to the next start or end; ``None``: longer than that."""
    soon = {"gt": Now(), "lte": Now() + within}
    edges = [
        FlashSale.objects.filter(**{f"{name}__{how}": when for how, when in soon.items()})
        .order_by()
        .values_list(ExpressionWrapper(F(name) - Now(), output_field=DurationField()))
        for name in ("starts_at", "ends_at")
    ]
    return min((left for (left,) in edges[0].union(edges[1])), default=None)


def current_sales() -> QuerySet[FlashSale]:
    """Those that run and those that are coming."""
    return FlashSale.objects.filter(ends_at__gt=Now())


def sale_record(sale_id: str) -> SaleRecord | None:
    """One sale, also one that is over; ``None``: there is none."""
    return next(iter(sale_records(FlashSale.objects.filter(id=sale_id))), None)


def sale_records(sales: QuerySet[FlashSale]) -> list[SaleRecord]:
    """The sales of a query, whole, in its order, with their status by the clock: one query."""
    goods = FlashSaleProduct.objects.filter(sale=OuterRef("pk"), removed_at__isnull=True)
    ids = ArraySubquery(goods.order_by("position", "id").values("product_id"))
    rows = sales.annotate(product_ids=ids, status=STATUS_NOW).values(*_RECORD, "product_ids", "status")
    return [_record(row) for row in rows]


def _record(row: dict[str, Any]) -> SaleRecord:
    status, product_ids = SaleStatus(row["status"]), tuple(row["product_ids"])
    return SaleRecord(**{**row, "status": status, "product_ids": product_ids})


# ------------------------------------------------------------------------------------ products


# Each list of products asks it. An edge that has passed changes what readers see, and so does all that was
# done to a sale by hand; what has not begun has changed nothing yet. The order is that of `_BEST`.
_VIEWS = Prepared(
    """
SELECT DISTINCT ON (goods.product_id) goods.product_id,
       max(now.edge) OVER (PARTITION BY goods.product_id), now.counts,
       sale.id, sale.name, sale.discount_percentage, sale.starts_at, sale.ends_at, now.sold_out, sale.version
FROM catalog_flashsaleproduct AS goods
JOIN catalog_flashsale AS sale ON sale.id = goods.sale_id
CROSS JOIN LATERAL (
    SELECT sale.ends_at > statement_timestamp() AND goods.removed_at IS NULL AS counts,
           sale.units IS NOT NULL AND sale.units_taken >= sale.units AS sold_out,
           greatest(sale.starts_at, sale.changed_at, goods.removed_at,
                    CASE WHEN sale.ends_at <= statement_timestamp() THEN sale.ends_at END) AS edge
) AS now
WHERE goods.product_id = ANY(%s) AND sale.starts_at <= statement_timestamp()
ORDER BY goods.product_id, now.counts DESC, now.sold_out,
         sale.discount_percentage DESC, sale.ends_at DESC, sale.id
"""
)


def sale_views(product_ids: Iterable[str]) -> dict[str, SaleView]:
    """What sales do to these products, in one query. Every id asked for is a key."""
    ids = list(product_ids)
    views = dict.fromkeys(ids, SaleView())
    if not ids:
        return views
    for product_id, edge_at, counts, *sale in rows(_VIEWS, [ids]):
        views[product_id] = SaleView(_product_sale(*sale) if counts else None, edge_at)
    return views


def price_to_pay(amount: F, product: str, *, currency: str) -> Round:
    """``amount``, less the percentage of the running sale that counts for the product in column ``product``;
    for querysets that filter and sort by price. Rounded as ``quantize`` does.
    """
    running = FlashSaleProduct.objects.filter(
        _RUNNING & ~_SOLD_OUT, removed_at__isnull=True, product=OuterRef(product)
    )
    off = Subquery(running.order_by(*_BEST).values("sale__discount_percentage")[:1])
    paid = amount * (Decimal(100) - Coalesce(off, Decimal(0))) / Decimal(100)
    return Round(paid, precision=decimals_of(currency))


def _product_sale(
    id_: str,
    name: str,
    percentage: Decimal,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    sold_out: bool,
    version: int,
) -> ProductSale:
    return ProductSale(
        id=id_,
        name=name,
        discount_percentage=percentage,
        starts_at=starts_at,
        ends_at=ends_at,
        sold_out=sold_out,
        version=version,
    )
