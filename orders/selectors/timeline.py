"""What happened to an order, and who did it, in the order of time: its history, its money, what came back,
and from the audit trail what has no table of its own (who works on it, how it is sent).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from config.audit.models import AuditEntry
from config.audit.trail import entries_of, names_of
from config.identity.models import User
from config.kernel.money import sign_of, to_number
from orders.models import Order, OrderReturn, OrderStatusChange, Payment, Refund

#: An order has a dozen entries; one that somebody plays with all day is still shown.
_MOST = 500
_FIELDS = {
    "tailor_id": "Tailor",
    "tailor_status": "Tailor's work",
    "delivery_partner_id": "Delivery partner",
    "estimated_delivery": "Estimated delivery",
    "carrier": "Carrier",
    "tracking_number": "Tracking number",
}
_PEOPLE = frozenset({"tailor_id", "delivery_partner_id"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. ``kind`` is `placed`, `step`, `money`, `return` or `work`."""

    at: dt.datetime
    kind: str
    what: str
    by: str
    note: str = ""


def timeline(order: Order) -> list[Happening]:
    """All of it, oldest first; seven queries, whatever happened."""
    found = [*_steps(order), *_money(order), *_returns(order), *_from_the_trail(order)]
    names = names_of({one.by for one in found})
    return [replace(one, by=names.get(one.by, one.by)) for one in sorted(found, key=lambda one: one.at)]


def _steps(order: Order) -> Iterator[Happening]:
    history = OrderStatusChange.objects.filter(order=order).order_by("id")[:_MOST]
    for place, entry in enumerate(history):
        kind, what = ("step", entry.status.capitalize()) if place else ("placed", "Placed")
        yield Happening(entry.at, kind, what, entry.actor, entry.note)


def _money(order: Order) -> Iterator[Happening]:
    for payment in Payment.objects.filter(order=order).order_by("created_at")[:_MOST]:
        amount = f"{to_number(payment.amount, payment.currency)} {sign_of(payment.currency)}"
        yield Happening(payment.created_at, "money", f"Payment of {amount} begun", "", payment.provider)
    refunds = Refund.objects.filter(payment__order=order).select_related("payment").order_by("created_at")
    for refund in refunds[:_MOST]:
        currency = refund.payment.currency
        amount = f"{to_number(refund.amount, currency)} {sign_of(currency)}"
        what = f"Refund of {amount}: {refund.status}"
        yield Happening(refund.created_at, "money", what, refund.actor, refund.reason)


def _returns(order: Order) -> Iterator[Happening]:
    returns = OrderReturn.objects.filter(line__order=order).select_related("line").order_by("id")[:_MOST]
    for one in returns:
        what = f"{one.quantity} of {one.line.name} ({one.line.sku}) came back: {one.disposition}"
        if one.disposition == "lost":
            what = f"{one.quantity} of {one.line.name} ({one.line.sku}) will not come back: lost"
        yield Happening(one.at, "return", what, one.actor)


def _from_the_trail(order: Order) -> Iterator[Happening]:
    entries = list(entries_of("orders.order", order.pk)[:_MOST])
    ids = {entry.after[field] for entry in entries for field in _PEOPLE & entry.after.keys()}
    people = {
        pk: name or email
        for pk, name, email in User.objects.filter(pk__in=ids - {None}).values_list("pk", "name", "email")
    }
    for entry in entries:
        if entry.kind == "orders.payment":
            yield Happening(entry.at, "money", f"Payment {entry.after['status']}", entry.actor)
        elif words := _words(entry, people):
            yield Happening(entry.at, "work", words, entry.actor)


def _words(entry: AuditEntry, people: dict[str, str]) -> str:
    said = [
        f"{label}: {people.get(value, value) or 'nobody' if field in _PEOPLE else value or 'none'}"
        for field, label in _FIELDS.items()
        if field in entry.after
        for value in [entry.after[field]]
    ]
    return "; ".join(said)
