"""The owner's side: answers requests that clients have made to other processes, as if they had come here."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, defaultdict
from contextlib import suppress

from realtime.forwarding.limits import Limits
from realtime.forwarding.post import ANSWERED, IN_HAND, Post
from realtime.socketio import polling
from realtime.socketio.endpoint import Endpoint
from realtime.socketio.engine_events import CloseReason, Transport
from realtime.socketio.requests import PROTOCOL, Answer, EngineRequest, Refusal

logger = logging.getLogger(__name__)

#: How long the last answers have at the end of the process.
GRACE = 2.0

#: Who asks, and its number for the request.
Key = tuple[str, int]


class Answering:
    """For the sessions of one endpoint."""

    def __init__(self, post: Post, limits: Limits, endpoint: Endpoint) -> None:
        self._post = post
        self._limits = limits
        self._endpoint = endpoint
        self._in_hand: dict[Key, asyncio.Task[None]] = {}
        self._unconfirmed: set[Key] = set()
        self._confirming: asyncio.Task[None] | None = None
        #: In the order of their coming, with when that was.
        self._remembered: OrderedDict[Key, float] = OrderedDict()

    def take(self, key: Key, *, method: str, sid: str, body: bytes) -> None:
        """Answer a request, unless it came before."""
        if key in self._in_hand:
            self._unconfirmed.add(key)
            return
        if not self._is_new(key):
            return
        request = EngineRequest(
            method=method, transport=Transport.POLLING, sid=sid, protocol=PROTOCOL, query={}, headers={}
        )
        loop = asyncio.get_running_loop()
        task = self._in_hand[key] = loop.create_task(self._answer(key, request, body))
        task.add_done_callback(lambda _task: self._put_down(key))
        self._unconfirmed.add(key)
        if self._confirming is None:
            self._confirming = loop.create_task(self._confirm())

    def lose(self, key: Key, *, sid: str, reason: CloseReason) -> None:
        """End the session: an answer for it, or a request, has gone astray."""
        # It may be overtaken by this.
        self._is_new(key)
        connection = self._endpoint.connections.get(sid)
        # The poll of one that has gone over to a WebSocket brought nothing.
        if connection is not None and connection.transport is Transport.POLLING:
            connection.lose(reason)

    def release(self, sid: str) -> None:
        """Have the client of a session poll anew."""
        connection = self._endpoint.connections.get(sid)
        if connection is not None:
            connection.release_poll()

    async def stop(self) -> None:
        """Send the last answers: the endpoint has stopped."""
        answering = list(self._in_hand.values())
        if answering:
            await asyncio.wait(answering, timeout=GRACE)
        for task in answering:
            task.cancel()
        if self._confirming is not None:
            self._confirming.cancel()
            with suppress(asyncio.CancelledError):
                await self._confirming

    # ------------------------------------------------------------------ inside

    def _is_new(self, key: Key) -> bool:
        """Whether it has not come before; it has, from now on."""
        now, limits = asyncio.get_running_loop().time(), self._limits
        remembered = self._remembered
        while remembered:
            oldest = next(iter(remembered))
            if len(remembered) < limits.most_remembered and now - remembered[oldest] < limits.memory:
                break
            remembered.popitem(last=False)
        if key in remembered:
            return False
        remembered[key] = now
        return True

    async def _answer(self, key: Key, request: EngineRequest, body: bytes) -> None:
        try:
            answer = await polling.answer(self._endpoint, request, body)
        except Exception:
            logger.exception("a forwarded request could not be answered")
            answer = Answer.refusing(Refusal.BAD_REQUEST)
        by, number = key
        self._post.send(
            by,
            ANSWERED,
            # What the answer tells is not told again.
            failed=lambda: self.lose(key, sid=request.sid, reason=CloseReason.LOST),
            number=number,
            status=answer.status,
            content_type=answer.content_type,
            body=answer.body,
        )

    def _put_down(self, key: Key) -> None:
        del self._in_hand[key]
        self._unconfirmed.discard(key)

    async def _confirm(self) -> None:
        """While anything is in hand, say so."""
        rounds = 0
        try:
            while self._in_hand:
                await asyncio.sleep(self._limits.taken_after)
                rounds += 1
                keys = self._unconfirmed if rounds % self._limits.rounds else self._in_hand.keys()
                numbers: defaultdict[str, list[int]] = defaultdict(list)
                for by, number in keys:
                    numbers[by].append(number)
                self._unconfirmed.clear()
                for by, theirs in numbers.items():
                    self._post.send(by, IN_HAND, numbers=theirs)
        finally:
            self._confirming = None
