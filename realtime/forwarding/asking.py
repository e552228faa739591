"""The side that was asked by a client for a session of another process: passes the request on, and waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from realtime.forwarding.owners import PATIENCE, Owners
from realtime.forwarding.post import ABANDONED, ASKED, RELEASED, Post, UnreachableError
from realtime.forwarding.sids import owner_of
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.requests import Answer, EngineRequest, Refusal, RefusedError

#: A request of which nothing was heard for this long is sent again, once: the owner does nothing twice.
RESEND_AFTER = 0.5
#: Requests under way at once. Each is a client's open connection, and most of them are waiting polls.
MOST_REQUESTS = 20_000
#: Bytes of those that their owners have not confirmed yet: they are in Redis' memory meanwhile.
MOST_BYTES = 8 * 1024 * 1024


@dataclass(slots=True, eq=False)
class _Asked:
    number: int
    owner: str
    request: EngineRequest
    body: bytes
    outcome: asyncio.Future[Answer]
    began: float
    deadline: float
    is_taken: bool = False


class Asking:
    """Implements ``Elsewhere``. ``reaches_others``: whether there can be other processes at all."""

    def __init__(self, post: Post, *, reaches_others: bool) -> None:
        self._post = post
        self._reaches_others = reaches_others
        self._numbers = count(1)
        self._under_way: dict[int, _Asked] = {}
        self._bytes = 0
        self._owners = Owners()

    @property
    def is_under_way(self) -> bool:
        """Whether a client waits here for the answer of another process."""
        return bool(self._under_way)

    # ------------------------------------------------------------------ for the endpoint

    async def answer(self, request: EngineRequest, body: bytes) -> Answer:
        """What the owner answers. Raises ``RefusedError``, where there is none or it keeps silent."""
        asked = self._begin(request, body)
        try:
            return await self._outcome(asked)
        except RefusedError:
            self._abandon(asked, CloseReason.LOST)
            raise
        except asyncio.CancelledError:
            # A POST that is broken off was said all the same.
            if request.method == "GET":
                self._abandon(asked, CloseReason.LOST)
            raise
        finally:
            self._confirm(asked)
            del self._under_way[asked.number]

    def lose(self, sid: str, reason: CloseReason) -> None:
        """End the session, wherever it is: a request for it can't be answered."""
        owner = self._owner(sid)
        if owner is not None:
            self._post.send_soon(owner, ABANDONED, number=next(self._numbers), sid=sid, reason=str(reason))

    # ------------------------------------------------------------------ what owners say

    def heard_of(self, owner: str) -> None:
        """It has said something."""
        self._owners.heard(owner, now=_now())

    def are_in_hand(self, owner: str, numbers: Iterable[int]) -> None:
        """These will be answered."""
        deadline = _now() + PATIENCE
        for number in numbers:
            asked = self._under_way.get(number)
            if asked is not None and asked.owner == owner:
                asked.deadline = deadline
                self._confirm(asked)

    def is_answered(self, owner: str, number: int, answer: Answer) -> None:
        """This is what the client is to be told."""
        asked = self._under_way.get(number)
        if asked is not None and asked.owner == owner and not asked.outcome.done():
            asked.outcome.set_result(answer)

    # ------------------------------------------------------------------ the end of this process

    def release(self) -> None:
        """Have the polls that wait here answered, so that their clients go on elsewhere."""
        for asked in self._under_way.values():
            if asked.request.method == "GET":
                self._post.send_soon(asked.owner, RELEASED, sid=asked.request.sid)

    def stop(self) -> None:
        """Nobody is waited for any more."""
        for asked in self._under_way.values():
            if not asked.outcome.done():
                asked.outcome.set_exception(RefusedError(Refusal.UNAVAILABLE))

    # ------------------------------------------------------------------ inside

    def _owner(self, sid: str) -> str | None:
        owner = owner_of(sid) if self._reaches_others else None
        return None if owner == self._post.process else owner

    def _begin(self, request: EngineRequest, body: bytes) -> _Asked:
        if request.method not in ("GET", "POST"):
            raise RefusedError(Refusal.BAD_REQUEST)
        owner = self._owner(request.sid)
        now = _now()
        if owner is None or self._owners.is_gone(owner, now=now):
            raise RefusedError(Refusal.UNKNOWN_SID)
        body = body if request.method == "POST" else b""
        if len(self._under_way) >= MOST_REQUESTS or self._bytes + len(body) > MOST_BYTES:
            raise RefusedError(Refusal.UNAVAILABLE)
        outcome: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        deadline = self._owners.deadline(owner, now=now)
        asked = _Asked(next(self._numbers), owner, request, body, outcome, now, deadline)
        self._under_way[asked.number] = asked
        self._bytes += len(body)
        return asked

    async def _outcome(self, asked: _Asked) -> Answer:
        await self._send(asked)
        if await _is_done(asked, RESEND_AFTER):
            return asked.outcome.result()
        if not asked.is_taken:
            with suppress(RefusedError):  # the first may have arrived
                await self._send(asked)
        while (left := asked.deadline - _now()) > 0:
            if await _is_done(asked, left):
                return asked.outcome.result()
        self._owners.was_silent(asked.owner, since=asked.began, now=_now())
        raise RefusedError(Refusal.UNKNOWN_SID)

    async def _send(self, asked: _Asked) -> None:
        content: dict[str, Any] = {
            "number": asked.number,
            "method": asked.request.method,
            "sid": asked.request.sid,
            "body": asked.body,
        }
        try:
            await self._post.send(asked.owner, ASKED, **content)
        except UnreachableError:
            raise RefusedError(Refusal.UNAVAILABLE) from None

    def _confirm(self, asked: _Asked) -> None:
        asked.is_taken = True
        self._bytes -= len(asked.body)
        asked.body = b""

    def _abandon(self, asked: _Asked, reason: CloseReason) -> None:
        self._post.send_soon(
            asked.owner, ABANDONED, number=asked.number, sid=asked.request.sid, reason=str(reason)
        )


async def _is_done(asked: _Asked, seconds: float) -> bool:
    await asyncio.wait((asked.outcome,), timeout=seconds)
    return asked.outcome.done()


def _now() -> float:
    return asyncio.get_running_loop().time()
