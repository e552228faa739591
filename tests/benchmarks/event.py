"""The event that the benchmarks send: what another system says of a shoe's stock, as `POST /api/socket` takes
it.

It becomes exactly one message for each listener, on Socket.IO and on `/ws`. Its `stock` is the moment of
sending, in microseconds of this machine's monotonic clock, which Python and Node both read: the listeners
find it there without parsing JSON.
"""

import datetime as dt
import time
from typing import Any

import orjson

from config.kernel.clock import iso
from config.kernel.ids import new_id
from realtime.dialects.shop import SHOP
from realtime.events import StockAnnounced
from realtime.records import Record

EPOCH = "b7f3c1d2"
FIRST_NUMBER = 100_000


def announcement() -> StockAnnounced:
    """Make the event, with the present moment in it."""
    return StockAnnounced(
        event_id=new_id("evt"),
        event="STOCK_REDUCED",
        product_id="prod_01jd8q2v6m7h3c9x4k5t1w0zab",
        size="42",
        color="Midnight blue",
        variant_id="var_01jd8q2v6m7h3c9x4k5t1w0zac",
        sku="TRAIL-RUNNER-2-MIDNIGHT-BLUE-42",
        attributes={"color": "Midnight blue", "size": "42"},
        change=0,
        stock=time.monotonic_ns() // 1000,
        total_stock=1843,
        locations=[
            {"location_id": "main", "quantity": 61},
            {"location_id": "warehouse-north", "quantity": 40},
            {"location_id": "warehouse-south", "quantity": 16},
        ],
        after_order=True,
        reference=None,
    )


def record_of(event: StockAnnounced, *, number: int) -> Record:
    """Give it a place in the log that it was never in, so that its bytes are those of any other event."""
    return Record(
        seq=FIRST_NUMBER + number,
        id=event.event_id,
        type=event.name,
        subject=event.subject,
        version=None,
        data=orjson.dumps(event.data()).decode(),
        extra=orjson.dumps(event.extra()).decode(),
        timestamp=iso(dt.datetime.now(dt.UTC)),
        epoch=EPOCH,
    )


def sample_packet() -> list[Any]:
    """Give name and arguments of the event as Socket.IO clients of ours get it, for the other servers."""
    (message,) = SHOP.messages(record_of(announcement(), number=0))
    packet: list[Any] = orjson.loads(message.payload.removeprefix(b"42"))
    return packet
