"""Looking whether stock would suffice, without taking it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from config.kernel import clock
from config.kernel.errors import ItemError
from inventory import errors
from inventory.events import StockValidated
from inventory.ledger.book import Book
from inventory.ledger.planning import plan
from inventory.ledger.requests import Draw, Want
from inventory.selectors.books import look_at
from inventory.selectors.figures import last_change
from inventory.selectors.items import Item, Named, try_to_name
from inventory.signals import stock_validated


@dataclass(frozen=True, slots=True)
class Findings:
    """What can be sold, item by item; or what is wrong, with every item that is.

    ``changed_at`` is when the newest of these figures changed; ``None``: there is none among them.
    """

    available: tuple[int, ...]
    errors: tuple[ItemError, ...]
    changed_at: dt.datetime | None


def validate_stock(*, items: Sequence[Item], quantities: Sequence[int]) -> Findings:
    """Whether all of these could be sold now, items of one variant added up. Changes nothing.

    Locks: nothing. Refuses: nothing: what is wrong is its answer. Announces: ``stock.validated``, which
    is ephemeral, for each variant that an item names.
    """
    named = try_to_name(items)
    product_ids = [one.product_id for one in named if isinstance(one, Named)]
    changed_at = last_change(product_ids)  # asked first, so that it is never newer than the figures
    book = look_at(product_ids)
    wants = [
        Want(one.variant_id, quantity, one.item.location_id) if isinstance(one, Named) else None
        for one, quantity in zip(named, quantities, strict=True)
    ]
    # Decided on a copy of nothing: the book was read for this, and is thrown away.
    available = tuple(_available(book, want) for want in wants)
    outcome = plan(book, [Draw([want for want in wants if want is not None])])[0]
    short = {(one.variant_id, one.location_id): one for one in outcome.shortages}
    wrong: list[ItemError] = []
    for one, want in zip(named, wants, strict=True):
        if isinstance(one, ItemError):
            wrong.append(one)
        elif want is not None and (want.variant_id, want.location_id) in short:
            figure = short[want.variant_id, want.location_id].figure
            wrong.append(errors.out_of_stock(one.item.sent, figure))
    _announce(book, {want.variant_id: found for want, found in zip(wants, available, strict=True) if want})
    return Findings(available, tuple(wrong), changed_at)


def _available(book: Book, want: Want | None) -> int:
    return book.shelf(want.variant_id).available_at(want.location_id) if want is not None else 0


def _announce(book: Book, figures: dict[str, int]) -> None:
    if not stock_validated.receivers:
        return
    moment = clock.iso(clock.now())
    for variant_id, available in figures.items():
        shelf = book.shelf(variant_id)
        event = StockValidated(
            product_id=shelf.product_id,
            variant_id=variant_id,
            sku=shelf.sku,
            attributes=shelf.attributes,
            stock=available,
            timestamp=moment,
        )
        stock_validated.send_robust(sender=StockValidated, event=event)
