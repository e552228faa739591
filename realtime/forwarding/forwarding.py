"""One process's part in it: what it asks of others, and what it answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog

from realtime import layer
from realtime.announcer import PROCESS
from realtime.forwarding import post
from realtime.forwarding.answering import Answering
from realtime.forwarding.asking import Asking
from realtime.forwarding.limits import DEFAULT, Limits
from realtime.forwarding.post import Message, Post, Tell
from realtime.forwarding.sids import new_sid
from realtime.socketio.connection import Connection, Listener
from realtime.socketio.endpoint import Endpoint, OriginCheck, any_origin
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.requests import Answer

log = structlog.get_logger(__name__)


class Forwarding:
    """Has an endpoint, whose sessions are reached by way of any process. ``tell`` sends to other processes,
    and ``hear`` is to be given what they send to this one's group."""

    def __init__(
        self,
        *,
        listen: Callable[[Connection], Listener],
        settings: EngineSettings | None = None,
        limits: Limits = DEFAULT,
        is_allowed_origin: OriginCheck = any_origin,
        process: str = PROCESS,
        tell: Tell = layer.send,
        reaches_others: bool | None = None,
        forgotten: Callable[[Connection], None] | None = None,
    ) -> None:
        self.process = process
        self._post = Post(process, tell)
        if reaches_others is None:
            reaches_others = layer.reaches_others()
        self._asking = Asking(self._post, limits, reaches_others=reaches_others)
        self.endpoint = Endpoint(
            listen=listen,
            settings=settings,
            is_allowed_origin=is_allowed_origin,
            make_sid=partial(new_sid, process),
            elsewhere=self._asking,
            forgotten=forgotten,
        )
        self._reader: asyncio.Task[None] | None = None
        self._answering = Answering(self._post, limits, self.endpoint)

    @property
    def group(self) -> str:
        """Where others tell us."""
        return layer.process_group(self.process)

    @property
    def is_under_way(self) -> bool:
        """Whether a client waits here for the answer of another process."""
        return self._asking.is_under_way

    def start(self) -> None:
        """Hear what others say, by the layer."""
        self._reader = asyncio.create_task(layer.follow((self.group,), self.hear), name="polls")

    def hear(self, message: Message) -> None:
        """What another process says. Raises for what none says."""
        by: str = message["by"]
        if message["type"] != post.BUNDLE:
            raise ValueError(f"{message['type']} is not said between processes")
        self._asking.heard_of(by)
        if message["number"] is not None:
            self._post.confirm(by, message["number"])
        for said in message["said"]:
            self._hear(by, said)

    def _hear(self, by: str, said: Message) -> None:
        match said:
            case {"kind": post.ASKED, "number": number, "method": method, "sid": sid, "body": body}:
                self._answering.take((by, number), method=method, sid=sid, body=body)
            case {"kind": post.ANSWERED, "number": number, "status": status, "body": body}:
                self._asking.is_answered(by, number, Answer(body, status, said["content_type"]))
            case {"kind": post.IN_HAND, "numbers": numbers}:
                self._asking.are_in_hand(by, numbers)
            case {"kind": post.ABANDONED, "number": number, "sid": sid, "reason": reason}:
                self._answering.lose((by, number), sid=sid, reason=CloseReason(reason))
            case {"kind": post.RELEASED, "sid": sid}:
                self._answering.release(sid)
            case {"kind": post.RECEIVED, "number": number}:
                self._post.received(by, number)
            case _:
                log.warning("another process has said what this one does not know", kind=said.get("kind"))

    def release(self) -> None:
        """This process is about to end: the polls of others' sessions go on elsewhere."""
        self._asking.release()

    async def stop(self) -> None:
        """The endpoint has stopped: send what is still to be sent."""
        self._asking.stop()
        await self._answering.stop()
        await self._post.stop()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
