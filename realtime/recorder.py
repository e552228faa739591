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

# One statement for any number of events. The rows come in the order of the array, and each takes its id
# as it is written, so ids follow the order of publication. One JSON text, and not an array for each column:
# the driver quotes the elements of an array one by one, which took half the time of a large import.
_INSERT = """
INSERT INTO realtime_event (public_id, type, subject, version, data, extra)
SELECT new->>0, new->>1, new->>2, (new->>3)::bigint, new->>4, new->>5
FROM json_array_elements(%s::json) WITH ORDINALITY AS rows(new, place) ORDER BY place
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
        cursor.execute(_INSERT, [orjson.dumps(rows).decode()])
    transaction.on_commit(courier.poke, robust=True)
