"""The one writer of what wishers are told: thousands in a transaction, and a place to go on from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from django.db import connection

from catalog.events import FlashSaleStarted, PriceDropped
from catalog.selectors.wishlists import wishers_of
from catalog.services import announce_sale_prices
from config.kernel.events import DomainEvent, publish_all
from config.kernel.transactions import in_transaction
from inventory.events import StockBack
from realtime import rows, selectors
from realtime.events import WishersToldOfPrice, WishersToldOfStock
from realtime.models import WishersPlace

log = structlog.get_logger(__name__)

#: Users that one row of the log names: it is some 35 KB then.
IN_A_ROW = 1_000
#: Users that are looked up and told in one transaction.
AT_ONCE = 10_000
#: Products of one flash sale whose stock heads are held together.
PRODUCTS_AT_ONCE = 100

_TOLD_AS: Mapping[str, type[WishersToldOfPrice | WishersToldOfStock]] = {
    PriceDropped.name: WishersToldOfPrice,
    StockBack.name: WishersToldOfStock,
}
#: Events of the log that have wishers told.
CAUSES = frozenset({*_TOLD_AS, FlashSaleStarted.name})


@dataclass(frozen=True, slots=True)
class _Cause:
    """What happened, as the log has it."""

    seq: int
    type: str
    fields: dict[str, Any]
    recorded_at: dt.datetime

    def told_to(self, user_ids: list[str]) -> DomainEvent:
        return _TOLD_AS[self.type](**self.fields, user_ids=user_ids, cause=self.seq)


def tell_wishers(*, at_once: int = AT_ONCE, in_a_row: int = IN_A_ROW) -> bool:
    """Tell the next of those who are to be told; whether there may be more.

    Whom: those who wished for the product before it happened, and still do. The place is moved on in the
    transaction that records what they are told, so whoever dies when, each is told of each event once.

    A flash sale that began has made products cheaper: that is said first, and then followed like any other.

    Locks: the place; while another has it, nothing is done; then stock heads, for a sale. Refuses: nothing.
    Announces: ``wishers.price_dropped``, ``wishers.stock_back``; ``price.dropped`` by a sale.
    """
    return in_transaction(lambda: _tell(at_once, in_a_row))


def _tell(at_once: int, in_a_row: int) -> bool:
    place = _locked_place()
    if place is None:
        return False
    # First the end, then what is before it: up to there the log is dense, and nothing comes in between.
    top = selectors.head().top
    cause = _next_cause(place.seq, top)
    if cause is None:
        if place.seq != top:
            _move(seq=top)
        return False
    if cause.type == FlashSaleStarted.name:
        _announce_prices(cause, place)
        return True
    wishers = wishers_of(
        product_id=str(cause.fields["product_id"]),
        wished_by=cause.recorded_at,
        after=place.after,
        limit=at_once,
    )
    users = [user_id for _wishlist_id, user_id in wishers]
    try:
        told = [cause.told_to(users[start : start + in_a_row]) for start in range(0, len(users), in_a_row)]
    except TypeError:
        # Recorded by another version of the program, in another shape: what comes after it must not wait.
        log.exception("wishers can't be told of this event", seq=cause.seq, type=cause.type)
        told, wishers = [], []
    publish_all(told)
    if len(wishers) < at_once:
        _move(seq=cause.seq)
    else:
        _move(seq=place.seq, after=wishers[-1][0])
    return True


def _announce_prices(cause: _Cause, place: WishersPlace) -> None:
    """Say what a sale that began has made cheaper, a part of it. That is followed like any other drop."""
    sale: dict[str, Any] = cause.fields["sale"]
    begin = int(place.after or 0)
    some = sale["products"][begin : begin + PRODUCTS_AT_ONCE]
    announce_sale_prices(sale_id=sale["id"], product_ids=some)
    if begin + len(some) < len(sale["products"]):
        _move(seq=place.seq, after=str(begin + len(some)))
    else:
        _move(seq=cause.seq)


def _locked_place() -> WishersPlace | None:
    """How far everybody was told; ``None``: somebody else is telling."""
    found = WishersPlace.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if found is None:
        # Of what happened before there was any, nobody was told; but nobody had wished for anything either.
        WishersPlace.objects.bulk_create([WishersPlace(pk=1)], ignore_conflicts=True)
        found = WishersPlace.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    return found


def _move(*, seq: int, after: str = "") -> None:
    WishersPlace.objects.filter(pk=1).update(seq=seq, after=after)


def _next_cause(after: int, upto: int) -> _Cause | None:
    with connection.cursor() as cursor:
        cursor.execute(rows.NEXT_OF_TYPES, {"after": after, "upto": upto, "types": sorted(CAUSES)})
        row = cursor.fetchone()
    if row is None:
        return None
    seq, kind, data, extra, recorded_at = row
    return _Cause(seq, kind, {**orjson.loads(data), **(orjson.loads(extra) if extra else {})}, recorded_at)
