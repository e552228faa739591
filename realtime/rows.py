"""The log's columns, how a row becomes a ``Record``, and statements that the ORM has no words for. No
connection here."""

from __future__ import annotations

from typing import Any

import orjson

from config.kernel.clock import iso
from realtime.records import Record

COLUMNS = "seq, public_id, type, subject, version, data, extra, recorded_at"

HEAD = "SELECT epoch, top, floor FROM realtime_eventhead WHERE id = 1"

#: Makes the head where there is none: a database whose tables were emptied is a new log.
MAKE_HEAD = """
INSERT INTO realtime_eventhead (id, epoch, top, floor)
VALUES (1, substr(md5(gen_random_uuid()::text), 1, 8), 0, 0)
ON CONFLICT (id) DO NOTHING
"""

READ = f"""
SELECT {COLUMNS} FROM realtime_event WHERE seq > %(after)s AND seq <= %(upto)s ORDER BY seq LIMIT %(limit)s
"""  # noqa: S608  no value is formatted in

#: Only some types, and of some types only certain subjects, or what mentions certain ids. The log's texts
#: are not parsed for that: an id is looked for as orjson writes it.
_WANTED = """
seq > %(after)s AND seq <= %(upto)s AND (
    type = ANY(%(types)s)
    OR (type, subject) IN (SELECT * FROM unnest(%(of_types)s::text[], %(subjects)s::text[]))
    OR (
        type = ANY(%(mentioning_types)s)
        AND (data LIKE ANY(%(mentions)s) OR extra LIKE ANY(%(mentions)s))
    )
)
"""

READ_WANTED = f"""
SELECT {COLUMNS} FROM realtime_event WHERE {_WANTED} ORDER BY seq LIMIT %(limit)s
"""  # noqa: S608  as above

#: The log without events that only tell others of an event that it has.
READ_ONCE = f"""
SELECT {COLUMNS} FROM realtime_event
WHERE seq > %(after)s AND seq <= %(upto)s AND type <> ALL(%(repeating)s) ORDER BY seq LIMIT %(limit)s
"""  # noqa: S608  as above

#: The first event of some types.
NEXT_OF_TYPES = """
SELECT seq, type, data, extra, recorded_at FROM realtime_event
WHERE seq > %(after)s AND seq <= %(upto)s AND type = ANY(%(types)s) ORDER BY seq LIMIT 1
"""

COUNT_WANTED = f"""
SELECT count(*) FROM (SELECT 1 FROM realtime_event WHERE {_WANTED} LIMIT %(limit)s) AS wanted
"""  # noqa: S608  as above

#: Views of what is a product; gives the products, a view each.
STORE_VIEWS = """
INSERT INTO realtime_productview (product_id, category, user_id, duration_ms, viewed_at)
SELECT product.id, view.category, view.user_id, view.duration_ms, view.viewed_at
FROM json_to_recordset(%s) AS view (
    product_id text, category text, user_id text, duration_ms integer, viewed_at timestamptz
)
JOIN catalog_product AS product ON product.id = view.product_id
RETURNING product_id
"""


def mention_of(identity: str) -> str:
    """The pattern of texts that mention an id."""
    written = orjson.dumps(identity).decode()
    return "%" + "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in written) + "%"


def to_record(row: tuple[Any, ...], epoch: str) -> Record:
    """The record of one row of ``COLUMNS``."""
    seq, public_id, kind, subject, version, data, extra, recorded_at = row
    return Record(seq, public_id, kind, subject, version, data, extra, iso(recorded_at), epoch)
