"""Telling that a flash sale has begun or is over: once each, in order, however late.

Prices do not wait for it: they follow the clock (``selectors.sales``). What was told is kept in the row of
the sale, in the transaction that tells it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Q
from django.db.models.functions import Now

from catalog.dialects import catalog_sale
from catalog.events import FlashSaleEnded, FlashSaleEvent, FlashSaleStarted
from catalog.models import FlashSale
from catalog.sale_records import SaleRecord, SaleStatus
from catalog.selectors.sales import database_now, sale_records
from config.kernel.events import publish_all
from config.kernel.transactions import in_transaction

_AT_ONCE = 100
_DUE = Q(start_told_at__isnull=True, starts_at__lte=Now()) | Q(end_told_at__isnull=True, ends_at__lte=Now())


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One of a sale's two instants, of which nobody has been told. They sort as they are told."""

    at: dt.datetime
    sale_id: str
    is_end: bool


def tell_edges() -> int:
    """Announce every edge that the clock has passed, oldest first; how many there were.

    Locks: the sales, in id order; whoever comes second finds them told. Refuses: nothing.
    Announces: ``flash_sale.started``, ``flash_sale.ended``, once each for a sale.
    """
    told = 0
    while some := in_transaction(_tell_some):
        told += some
    return told


def edges_due(sale: FlashSale, moment: dt.datetime) -> list[Edge]:
    """The edges of a locked sale that have passed and were not told."""
    edges = []
    if sale.start_told_at is None and sale.starts_at <= moment:
        edges.append(Edge(sale.starts_at, sale.id, is_end=False))
    if sale.end_told_at is None and sale.ends_at <= moment:
        edges.append(Edge(sale.ends_at, sale.id, is_end=True))
    return edges


def told(edge: Edge, sale: FlashSale, record: SaleRecord, *, moment: dt.datetime) -> FlashSaleEvent:
    """The event that tells an edge, noted on the sale, which is still to be saved."""
    sale.version += 1
    status = SaleStatus.ENDED if edge.is_end else SaleStatus.RUNNING
    if edge.is_end:
        sale.end_told_at = moment
    else:
        sale.start_told_at = moment
    event = FlashSaleEnded if edge.is_end else FlashSaleStarted
    return sale_event(event, replace(record, status=status, version=sale.version))


def sale_event(event: type[FlashSaleEvent], record: SaleRecord) -> FlashSaleEvent:
    """What is announced of a sale that is as ``record`` says."""
    return event(sale_id=record.id, sale=catalog_sale(record), version=record.version)


def save_told(sales: Iterable[FlashSale]) -> None:
    """Keep what was told of these sales."""
    FlashSale.objects.bulk_update(sales, ["version", "start_told_at", "end_told_at"])


def _tell_some() -> int:
    # An end that is due is never told before its start: a start that is due is told here too, and one sale's
    # edges sort by time, the start first where they are equal.
    due = FlashSale.objects.filter(_DUE).order_by("id").select_for_update(no_key=True)[:_AT_ONCE]
    sales = {sale.id: sale for sale in due}
    if not sales:
        return 0
    moment = database_now()
    records = {record.id: record for record in sale_records(FlashSale.objects.filter(id__in=sales))}
    edges = sorted(edge for sale in sales.values() for edge in edges_due(sale, moment))
    events = [told(edge, sales[edge.sale_id], records[edge.sale_id], moment=moment) for edge in edges]
    save_told(sales.values())
    publish_all(events)
    return len(events)
