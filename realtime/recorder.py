"""The outbox: writes published events to the log, in the transaction that published them.

Strict by design: what can't be recorded undoes the change that it tells of. Numbers and delivery are the
relay's.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from django.db import transaction

from config.kernel.events import DomainEvent
from config.kernel.ids import new_id
from config.kernel.statements import Prepared, change
from realtime.courier import courier
from realtime.models import Notification

# One statement for any number of events. The rows come in the order of the array, and each takes its id
# as it is written, so ids follow the order of publication. One JSON text, and not an array for each column:
# the driver quotes the elements of an array one by one, which took half the time of a large import.
_EVENTS = """
INSERT INTO realtime_event (public_id, type, subject, version, data, extra)
SELECT new->>0, new->>1, new->>2, (new->>3)::bigint, new->>4, new->>5
FROM json_array_elements(%(events)s::json) WITH ORDINALITY AS rows(new, place) ORDER BY place
"""
_INSERT = Prepared(_EVENTS)
_INSERT_BOTH = Prepared(
    f"""
WITH told AS (
    INSERT INTO realtime_notification (id, user_id, type, title, message, related_order, created_at)
    SELECT new.id, new.user_id, new.type, new.title, new.message, new.related_order, new.created_at
    FROM json_to_recordset(%(notifications)s::json)
         AS new(id text, user_id text, type text, title text, message text, related_order text,
                created_at timestamptz)
)
{_EVENTS}"""  # noqa: S608  nothing but two constants
)


def record(events: Sequence[DomainEvent], *, notifications: Sequence[Notification] = ()) -> None:
    """Record ``events`` in their order, and have the relay poked once the transaction has committed; with
    them the (new) ``notifications`` that some of them announce.

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
    parameters = {"events": orjson.dumps(rows).decode()}
    if notifications:
        parameters["notifications"] = orjson.dumps([_row(one) for one in notifications]).decode()
    change(_INSERT_BOTH if notifications else _INSERT, parameters)
    transaction.on_commit(courier.poke, robust=True)


def _row(notification: Notification) -> dict[str, object]:
    return {
        "id": notification.id,
        "user_id": notification.user_id,
        "type": notification.type,
        "title": notification.title,
        "message": notification.message,
        "related_order": notification.related_order,
        "created_at": notification.created_at,
    }
