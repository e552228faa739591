"""One process's part in it: what it asks of others, and what it answers them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from realtime import layer
from realtime.announcer import PROCESS
from realtime.forwarding import post
from realtime.forwarding.answering import Answering, key_of
from realtime.forwarding.asking import Asking
from realtime.forwarding.post import Message, Post, Tell
from realtime.forwarding.sids import new_sid
from realtime.socketio.connection import Connection, Listener
from realtime.socketio.endpoint import Endpoint, OriginCheck, any_origin
from realtime.socketio.engine import EngineSettings
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.requests import Answer


class Forwarding:
    """Has an endpoint, whose sessions are reached by way of any process. ``tell`` sends to other processes,
    and ``hear`` is to be given what they send to this one's group."""

    def __init__(
        self,
        *,
        listen: Callable[[Connection], Listener],
        settings: EngineSettings | None = None,
        is_allowed_origin: OriginCheck = any_origin,
        process: str = PROCESS,
        tell: Tell = layer.send,
        reaches_others: bool | None = None,
    ) -> None:
        self.process = process
        self._post = Post(process, tell)
        if reaches_others is None:
            reaches_others = layer.reaches_others()
        self._asking = Asking(self._post, reaches_others=reaches_others)
        self.endpoint = Endpoint(
            listen=listen,
            settings=settings,
            is_allowed_origin=is_allowed_origin,
            make_sid=partial(new_sid, process),
            elsewhere=self._asking,
        )
        self._answering = Answering(self._post, self.endpoint)

    @property
    def group(self) -> str:
        """Where others tell us."""
        return layer.process_group(self.process)

    @property
    def is_under_way(self) -> bool:
        """Whether a client waits here for the answer of another process."""
        return self._asking.is_under_way

    def hear(self, message: Message) -> None:
        """A message of another process. Raises for one that is none."""
        match message["type"]:
            case post.ASKED:
                self._answering.take(
                    key_of(message), method=message["method"], sid=message["sid"], body=message["body"]
                )
            case post.ABANDONED:
                reason = CloseReason(message["reason"])
                self._answering.lose(key_of(message), sid=message["sid"], reason=reason)
            case post.RELEASED:
                self._answering.release(message["sid"])
            case post.IN_HAND:
                self._asking.are_in_hand(message["by"], message["numbers"])
            case post.ANSWERED:
                answer = Answer(message["body"], message["status"], message["content_type"])
                self._asking.is_answered(message["by"], message["number"], answer)
            case unknown:
                raise ValueError(f"{unknown} is not said between processes")
        self._asking.heard_of(message["by"])

    def release(self) -> None:
        """This process is about to end: the polls of others' sessions go on elsewhere."""
        self._asking.release()

    async def stop(self) -> None:
        """The endpoint has stopped: send what is still to be sent."""
        self._asking.stop()
        await self._answering.stop()
        await self._post.stop()
