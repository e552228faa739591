"""The channel layer as this house uses it: three groups and one for each process, whole batches, and readers
that never give up.

The layer may lose, double and reorder, and may be away altogether: nobody above this module relies on it.
Which backend it is, the settings say (Redis pub/sub; in memory where there is one process and no Redis).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog
from channels.layers import InMemoryChannelLayer, get_channel_layer

from realtime.records import Batch, Head, Record

log = structlog.get_logger(__name__)

#: The whole dense log, for every live process.
LOG_GROUP = "log"
#: Pokes, for relays.
RELAY_GROUP = "relay"
#: Ephemeral events, for every live process.
EPHEMERAL_GROUP = "ephemeral"

BATCH = "log.batch"
HEAD = "log.head"
POKE = "relay.poke"
EPHEMERAL = "ephemeral.event"
#: A connection has returned to another process; whoever still has it, lets it go.
TAKEN_OVER = "connection.taken_over"
#: Somebody's rights were withdrawn; whose, is looked up. Where it names ``rooms``, only those to be in them.
RIGHTS_CHANGED = "rights.changed"

#: A batch travels in pieces of about this size, so that one bulky import does not make one huge message.
PIECE_BYTES = 512 * 1024

LONGEST_PAUSE = 2.0


def process_group(process: str) -> str:
    """What concerns one process alone."""
    return f"process.{process}"


def reaches_others() -> bool:
    """Whether there can be other processes that hear what is sent."""
    backend = get_channel_layer()
    return backend is not None and not isinstance(backend, InMemoryChannelLayer)


async def send(group: str, message: dict[str, Any]) -> None:
    """Send to a group. Raises whatever the backend raises."""
    backend = get_channel_layer()
    if backend is not None:
        await backend.group_send(group, message)


async def follow(groups: Sequence[str], hear: Callable[[dict[str, Any]], None]) -> None:
    """Call ``hear`` with each message of ``groups``, until cancelled.

    Runs in a task of its own that is never cancelled to be resumed: cancelling a ``receive`` gives up the
    subscription.
    """
    pause = 0.1
    while True:
        try:
            backend = get_channel_layer()
            if backend is None:
                return
            channel = await backend.new_channel()
            for group in groups:
                await backend.group_add(group, channel)
            pause = 0.1
            while True:
                message = await backend.receive(channel)
                try:
                    hear(message)
                except Exception:
                    log.exception(
                        "a message of the channel layer was not understood", kind=message.get("type")
                    )
        except Exception as error:  # noqa: BLE001  a reader outlives any failure of the backend
            log.warning("the channel layer is away", error=str(error) or type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def batch_messages(batch: Batch) -> Iterator[dict[str, Any]]:
    """``batch`` as messages, none much larger than ``PIECE_BYTES``."""
    rows: list[list[Any]] = []
    size = 0
    for record in batch.records:
        rows.append(_row(record))
        size += len(record.data) + len(record.extra)
        if size >= PIECE_BYTES:
            yield {"type": BATCH, "epoch": batch.epoch, "rows": rows}
            rows, size = [], 0
    if rows:
        yield {"type": BATCH, "epoch": batch.epoch, "rows": rows}


def head_message(head: Head) -> dict[str, Any]:
    """The heartbeat."""
    return {"type": HEAD, "epoch": head.epoch, "top": head.top, "floor": head.floor}


def read_message(message: dict[str, Any]) -> Batch | Head:
    """What ``batch_messages`` and ``head_message`` made. Raises ``KeyError`` for anything else."""
    if message["type"] == HEAD:
        return Head(message["epoch"], message["top"], message["floor"])
    epoch = message["epoch"]
    return Batch(epoch, tuple(_record(row, epoch) for row in message["rows"]))


def ephemeral_message(*records: Record) -> dict[str, Any]:
    """Events without a place in the log."""
    return {"type": EPHEMERAL, "rows": [_row(record) for record in records]}


def read_ephemeral(message: dict[str, Any]) -> list[Record]:
    """What ``ephemeral_message`` made."""
    return [_record(row, "") for row in message["rows"]]


def taken_over_message(pid: str, *, by: str) -> dict[str, Any]:
    """That the connection with this pid has returned to process ``by``."""
    return {"type": TAKEN_OVER, "pid": pid, "by": by}


def _row(record: Record) -> list[Any]:
    return [
        record.seq,
        record.id,
        record.type,
        record.subject,
        record.version,
        record.data,
        record.extra,
        record.timestamp,
    ]


def _record(row: Sequence[Any], epoch: str) -> Record:
    seq, identity, kind, subject, version, data, extra, timestamp = row
    return Record(seq, identity, kind, subject, version, data, extra, timestamp, epoch)
