"""Planning flash sales, changing them, ending them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from catalog.errors import FlashSaleNotFound, SaleOver, SaleRunning, UnitsTaken
from catalog.events import FlashSaleEnded, FlashSaleEvent, FlashSaleStarted, FlashSaleUpdated
from catalog.models import FlashSale, FlashSaleProduct, Product
from catalog.sale_records import SaleRecord, SaleStatus
from catalog.selectors.sales import database_now, sale_record
from catalog.services.drafts import UNSET
from catalog.services.sale_edges import edges_due, sale_event, told
from catalog.services.sale_rules import (
    SaleDraft,
    SaleTerms,
    require_complete,
    require_valid,
    to_milliseconds,
)
from config.kernel.events import publish_all
from config.kernel.transactions import in_transaction

#: What a door asks of the sale as it stands, under its lock (``If-Match``); it raises what it refuses for.
SaleExpectation = Callable[[SaleRecord], None]

_FIELDS = (
    "name",
    "description",
    "discount_percentage",
    "starts_at",
    "ends_at",
    "units",
    "units_per_customer",
)
#: What a new sale has where nobody says otherwise.
_NOTHING: dict[str, object] = {"description": "", "units": None, "units_per_customer": None}


def create_flash_sale(*, draft: SaleDraft) -> SaleRecord:
    """Plan a sale; one whose start has passed begins at once.

    Locks: nothing. Refuses: what breaks a rule (``InvalidInput``, every mistake named).
    Announces: ``flash_sale.updated``, or ``flash_sale.started`` where it begins at once.
    """

    def work() -> SaleRecord:
        require_complete(draft)
        moment = database_now()
        terms = _merged(draft, _NOTHING)
        require_valid(terms, moment=moment, known=_live(terms.product_ids))
        begins = terms.starts_at <= moment
        sale = FlashSale(
            **{name: getattr(terms, name) for name in _FIELDS},
            changed_at=moment,
            created_at=moment,
            start_told_at=moment if begins else None,
        )
        sale.save(force_insert=True)
        _store_goods(sale, (), terms.product_ids, moment)
        record = _present(sale.id)
        # The status that this write has decided on; a moment later the clock may say another.
        decided = replace(record, status=SaleStatus.RUNNING if begins else SaleStatus.SCHEDULED)
        publish_all([sale_event(FlashSaleStarted if begins else FlashSaleUpdated, decided)])
        return record

    return in_transaction(work)


def change_flash_sale(*, sale_id: str, draft: SaleDraft, expect: SaleExpectation | None = None) -> SaleRecord:
    """Change what the draft says of a sale that is not over. A start that is moved into the past begins it.

    Locks: the sale. Refuses: ``FlashSaleNotFound``, whatever ``expect`` raises, a sale that is over
    (``SaleOver``), another start for one that runs (``SaleRunning``), fewer units than were sold
    (``UnitsTaken``), what breaks a rule (``InvalidInput``, every mistake named).
    Announces: ``flash_sale.updated`` or ``flash_sale.started``, after what the clock has done and nobody was
    told; nothing where nothing changed.
    """

    def work() -> SaleRecord:
        sale, before, moment = _locked(sale_id, expect)
        if before.status == SaleStatus.ENDED:
            raise SaleOver
        present = {name: getattr(before, name) for name in (*_FIELDS, "product_ids")}
        terms = _merged(draft, present)
        require_valid(terms, moment=moment, known=_live(terms.product_ids) | {*before.product_ids})
        if before.status == SaleStatus.RUNNING and terms.starts_at != before.starts_at:
            raise SaleRunning
        if terms.units is not None and terms.units < before.units_taken:
            raise UnitsTaken(before.units_taken)
        if terms == _merged(SaleDraft(), present):
            return before
        events = [told(edge, sale, before, moment=moment) for edge in edges_due(sale, moment)]
        for name in _FIELDS:
            setattr(sale, name, getattr(terms, name))
        begins = before.status == SaleStatus.SCHEDULED and terms.starts_at <= moment
        if begins:
            sale.start_told_at = moment
        if terms.product_ids != before.product_ids:
            _store_goods(sale, before.product_ids, terms.product_ids, moment)
        _store(sale, moment)
        record = _present(sale.id)
        decided = replace(record, status=SaleStatus.RUNNING if begins else before.status)
        publish_all([*events, sale_event(FlashSaleStarted if begins else FlashSaleUpdated, decided)])
        return record

    return in_transaction(work)


def end_flash_sale(*, sale_id: str, expect: SaleExpectation | None = None) -> None:
    """End a sale that runs, now; take back one that has not begun. One that is over stays as it is.

    Locks: the sale. Refuses: ``FlashSaleNotFound``, whatever ``expect`` raises.
    Announces: ``flash_sale.ended``, after a start of which nobody was told yet; nothing where it was over.
    """

    def work() -> None:
        sale, before, moment = _locked(sale_id, expect)
        if before.status == SaleStatus.ENDED:
            return
        events: list[FlashSaleEvent] = []
        if before.status == SaleStatus.SCHEDULED:
            sale.version += 1
            # Nobody has bought in it, and no price was ever read by it: there is nothing to remember.
            sale.delete()
        else:
            events = [told(edge, sale, before, moment=moment) for edge in edges_due(sale, moment)]
            sale.ends_at = max(to_milliseconds(moment), sale.starts_at)
            sale.end_told_at = moment
            _store(sale, moment)
        ended = replace(before, status=SaleStatus.ENDED, ends_at=sale.ends_at, version=sale.version)
        publish_all([*events, sale_event(FlashSaleEnded, ended)])

    in_transaction(work)


def _locked(sale_id: str, expect: SaleExpectation | None) -> tuple[FlashSale, SaleRecord, dt.datetime]:
    """The sale under its lock, as a record too, and the moment at which both are looked at."""
    sale = FlashSale.objects.select_for_update(no_key=True).filter(id=sale_id).first()
    if sale is None:
        raise FlashSaleNotFound
    record = _present(sale_id)
    if expect is not None:
        expect(record)
    moment = database_now()
    status = _status(record, moment)
    return sale, replace(record, status=status), moment


def _status(record: SaleRecord, moment: dt.datetime) -> SaleStatus:
    if record.ends_at <= moment:
        return SaleStatus.ENDED
    return SaleStatus.RUNNING if record.starts_at <= moment else SaleStatus.SCHEDULED


def _present(sale_id: str) -> SaleRecord:
    record = sale_record(sale_id)
    if record is None:
        raise FlashSaleNotFound
    return record


def _merged(draft: SaleDraft, present: dict[str, object]) -> SaleTerms:
    """The sale as it would be: what the draft says, and for the rest what there is."""
    said = {name: value for name, value in asdict(draft).items() if value is not UNSET}
    merged: dict[str, object] = {**present, **said}
    for name in ("starts_at", "ends_at"):
        moment = merged[name]
        if isinstance(moment, dt.datetime):
            merged[name] = to_milliseconds(moment)
    ids = merged["product_ids"]
    if isinstance(ids, tuple):
        merged["product_ids"] = tuple(dict.fromkeys(ids))  # each once
    return SaleTerms(**merged)  # type: ignore[arg-type]  # the fields of a draft, by name


def _live(product_ids: Sequence[str]) -> set[str]:
    return set(Product.objects.live().filter(id__in=product_ids).values_list("id", flat=True))


def _store(sale: FlashSale, moment: dt.datetime) -> None:
    """Write a locked sale, and count one change of it."""
    sale.version += 1
    sale.changed_at = moment
    kept = ("version", "changed_at", "start_told_at", "end_told_at")
    FlashSale.objects.filter(id=sale.id).update(**{name: getattr(sale, name) for name in (*_FIELDS, *kept)})


def _store_goods(
    sale: FlashSale, before: Sequence[str], product_ids: Sequence[str], moment: dt.datetime
) -> None:
    """What it is for, in this order. Readers of what it was for have to see that it is not any more, so that
    stays as long as the sale.
    """
    gone = set(before) - set(product_ids)
    FlashSaleProduct.objects.filter(sale=sale, product_id__in=gone).update(removed_at=moment)
    FlashSaleProduct.objects.bulk_create(
        [
            FlashSaleProduct(sale=sale, product_id=product_id, position=position, removed_at=None)
            for position, product_id in enumerate(product_ids)
        ],
        update_conflicts=True,
        unique_fields=["sale", "product"],
        update_fields=["position", "removed_at"],
    )
