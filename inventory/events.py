"""What the stock announces. Each is published by a service, inside the transaction of its change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from config.kernel.events import DomainEvent


@dataclasses.dataclass(frozen=True)
class StockEvent(DomainEvent):
    """Full state of one variant's stock after a change.

    ``stock`` is what can be sold of the variant, ``total_stock`` of the whole product; ``change`` how
    what is on hand moved, or, for a hold, what can be sold (below zero: it went down). ``locations``
    are the variant's units on hand, place by place. ``version`` grows with each event of the
    product, of its stock or not.
    """

    product_id: str
    variant_id: str
    sku: str
    attributes: Mapping[str, str]
    change: int
    stock: int
    total_stock: int
    locations: Sequence[Mapping[str, Any]]
    after_order: bool
    reference: str | None
    version: int


@dataclasses.dataclass(frozen=True)
class StockReduced(StockEvent):
    """Units were sold."""

    name: ClassVar[str] = "stock.reduced"


@dataclasses.dataclass(frozen=True)
class StockUpdated(StockEvent):
    """Stock changed in any other way, or was touched so that listeners fetch afresh (``touch``)."""

    name: ClassVar[str] = "stock.updated"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"touch"})

    touch: bool = False


@dataclasses.dataclass(frozen=True)
class StockReserved(StockEvent):
    """Units were held: fewer can be sold, as many are on hand."""

    name: ClassVar[str] = "stock.reserved"


@dataclasses.dataclass(frozen=True)
class StockReleased(StockEvent):
    """A hold was released or ran out."""

    name: ClassVar[str] = "stock.released"


@dataclasses.dataclass(frozen=True)
class StockBack(StockEvent):
    """A variant that had nothing to sell has something again."""

    name: ClassVar[str] = "stock.back"
    dialect_only: ClassVar[frozenset[str]] = frozenset({"product_name"})

    product_name: str = ""


@dataclasses.dataclass(frozen=True)
class StockLow(DomainEvent):
    """A level crossed its low-stock threshold downwards: once for each crossing."""

    name: ClassVar[str] = "stock.low"

    product_id: str
    product_name: str
    variant_id: str
    sku: str
    attributes: Mapping[str, str]
    location_id: str
    current_stock: int
    low_stock_threshold: int
    severity: Literal["warning", "critical"]
    version: int


@dataclasses.dataclass(frozen=True)
class StockValidated(DomainEvent):
    """Stock was looked at for an order. Ephemeral: it is not recorded, and nobody misses it."""

    name: ClassVar[str] = "stock.validated"

    product_id: str
    variant_id: str
    sku: str
    attributes: Mapping[str, str]
    stock: int
    timestamp: str
