"""The side that was asked by a client for a session of another process: passes the request on, and waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from realtime.forwarding.limits import Limits
from realtime.forwarding.owners import Owners
from realtime.forwarding.post import ABANDONED, ASKED, RELEASED, Failed, Post
from realtime.forwarding.sids import owner_of
from realtime.socketio.engine_events import CloseReason
from realtime.socketio.requests import Answer, EngineRequest, Refusal, RefusedError

#: The answer to a poll that brings nothing: the client polls again.
NOTHING = b"6"
#: It would ask us again at once, until it is sent elsewhere.
PAUSE_AT_THE_END = 0.05


@dataclass(slots=True, eq=False)
class _Asked:
    number: int
    owner: str
    request: EngineRequest
    body: bytes
    outcome: asyncio.Future[Answer]
    #: When anything was heard of it last, and until when something must be heard.
    sign_at: float
    deadline: float
    is_taken: bool = False


class Asking:
    """Implements ``Elsewhere``. ``reaches_others``: whether there can be other processes at all."""

    def __init__(self, post: Post, limits: Limits, *, reaches_others: bool) -> None:
        self._post = post
        self._limits = limits
        self._reaches_others = reaches_others
        self._numbers = count(1)
        self._under_way: dict[int, _Asked] = {}
        self._bytes = 0
        self._owners = Owners(limits)
        self._is_ending = False

    @property
    def is_under_way(self) -> bool:
        """Whether a client waits here for the answer of another process."""
        return bool(self._under_way)

    # ------------------------------------------------------------------ for the endpoint

    async def answer(self, request: EngineRequest, body: bytes) -> Answer:
        """What the owner answers. Raises ``RefusedError``, where there is none or it keeps silent."""
        if self._is_ending and request.method == "GET":
            await asyncio.sleep(PAUSE_AT_THE_END)
            return Answer(NOTHING)
        asked = self._begin(request, body)
        try:
            return await self._outcome(asked)
        except RefusedError:
            self._abandon(asked)
            raise
        except asyncio.CancelledError:
            # A POST that is broken off was said all the same.
            if request.method == "GET":
                self._abandon(asked)
            raise
        finally:
            self._let_go(asked)
            del self._under_way[asked.number]

    def lose(self, sid: str, reason: CloseReason) -> None:
        """End the session, wherever it is: a request for it can't be answered."""
        owner = self._owner(sid)
        if owner is not None:
            self._post.send(owner, ABANDONED, number=next(self._numbers), sid=sid, reason=str(reason))

    # ------------------------------------------------------------------ what owners say

    def heard_of(self, owner: str) -> None:
        """It has said something."""
        self._owners.heard(owner, now=_now())

    def are_in_hand(self, owner: str, numbers: Iterable[int]) -> None:
        """These will be answered."""
        now = _now()
        for number in numbers:
            asked = self._under_way.get(number)
            if asked is not None and asked.owner == owner:
                asked.sign_at = now
                asked.deadline = now + self._limits.patience
                self._let_go(asked)

    def is_answered(self, owner: str, number: int, answer: Answer) -> None:
        """This is what the client is to be told."""
        asked = self._under_way.get(number)
        if asked is not None and asked.owner == owner and not asked.outcome.done():
            asked.outcome.set_result(answer)

    # ------------------------------------------------------------------ the end of this process

    def release(self) -> None:
        """Have the polls that wait here answered, and let none wait any more: they are to go elsewhere."""
        self._is_ending = True
        for asked in self._under_way.values():
            if asked.request.method == "GET":
                self._post.send(asked.owner, RELEASED, sid=asked.request.sid)

    def stop(self) -> None:
        """Nobody is waited for any more."""
        for asked in self._under_way.values():
            self._abandon(asked)
            _refuse(asked, Refusal.UNAVAILABLE)

    # ------------------------------------------------------------------ inside

    def _owner(self, sid: str) -> str | None:
        owner = owner_of(sid) if self._reaches_others else None
        return None if owner == self._post.process else owner

    def _begin(self, request: EngineRequest, body: bytes) -> _Asked:
        if request.method not in ("GET", "POST"):
            raise RefusedError(Refusal.BAD_REQUEST)
        owner = self._owner(request.sid)
        now, limits = _now(), self._limits
        if owner is None or self._owners.is_gone(owner, now=now):
            raise RefusedError(Refusal.UNKNOWN_SID)
        body = body if request.method == "POST" else b""
        if len(self._under_way) >= limits.most_requests or self._bytes + len(body) > limits.most_bytes:
            raise RefusedError(Refusal.UNAVAILABLE)
        outcome: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        deadline = self._owners.deadline(owner, now=now)
        asked = _Asked(next(self._numbers), owner, request, body, outcome, now, deadline)
        self._under_way[asked.number] = asked
        self._bytes += len(body)
        return asked

    async def _outcome(self, asked: _Asked) -> Answer:
        self._send(asked, failed=lambda: _refuse(asked, Refusal.UNAVAILABLE))
        if await _is_done(asked, self._limits.resend_after):
            return asked.outcome.result()
        if not asked.is_taken:
            # It may have come all the same: the owner does nothing twice.
            self._send(asked)
        while (left := asked.deadline - _now()) > 0:
            if await _is_done(asked, left):
                return asked.outcome.result()
        self._owners.was_silent(asked.owner, since=asked.sign_at, now=_now())
        raise RefusedError(Refusal.UNKNOWN_SID)

    def _send(self, asked: _Asked, *, failed: Failed | None = None) -> None:
        self._post.send(
            asked.owner,
            ASKED,
            failed=failed,
            number=asked.number,
            method=asked.request.method,
            sid=asked.request.sid,
            body=asked.body,
        )

    def _let_go(self, asked: _Asked) -> None:
        """It need not be sent again."""
        asked.is_taken = True
        self._bytes -= len(asked.body)
        asked.body = b""

    def _abandon(self, asked: _Asked) -> None:
        sid, reason = asked.request.sid, str(CloseReason.LOST)
        self._post.send(asked.owner, ABANDONED, number=asked.number, sid=sid, reason=reason)


def _refuse(asked: _Asked, refusal: Refusal) -> None:
    if not asked.outcome.done():
        asked.outcome.set_exception(RefusedError(refusal))


async def _is_done(asked: _Asked, seconds: float) -> bool:
    await asyncio.wait((asked.outcome,), timeout=seconds)
    return asked.outcome.done()


def _now() -> float:
    return asyncio.get_running_loop().time()
