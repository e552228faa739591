"""The outbox: writes published events to the log, in the transaction that published them.

Strict by design: what can't be recorded undoes the change that it tells of. Numbers and delivery are the
relay's.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from django.db import connection, transaction

from config.kernel.events import DomainEvent
from config.kernel.ids import new_id
from realtime.courier import courier

# One statement for any number of events. The rows come in the order of the arrays, and each takes its id
# as it is written, so ids follow the order of publication.
_INSERT = """
INSERT INTO realtime_event (public_id, type, subject, version, data, extra)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])
"""


def record(events: Sequence[DomainEvent]) -> None:
    """Record ``events`` in their order, and have the relay poked once the transaction has committed.

    Locks: nothing that another writer waits for. Refuses: nothing; what is no JSON raises ``TypeError``.
    """
    rows = [
        (
            event.id_given or new_id("evt"),
            event.name,
            event.subject,
            event.version_number,
            orjson.dumps(event.data()).decode(),
            orjson.dumps(extra).decode() if (extra := event.extra()) else "",
        )
        for event in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    transaction.on_commit(courier.poke, robust=True)
