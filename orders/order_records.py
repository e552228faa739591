"""Orders as plain values: what is read, shown and announced. No database, no JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from orders.flow import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user, as far as an order shows one."""

    id: str
    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecord:
    """So many units, under the name and at the price that they had when the order was placed."""

    id: str
    product_id: str
    variant_id: str
    sku: str
    name: str
    attributes: Mapping[str, str]
    options: Mapping[str, str]
    price: Decimal
    quantity: int
    returned: int = 0

    @property
    def subtotal(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEntry:
    """Since when an order has had a status, and who gave it."""

    status: str
    at: dt.datetime
    note: str
    actor: str

    @property
    def by(self) -> str:
        """A user's or key's id; of what has none, its kind."""
        kind, _, identity = self.actor.partition(":")
        return identity or kind


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """One order, whole."""

    id: str
    number: str
    customer: Person
    status: Status
    currency: str
    total: Decimal
    item_count: int
    shipping_address: str
    phone: str
    notes: str
    payment_method: str
    payment_status: str
    tailor: Person | None
    tailor_status: str
    delivery_partner_id: str | None
    estimated_delivery: dt.datetime | None
    carrier: str
    tracking_number: str
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    lines: tuple[LineRecord, ...]
    history: tuple[StatusEntry, ...]

    @property
    def etag(self) -> str:
        """The text of the entity tag, without its quotes."""
        return str(self.version)
