"""Archiving products: gone from every read, their skus free again, their ledger and orders kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from catalog.errors import ProductNotFound
from catalog.models import Product, TakenSku, Variant
from catalog.selectors import product_records, sale_views
from catalog.services.announcing import announce_archived
from catalog.services.changing import Expectation
from catalog.services.outcomes import Archived, Outcome, refused
from catalog.stamps import ProductStamp
from catalog.stock_port import stock
from config.kernel import clock
from config.kernel.transactions import in_transaction


def archive_product(*, product_id: str, expect: Expectation | None = None) -> Archived:
    """Archive one product; answers it as it was before, with its stock.

    Locks, announces: as ``archive_products``. Refuses: ``ProductNotFound``, whatever ``expect`` raises.
    """
    found = in_transaction(partial(_archive, [product_id], expect)).get(product_id)
    if found is None:
        raise ProductNotFound
    return found


def archive_products(*, product_ids: Sequence[str]) -> list[Outcome]:
    """Archive products in a fixed number of queries; outcomes in the order of the ids.

    Locks: the products in id order, then their stock heads. Refuses: nothing as a whole; an id that is
    not there, or there for the second time, is ``ProductNotFound`` for itself. Announces:
    ``product.deleted`` for each, with the product as it was.
    """
    archived = set(in_transaction(partial(_archive, product_ids, None)))
    outcomes = []
    for product_id in product_ids:
        if product_id in archived:
            archived.remove(product_id)
            outcomes.append(Outcome(product_id))
        else:
            outcomes.append(refused(ProductNotFound(), product_id=product_id))
    return outcomes


def _archive(product_ids: Sequence[str], expect: Expectation | None) -> dict[str, Archived]:
    # As in ``changing``: without the key, so that a running sale is waited for only at its stock.
    rows = Product.objects.live().filter(id__in=sorted(set(product_ids)))
    records = product_records(rows.order_by("id").select_for_update(no_key=True))
    if not records:
        return {}
    ids = [record.id for record in records]
    stock().lock(ids)
    if expect is not None:
        stamps = stock().stamps(ids)
        for record in records:
            expect(ProductStamp(record.updated_at, stamps[record.id]))
    figures = stock().figures([variant.id for record in records for variant in record.variants])
    views = sale_views(ids)
    moment = clock.now()
    Product.objects.filter(id__in=ids).update(archived_at=moment, updated_at=moment)
    Variant.objects.filter(product_id__in=ids, archived_at__isnull=True).update(archived_at=moment)
    TakenSku.objects.filter(product_id__in=ids).delete()
    archived = {record.id: Archived(record, figures, views[record.id].sale) for record in records}
    announce_archived(list(archived.values()))
    return archived
