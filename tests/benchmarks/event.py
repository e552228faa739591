"""The event that the benchmarks send: a sale of a shoe, as the catalog dialect tells it, some 600 bytes.

`reference` holds the moment of sending (`t` and 15 digits, microseconds of this machine's monotonic clock,
which Python and Node both read): the listeners find it there without parsing JSON.
"""

import time
from typing import Any

REFERENCE = "t{:015d}"
EVENT_TYPE = "stock.reduced"


def reference_now() -> str:
    """Give the present moment as an event's `reference`."""
    return REFERENCE.format(time.monotonic_ns() // 1000)


def sale_data(*, reference: str, version: int) -> dict[str, Any]:
    """Make the event's `data`."""
    return {
        "product_id": "prod_01jd8q2v6m7h3c9x4k5t1w0zab",
        "variant_id": "var_01jd8q2v6m7h3c9x4k5t1w0zac",
        "sku": "TRAIL-RUNNER-2-MIDNIGHT-BLUE-42",
        "attributes": {"color": "Midnight blue", "size": "42"},
        "change": -2,
        "stock": 117,
        "total_stock": 1843,
        "locations": [
            {"location_id": "main", "quantity": 61},
            {"location_id": "warehouse-north", "quantity": 40},
            {"location_id": "warehouse-south", "quantity": 16},
        ],
        "after_order": True,
        "reference": reference,
        "version": version,
    }


def sample_message() -> dict[str, Any]:
    """Make a whole message as it goes out on `/ws`."""
    return {
        "id": "evt_00000000000000000000000000",
        "type": EVENT_TYPE,
        "data": sale_data(reference=REFERENCE.format(0), version=100_000),
        "timestamp": "2026-11-21T10:00:00.000Z",
        "cursor": "b7f3c1d29a4e-0000100000",
        "version": 100_000,
    }
