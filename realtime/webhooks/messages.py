"""What is posted: the events as ``/ws`` has them, to the letter. No I/O."""

from __future__ import annotations

import orjson

from realtime.cursor import to_cursor
from realtime.dialects.catalog import log_entry
from realtime.records import Record


def name_and_body(record: Record) -> tuple[str, bytes]:
    """What an event is called, and its envelope as JSON."""
    entry = log_entry(record)
    return entry["type"], orjson.dumps(entry)


def reset_body(*, event_id: str, reason: str, epoch: str, seq: int, timestamp: str) -> bytes:
    """Events are gone, for the ``reason`` that a resume on ``/ws`` would be refused with: fetch state afresh.
    What comes next comes after ``cursor``."""
    return orjson.dumps(
        {
            "id": event_id,
            "type": "reset",
            "data": {"reason": reason},
            "timestamp": timestamp,
            "cursor": to_cursor(epoch, seq),
            "version": None,
        }
    )
