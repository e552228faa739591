"""Flash sales as the tests plan them, and a database clock that stands where a test puts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import connection

from catalog.events import FlashSaleEvent
from catalog.sale_records import SaleRecord
from catalog.selectors.sales import database_now
from catalog.services import SaleDraft, create_flash_sale
from config.kernel.events import DomainEvent

MILLISECOND = dt.timedelta(milliseconds=1)

# PostgreSQL looks into its own catalog first only where the path does not say otherwise.
_STOPPABLE = """
CREATE SCHEMA stopped;
CREATE FUNCTION stopped.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('stopped.at', true), '')::timestamptz,
                    pg_catalog.statement_timestamp())
$$;
SET LOCAL search_path = stopped, public, pg_catalog;
"""


class DatabaseClock:
    """The clock of this connection's statements."""

    def stand_at(self, moment: dt.datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('stopped.at', %s, true)", [moment.isoformat()])
        assert database_now() == moment


@contextmanager
def stopped_clock() -> Iterator[DatabaseClock]:
    """Only inside of a test's transaction, which takes it back."""
    with connection.cursor() as cursor:
        cursor.execute(_STOPPABLE)
    yield DatabaseClock()


def sale_draft(
    *product_ids: str, off: str = "20", starts: float = -60, ends: float = 3600, **fields: Any
) -> SaleDraft:
    """From so many seconds to so many, seen from now."""
    now = database_now()
    return SaleDraft(
        **{
            "name": "Midnight sale",
            "discount_percentage": Decimal(off),
            "starts_at": now + dt.timedelta(seconds=starts),
            "ends_at": now + dt.timedelta(seconds=ends),
            "product_ids": product_ids,
            **fields,
        }
    )


def on_sale(*product_ids: str, **fields: Any) -> SaleRecord:
    """A sale of these, running for a minute and for another hour, where nothing else is said."""
    return create_flash_sale(draft=sale_draft(*product_ids, **fields))


def sale_events(events: list[DomainEvent]) -> list[tuple[str, str]]:
    """What was told of sales: its name and the sale."""
    return [(event.name, event.sale_id) for event in events if isinstance(event, FlashSaleEvent)]
