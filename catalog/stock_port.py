"""What the catalog needs of stock, stated by the catalog and handed in by whoever counts it.

``inventory`` stands above ``catalog`` and sets its implementation from ``AppConfig.ready``; so no
import points up, and a product's JSON takes a fixed number of queries however many products there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from django.db.models import QuerySet

from config.kernel.actors import Actor
from config.kernel.events import DomainEvent

# Named tuples and not data classes, which take twice as long to make: a list of products makes hundreds.


class LocationFigures(NamedTuple):
    """One variant at one place: ``on_hand`` is on the shelf, ``available`` can be sold (never negative)."""

    location_id: str
    on_hand: int
    available: int


class VariantFigures(NamedTuple):
    """One variant: what can be sold in all, and where. A variant that was never stocked has no locations.

    ``locations`` come in the order in which a sale draws on them: by priority, then by code.
    """

    available: int = 0
    locations: tuple[LocationFigures, ...] = ()


#: Of a variant that was never stocked.
NO_FIGURES = VariantFigures()


@dataclass(frozen=True, slots=True)
class StockStamp:
    """A product's version, and when its stock last changed.

    The version counts every change of the product, of its stock or not; the app that counts stock keeps it,
    since nothing changes as often. 0: it has had none yet.
    """

    version: int = 0
    changed_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The stock of some products as it was at one moment: each product's stamp (every id asked for is a key),
    and the figures of all their variants that were ever stocked.
    """

    stamps: Mapping[str, StockStamp]
    figures: Mapping[str, VariantFigures]


@dataclass(frozen=True, slots=True)
class StockCount:
    """What was counted: ``quantity`` units on hand of one variant at one location, or for ``None`` in all.

    ``for_sale``: units that can be sold, and what is held is on hand besides.
    """

    product_id: str
    variant_id: str
    location_id: str | None
    quantity: int
    for_sale: bool = False


@dataclass(frozen=True, slots=True)
class RecordedCounts:
    """What recording counts came to: how many variants changed, and the events that say so, unpublished."""

    changed: int
    events: Sequence[DomainEvent]


class StockPort(Protocol):
    def figures(self, variant_ids: Sequence[str]) -> Mapping[str, VariantFigures]:
        """The present figures of many variants, in a fixed number of queries. Every id asked for is a key."""

    def stamps(self, product_ids: Sequence[str]) -> Mapping[str, StockStamp]:
        """The stamps of many products, in one query. Every id asked for is a key.

        Read them before what they are to stamp: then a version is never newer than what it stands on.
        """

    def standing(self, product_ids: Sequence[str]) -> Standing:
        """Stamps and figures of many products, in one query.

        Read it before what the stamps are to stamp, as with ``stamps``.
        """

    def lock(self, product_ids: Sequence[str]) -> None:
        """Hold the stock of these products still until the transaction ends.

        Locks: the products' stock heads, in id order. Take it before figures go into an event, so
        that the event's figures and its place in the log agree.
        """

    def advance(self, product_ids: Sequence[str]) -> Mapping[str, int]:
        """Count one change of each of these products; their new versions, which their events bear.

        Locks: the products' stock heads, in id order, made where they are missing. The rows of the
        products must be written already.
        """

    def record_counts(
        self,
        counts: Sequence[StockCount],
        *,
        actor: Actor,
        kind: Literal["recount", "import"],
        reason: str,
        new_products: Collection[str] = (),
    ) -> RecordedCounts:
        """Bring on-hand figures to what was counted, through the ledger. Makes unknown locations.

        Without a location it is the variant's count: more is put at its first location, less is drawn
        from one after the other. ``new_products`` are made in this transaction: nobody has waited for their
        stock, so it does not come back.

        Locks: the products' stock heads. Refuses: a count below what is held (``held_stock``).
        Announces: nothing by itself: the caller publishes what it hands back (``stock.updated`` for each
        variant that changed), in the same transaction and after events of its own, which come first.
        """

    def products_in_stock(self) -> QuerySet[Any, Any]:
        """The ids of products that have something to sell, as a subquery for ``id__in``."""


_port: StockPort | None = None


def provide(port: StockPort) -> None:
    """Hand in the implementation. Called once, by the app that counts stock."""
    global _port  # noqa: PLW0603  one slot, filled once at start-up
    _port = port


def stock() -> StockPort:
    """The port. Raises ``RuntimeError`` where no app counts stock."""
    if _port is None:
        raise RuntimeError("no app provides stock figures")
    return _port
