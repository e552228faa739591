"""In which chat it is heard that somebody came or went: looked up before it is said, off the event loop.

Where the database does not answer within a moment, staff are told and the chat is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import orjson
import structlog
from django.db import DatabaseError, InterfaceError

from realtime.records import Record
from realtime.support.chats import open_chats_of
from realtime.threads import threads

log = structlog.get_logger(__name__)

#: Seconds for the looking up.
PATIENCE = 1.0

LookUp = Callable[[Collection[str]], Mapping[str, str]]


class Company:
    """Takes who came and went, and gives it to ``announce`` with their open chats, in the order taken."""

    def __init__(
        self, *, announce: Callable[[Sequence[Record]], None], look_up: LookUp = open_chats_of
    ) -> None:
        self._announce = announce
        self._look_up = look_up
        self._newest: asyncio.Task[None] | None = None

    def tell(self, records: Sequence[Record]) -> None:
        """Tell of somebody. Returns at once."""
        self._newest = asyncio.create_task(self._tell(records, after=self._newest), name="company")

    async def stop(self) -> None:
        """Tell what is left."""
        if self._newest is not None:
            await asyncio.wait([self._newest], timeout=PATIENCE)
            self._newest.cancel()

    async def _tell(self, records: Sequence[Record], *, after: asyncio.Task[None] | None) -> None:
        chats = await self._chats_of([record.subject for record in records])
        if after is not None:
            await asyncio.wait([after])
        self._announce([_with_chat(record, chats.get(record.subject)) for record in records])

    async def _chats_of(self, user_ids: Collection[str]) -> Mapping[str, str]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await threads.run(partial(self._look_up, user_ids))
        except (TimeoutError, DatabaseError, InterfaceError) as error:
            log.info("who came and went is told to staff only", error=str(error) or type(error).__name__)
            return {}


def _with_chat(record: Record, chat_id: str | None) -> Record:
    if chat_id is None:
        return record
    return replace(record, extra=orjson.dumps({"chat_id": chat_id}).decode())
