"""Making products, one or a thousand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

from catalog.records import ProductRecord
from catalog.services.announcing import announce_written
from catalog.services.applying import Applied, apply
from catalog.services.drafts import ProductDraft
from catalog.services.judging import Owners
from catalog.services.outcomes import Outcome, refused, require_done
from catalog.services.rules import require_valid
from catalog.services.storing import Stored, decided_by_indexes, store
from catalog.stock_port import StockCount
from config.kernel import clock
from config.kernel.actors import Actor
from config.kernel.errors import StockwireError
from config.kernel.ids import new_id


def create_product(*, draft: ProductDraft, actor: Actor) -> str:
    """Make one product; answers its id.

    Locks, announces: as ``create_products``. Refuses: what breaks a rule (``InvalidInput``), a sku or id
    that is taken (``SkuTaken``, ``IdTaken``).
    """
    return require_done(create_products(drafts=[draft], actor=actor)[0]).product_id


def create_products(*, drafts: Sequence[ProductDraft], actor: Actor) -> list[Outcome]:
    """Make products in a fixed number of queries, each item standing alone; outcomes in the order of drafts.

    Locks: the stock heads that it makes. Refuses: nothing as a whole; items as ``create_product``,
    the second of two that want the same sku or id included. Announces: ``product.created`` for each,
    then ``stock.updated`` for each first count.
    """
    refusals = [_refusal(draft) for draft in drafts]
    return decided_by_indexes(partial(_create, drafts, refusals, actor))


def _refusal(draft: ProductDraft) -> StockwireError | None:
    try:
        require_valid(draft, creating=True)
    except StockwireError as error:
        return error
    return None


def _create(
    drafts: Sequence[ProductDraft], refusals: Sequence[StockwireError | None], actor: Actor
) -> list[Outcome]:
    owners = Owners.load(
        [(draft, ()) for draft, refusal in zip(drafts, refusals, strict=True) if refusal is None]
    )
    moment = clock.now()
    outcomes: list[Outcome] = []
    changes: list[Stored] = []
    counts: list[StockCount] = []
    for at, (draft, refusal) in enumerate(zip(drafts, refusals, strict=True)):
        # A microsecond apart, so that the list by age keeps the order in which they were sent.
        created_at = moment + dt.timedelta(microseconds=at)
        try:
            if refusal is not None:
                raise refusal
            applied = _made(draft, owners, created_at)
        except StockwireError as error:
            outcomes.append(refused(error, product_id=draft.id or ""))
            continue
        owners.move(old=None, new=applied.record)
        changes.append(Stored(None, applied.record))
        counts += applied.counts
        outcomes.append(Outcome(applied.record.id))
    if changes:
        store(changes, moment=moment)
        announce_written(changes, counts, actor=actor)
    return outcomes


def _made(draft: ProductDraft, owners: Owners, created_at: dt.datetime) -> Applied:
    if draft.id is not None:
        owners.require_new_product_id(draft.id)
    empty = _empty(draft.id or new_id("prod"), created_at)
    taken = partial(owners.sku_taken, product_id=empty.id)
    applied = apply(draft, record=empty, archived={}, figures={}, sku_taken=taken)
    owners.require_free(applied.record)
    return applied


def _empty(product_id: str, created_at: dt.datetime) -> ProductRecord:
    return ProductRecord(
        id=product_id,
        sku="",
        title="",
        description="",
        category="",
        subcategory="",
        image="",
        options=[],
        available=True,
        featured=False,
        created_at=created_at,
        updated_at=created_at,
        prices=(),
        variants=(),
        markets=(),
    )
