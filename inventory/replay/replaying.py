"""Invoices into operations, and what became of them.

Each invoice is one reduction under its number, each cancellation one return, a negative line without
cancellation an adjustment. Many invoices share a transaction, each answered for itself: that is what
makes a month take seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from config.kernel.actors import Actor
from config.kernel.errors import KeyReused, StockwireError, Unavailable
from inventory.lines import StockLine
from inventory.replay.parsing import Invoice
from inventory.services import StockResult, record_trade
from inventory.services.sales import receipt, sale, write_off
from inventory.services.writing import Operation

Places = Mapping[str, tuple[str, str]]


@dataclass(slots=True)
class Tally:
    """What became of invoices. Units are those that were moved now, not those that were done before."""

    invoices: int = 0
    lines: int = 0
    sales: int = 0
    returns: int = 0
    adjustments: int = 0
    units_sold: int = 0
    units_returned: int = 0
    units_adjusted: int = 0
    refused: int = 0
    already_done: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def replay(invoices: Sequence[Invoice], *, places: Places, actor: Actor) -> Tally:
    """Do these invoices in one transaction; where that is too much at once, one by one."""
    tally = Tally()
    try:
        _replay(invoices, places, actor, tally)
    except Unavailable:
        tally = Tally()
        for invoice in invoices:
            _replay([invoice], places, actor, tally)
    return tally


def _replay(invoices: Sequence[Invoice], places: Places, actor: Actor, tally: Tally) -> None:
    operations: list[Operation] = []
    for invoice in invoices:
        operations += _operations(invoice, places)
    results = record_trade(operations=operations, actor=actor)
    for operation, result in zip(operations, results, strict=True):
        _count(operation, result, tally)
    for invoice in invoices:
        tally.invoices += 1
        tally.lines += invoice.lines
        unknown = sum(
            sku not in places for sku, _ in (*invoice.sold, *invoice.returned, *invoice.written_off)
        )
        if unknown:
            tally.reasons["unknown_sku"] += unknown


def _operations(invoice: Invoice, places: Places) -> list[Operation]:
    """At most one of each kind; its reference is the invoice's number."""
    number, moment = invoice.number, invoice.occurred_at
    sold, returned, lost = (
        _lines(some, places) for some in (invoice.sold, invoice.returned, invoice.written_off)
    )
    operations = []
    if sold:
        operations.append(sale(lines=sold, reference=number, after_order=True, occurred_at=moment))
    if returned:
        operations.append(
            receipt(
                lines=returned, kind="return", reference=number, reason="cancellation", occurred_at=moment
            )
        )
    if lost:
        operations.append(write_off(lines=lost, reference=number, reason="adjustment", occurred_at=moment))
    return operations


def _lines(units: Sequence[tuple[str, int]], places: Places) -> list[StockLine]:
    return [
        StockLine(
            product_id=places[sku][0],
            variant_id=places[sku][1],
            quantity=quantity,
            item={"sku": sku, "quantity": quantity},
        )
        for sku, quantity in units
        if sku in places
    ]


def _count(operation: Operation, result: StockResult | StockwireError, tally: Tally) -> None:
    if isinstance(result, StockwireError):
        tally.refused += 1
        tally.reasons[KeyReused.code if isinstance(result, KeyReused) else result.code] += 1
        return
    if result.replayed:
        tally.already_done += 1
        return
    units = sum(line.quantity for line in operation.lines if isinstance(line, StockLine))
    if operation.kind == "sale":
        tally.sales += 1
        tally.units_sold += units
    elif operation.kind == "return":
        tally.returns += 1
        tally.units_returned += units
    else:
        tally.adjustments += 1
        tally.units_adjusted += units
