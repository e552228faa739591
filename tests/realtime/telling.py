"""What a request has told: read from the log as it was recorded, and from what was whispered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from realtime import layer, rows
from realtime.dialects.catalog import CATALOG
from realtime.dialects.shop import SHOP
from realtime.records import Record

#: The log's columns. There is no relay here, so ids stand for the numbers that it would give.
_OTHERS = rows.COLUMNS.removeprefix("seq, ")


@dataclass(frozen=True, slots=True)
class Telling:
    """A message: its name, the rooms that hear it, its object (on `/ws` its `data`)."""

    name: str
    rooms: tuple[str, ...]
    payload: Any


class Told:
    """What has been recorded or whispered since one last asked."""

    def __init__(self) -> None:
        self.whispered: list[Record] = []
        self._seen = 0

    def hear(self, group: str, message: dict[str, Any]) -> None:
        """In place of the courier."""
        assert group == layer.EPHEMERAL_GROUP
        if message["type"] == layer.EPHEMERAL:
            self.whispered.extend(layer.read_ephemeral(message))

    def records(self) -> list[Record]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {_OTHERS} FROM realtime_event WHERE id > %s ORDER BY id",  # noqa: S608  ours
                [self._seen],
            )
            recorded = [rows.to_record(row, "abcd1234") for row in cursor.fetchall()]
        self._seen = recorded[-1].seq if recorded else self._seen
        heard, self.whispered = [*recorded, *self.whispered], []
        return heard

    def messages(self) -> list[list[Any]]:
        """Each message's name and object, on Socket.IO."""
        return [
            orjson.loads(message.payload[2:])
            for record in self.records()
            for message in SHOP.messages(record)
        ]

    @property
    def names(self) -> list[str]:
        return [message[0] for message in self.messages()]

    def both(self) -> tuple[list[Telling], list[Telling]]:
        """All messages, on Socket.IO and on `/ws`."""
        records = self.records()
        shop = [
            Telling(packet[0], message.rooms, packet[1])
            for record in records
            for message in SHOP.messages(record)
            for packet in [orjson.loads(message.payload[2:])]
        ]
        catalog = [
            Telling(event["type"], message.rooms, event["data"])
            for record in records
            for message in CATALOG.messages(record)
            for event in [orjson.loads(message.payload)]
        ]
        return shop, catalog
