"""What the live half does itself: announcements of other systems, beginning the log anew, what it
remembers of connections, and product views."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import orjson
from django.db import connection, transaction
from django.db.models.functions import Now

from catalog.models import LIVE, Variant
from catalog.stock_port import VariantFigures, stock
from config.kernel.clock import iso, now
from config.kernel.ids import new_id
from realtime import rows
from realtime.events import StockAnnounced, StockEventName
from realtime.models import ConnectionRooms, ProductView
from realtime.records import Head, KeptRooms
from realtime.signals import stock_announced

KEEP_VIEWS = dt.timedelta(days=7)
#: The log goes back a week, so whoever has been away for longer has nothing to recover. But a connection may
#: last for weeks before it is cut, and its rooms are remembered from when it joined the last of them.
KEEP_ROOMS = dt.timedelta(days=30)


def announce_stock(
    *, event: StockEventName, product_id: str, size: str | None, color: str | None, figure: int
) -> str:
    """Tell every listener what another system says about stock; returns the event's id.

    Nothing changes: the ledger is only told by the inventory's services. A product that we don't know is
    announced all the same, since the listeners may know it.

    Locks: nothing. Refuses: nothing. Announces: ``stock.announced``, which goes out as the ``stock.*``
    event that it names.
    """
    wanted = {name: value for name, value in (("size", size), ("color", color)) if value is not None}
    variants = list(Variant.objects.filter(LIVE, product_id=product_id).only("pk", "sku", "attributes"))
    matching = [variant for variant in variants if wanted.items() <= variant.attributes.items()]
    variant = matching[0] if len(matching) == 1 else None
    figures = stock().figures([v.pk for v in variants])
    event_id = new_id("evt")
    with transaction.atomic():
        stock_announced.publish(
            StockAnnounced(
                event_id=event_id,
                event=event,
                product_id=product_id,
                size=size,
                color=color,
                variant_id=variant.pk if variant else None,
                sku=variant.sku if variant else None,
                attributes=variant.attributes if variant else wanted,
                change=0,
                stock=figure,
                total_stock=sum(held.available for held in figures.values()),
                locations=_locations(figures, variant.pk) if variant else [],
                after_order=False,
                reference=None,
            )
        )
    return event_id


def begin_new_epoch() -> Head:
    """Say that the log is another one than before: after it was cut, or restored to an older state.

    Every listener is sent away to fetch its state afresh, and no cursor of before is taken any more.

    Locks: the log's head. Refuses: nothing. Announces: nothing; the next heartbeat tells the hubs.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(rows.MAKE_HEAD)
        cursor.execute(
            "UPDATE realtime_eventhead SET epoch = substr(md5(gen_random_uuid()::text), 1, 8),"
            " top = greatest(top, (SELECT coalesce(max(seq), 0) FROM realtime_event)), floor = top"
            " WHERE id = 1 RETURNING epoch, top, floor"
        )
        return Head(*cursor.fetchone())


def keep_rooms(*, pid: str, kept: KeptRooms) -> None:
    """Remember the rooms of a connection, in place of those that were remembered.

    Locks: its row. Refuses: nothing. Announces: nothing.
    """
    ConnectionRooms.objects.bulk_create(
        [ConnectionRooms(pid=pid, holder=kept.holder, rooms=dict(kept.rooms), kept_at=Now())],
        update_conflicts=True,
        unique_fields=["pid"],
        update_fields=["holder", "rooms", "kept_at"],
    )


def forget_old_rooms(*, keep: dt.timedelta = KEEP_ROOMS) -> int:
    """Delete what is remembered of connections that won't come back; returns of how many.

    Locks: the rows that go. Refuses: nothing. Announces: nothing.
    """
    deleted, _ = ConnectionRooms.objects.filter(kept_at__lt=now() - keep).delete()
    return deleted


def count_views(*, views: Sequence[ProductView]) -> set[str]:
    """Store product views, all with one statement; returns which products there are.

    Locks: nothing. Refuses: nothing; views of what is no product are not stored. Announces: nothing.
    """
    rows_of_views = [
        {
            "product_id": view.product_id,
            "category": view.category,
            "user_id": view.user_id,
            "duration_ms": view.duration_ms,
            "viewed_at": iso(view.viewed_at),
        }
        for view in views
    ]
    with connection.cursor() as cursor:
        cursor.execute(rows.STORE_VIEWS, [orjson.dumps(rows_of_views).decode()])
        return {product_id for (product_id,) in cursor.fetchall()}


def forget_old_views(*, keep: dt.timedelta = KEEP_VIEWS) -> int:
    """Delete product views that no statistic asks for any more; returns how many.

    Locks: the rows that go. Refuses: nothing. Announces: nothing.
    """
    deleted, _ = ProductView.objects.filter(viewed_at__lt=now() - keep).delete()
    return deleted


def _locations(figures: Mapping[str, VariantFigures], variant_id: str) -> list[dict[str, object]]:
    return [
        {"location_id": place.location_id, "quantity": place.on_hand}
        for place in figures[variant_id].locations
    ]
