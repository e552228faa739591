"""Orders: who sees which, and rows into records, a fixed number of queries for any number of orders."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from config.identity.models import Role
from config.kernel.actors import Actor
from orders.flow import Status
from orders.models import Order, OrderLine, OrderStatusChange
from orders.order_records import LineRecord, OrderRecord, Person, StatusEntry
from orders.parties import Assignment
from orders.selectors.searching import matching

_PERSON = ("id", "name", "email", "phone")
_ORDER = (
    "id",
    "number",
    "status",
    "currency",
    "total",
    "item_count",
    "shipping_address",
    "phone",
    "notes",
    "payment_method",
    "payment_status",
    "tailor_status",
    "delivery_partner_id",
    "estimated_delivery",
    "carrier",
    "tracking_number",
    "version",
    "created_at",
    "updated_at",
)
_LINE = (
    "id",
    "product_id",
    "variant_id",
    "sku",
    "name",
    "attributes",
    "options",
    "price",
    "quantity",
    "returned",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list of orders is narrowed to."""

    status: str = ""
    user_id: str = ""
    search: str = ""
    since: dt.datetime | None = None


def visible_orders(*, actor: Actor, role: Role | str | None) -> QuerySet[Order]:
    """The orders that ``actor`` may see: staff and services all, others their own and those they work on."""
    orders = Order.objects.all()
    if role == Role.ADMIN or actor.kind == "service":
        return orders
    mine = Q(user_id=actor.id)
    if role == Role.TAILOR:
        mine |= Q(tailor_id=actor.id)
    if role == Role.DELIVERY:
        mine |= Q(delivery_partner_id=actor.id)
    return orders.filter(mine)


def narrowed(orders: QuerySet[Order], wanted: OrderFilter) -> QuerySet[Order]:
    """Those that a filter leaves. A search looks at numbers, and at names and ways to reach the customer."""
    if wanted.status:
        orders = orders.filter(status=wanted.status)
    if wanted.user_id:
        orders = orders.filter(user_id=wanted.user_id)
    if wanted.since is not None:
        orders = orders.filter(created_at__gte=wanted.since)
    if wanted.search:
        orders = matching(orders, wanted.search)
    return orders


def order_records(orders: QuerySet[Order]) -> list[OrderRecord]:
    """These orders, whole, in the order of the query; three queries."""
    people = [f"{who}__{field}" for who in ("user", "tailor") for field in _PERSON]
    rows = list(orders.values(*_ORDER, *people))
    ids = [row["id"] for row in rows]
    lines, history = _lines(ids), _history(ids)
    return [
        OrderRecord(
            **{field: row[field] for field in _ORDER if field != "status"},
            status=Status(row["status"]),
            customer=_person(row, "user"),
            tailor=_person(row, "tailor") if row["tailor__id"] else None,
            lines=tuple(lines[row["id"]]),
            history=tuple(history[row["id"]]),
        )
        for row in rows
    ]


def order_record(order_id: str) -> OrderRecord:
    """One order that is there."""
    (record,) = order_records(Order.objects.filter(id=order_id))
    return record


def assignments(order_ids: Collection[str]) -> dict[str, Assignment]:
    """Whose these orders are and who works on them, of those that there are; one query."""
    rows = Order.objects.filter(id__in=order_ids)
    return {
        order_id: Assignment(*whose)
        for order_id, *whose in rows.values_list("id", "user_id", "tailor_id", "delivery_partner_id")
    }


def _person(row: dict[str, Any], who: str) -> Person:
    return Person(**{field: row[f"{who}__{field}"] for field in _PERSON})


def _lines(order_ids: list[str]) -> dict[str, list[LineRecord]]:
    found: defaultdict[str, list[LineRecord]] = defaultdict(list)
    rows = OrderLine.objects.filter(order_id__in=order_ids).order_by("order_id", "position")
    for row in rows.values("order_id", *_LINE):
        found[row.pop("order_id")].append(LineRecord(**row))
    return found


def _history(order_ids: list[str]) -> dict[str, list[StatusEntry]]:
    found: defaultdict[str, list[StatusEntry]] = defaultdict(list)
    rows = OrderStatusChange.objects.filter(order_id__in=order_ids).order_by("order_id", "id")
    for order_id, status, at, note, actor in rows.values_list("order_id", "status", "at", "note", "actor"):
        found[order_id].append(StatusEntry(status=status, at=at, note=note, actor=actor))
    return found
