"""One effect for one key, however often the request comes.

Belongs here: the key's row in the transaction of its effect, and the replay. Does not belong here: the
natural unique keys behind it (an order's reference, a provider's event id), which outlive the key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.callers import caller_key
from config.api.json import OrjsonRenderer
from config.api.models import IdempotencyKey
from config.kernel.errors import InProgress, InvalidInput, KeyReused, SentBefore
from config.kernel.forgetting import forget
from config.kernel.statements import Prepared, change, rows
from config.kernel.transactions import in_transaction

T = TypeVar("T")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = dt.timedelta(days=7)

_LONGEST_KEY = 255
_FIRST_REFUSAL = 400


_LOCK = Prepared(
    "SELECT pg_try_advisory_xact_lock(number) "
    "FROM unnest(%s::bigint[]) WITH ORDINALITY AS asked(number, place) ORDER BY place"
)
_FIND = Prepared(
    "SELECT caller, endpoint, key, fingerprint, status, headers::text, body FROM api_idempotencykey "
    "JOIN unnest(%s::text[], %s::text[], %s::text[]) AS asked(caller, endpoint, key) "
    "USING (caller, endpoint, key)"
)
_REMEMBER = Prepared(
    "INSERT INTO api_idempotencykey (caller, endpoint, key, fingerprint, status, headers, body) "
    "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], "
    "%s::smallint[], %s::jsonb[], %s::bytea[])"
)


@dataclass(frozen=True, slots=True)
class _First:
    """What was asked for first under a key, and what was answered."""

    fingerprint: str
    status: int
    headers: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Once:
    """A key in its scope, and what was asked for under it."""

    caller: str
    endpoint: str
    key: str
    fingerprint: str

    def lock_number(self) -> int:
        """64 bits for an advisory lock; keys that share them may refuse each other now and then, no more."""
        return int.from_bytes(hashlib.blake2b(self.scope.encode(), digest_size=8).digest(), signed=True)

    @property
    def scope(self) -> str:
        return _scope(self.caller, self.endpoint, self.key)


def answer_once(
    request: Request, *, endpoint: str, effect: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """``effect()``'s answer; with an ``Idempotency-Key``, the first answer to this request again.

    ``endpoint`` names what is done (``stock.reduce``) and scopes the key, together with the caller.
    With a key ``effect`` runs inside a transaction in which the key's row is written too, and may run
    again after a deadlock, so it must leave nothing behind outside of the database. A refusal, raised
    or answered, undoes the transaction and is not remembered.

    *Locks* the key (advisory, until the end of the transaction; never waits).
    *Refuses* a key that is none (400), one that came with another request (422), one whose first
    request is still running (409 with ``Retry-After``).
    """
    key = request.headers.get(HEADER)
    if key is None:
        return effect()
    once = _once(request, endpoint, key)
    return in_transaction(lambda: _answer(request, once, effect))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may share a transaction with others, and its key, if it came with one."""

    request: Request
    once: _Once | None


def asked_once(request: Request, *, endpoint: str) -> Asked:
    """The request with its key. *Refuses* a key that is none (400), as ``answer_once`` does."""
    key = request.headers.get(HEADER)
    return Asked(request, _once(request, endpoint, key) if key is not None else None)


def answer_each_once(
    asked: Sequence[Asked], *, effects: Callable[[Sequence[int]], Sequence[HttpResponseBase | Exception]]
) -> list[HttpResponseBase | Exception]:
    """``answer_once`` for several requests in the caller's transaction: the answer to each, or its refusal.

    ``effects`` is given the places of those that were not answered before, and answers each of them; what it
    refuses must have changed nothing, since that can't be undone for one alone. The keys take three
    statements, however many there are, and are written with the effects.

    *Locks* and *refuses* each as ``answer_once`` does; of two with the same key in ``asked`` the second is
    told that the first is still running.
    """
    onces = {place: one.once for place, one in enumerate(asked) if one.once is not None}
    answers: dict[int, HttpResponseBase | Exception] = _not_free(onces) if onces else {}
    fresh = [place for place in range(len(asked)) if place not in answers]
    written: list[tuple[_Once, HttpResponse]] = []
    for place, answer in zip(fresh, effects(fresh), strict=True):
        answers[place] = answer
        if place in onces and isinstance(answer, HttpResponseBase):
            rendered = answers[place] = _rendered(answer, asked[place].request)
            if rendered.status_code >= _FIRST_REFUSAL:
                raise TypeError("a refusal is raised where transactions are shared, and not answered")
            written.append((onces[place], rendered))
    _remember(written)
    return [answers[place] for place in range(len(asked))]


def _not_free(onces: Mapping[int, _Once]) -> dict[int, HttpResponseBase | Exception]:
    """What is said to those whose keys are not free: locked by somebody else, or answered before."""
    by_scope: dict[str, int] = {}
    answers: dict[int, HttpResponseBase | Exception] = {}
    for place, once in onces.items():
        if by_scope.setdefault(once.scope, place) != place:
            answers[place] = InProgress()  # this transaction has the lock, so it would get it again
    places = list(by_scope.values())
    locked = _lock([onces[place] for place in places])
    found = _find([onces[place] for place in places])
    for place, is_locked in zip(places, locked, strict=True):
        once = onces[place]
        first = found.get(once.scope)
        if not is_locked:
            answers[place] = InProgress()
        elif first is not None:
            answers[place] = _replay(first) if first.fingerprint == once.fingerprint else KeyReused()
    return answers


def first_answer(request: Request, *, endpoint: str) -> HttpResponseBase | None:
    """The first answer to this request again, if it came with a key before and was answered.

    For what can't be done within the key's transaction, since it reaches out of the house: it asks here
    first, does it under a natural key of its own (``request_key``), and has ``answer_once`` write its end.

    *Locks* nothing. *Refuses* as ``answer_once``, but for a request that is still running.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    once = _once(request, endpoint, key)
    first = _find([once]).get(once.scope)
    if first is not None and first.fingerprint != once.fingerprint:
        raise KeyReused
    return _replay(first) if first is not None else None


def request_key(request: Request, *, endpoint: str) -> str | None:
    """The request's key together with its scope, as a text that can be kept unique; ``None`` without one."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    return hashlib.sha256(_once(request, endpoint, key).scope.encode()).hexdigest()


def do_once(*, caller: str, endpoint: str, key: str, effect: Callable[[], T]) -> T:
    """``effect()`` under a key that a form of a page bears; there is no answer that could be given again.

    *Locks* the key, as ``answer_once`` does. *Refuses* a key that is none (``InvalidInput``), whose effect is
    there (``SentBefore``), or under way (``InProgress``). What ``effect`` refuses leaves the key free.
    """
    once = _Once(caller=caller, endpoint=endpoint, key=_checked(key), fingerprint="")

    def work() -> T:
        if _lock([once]) != [True]:
            raise InProgress
        if _find([once]):
            raise SentBefore
        done = effect()
        _remember([(once, HttpResponse(status=204))])
        return done

    return in_transaction(work)


def prune_idempotency_keys() -> int:
    """Forget the keys that are older than ``KEPT``, a thousand at a time; how many there were.

    *Locks* the rows that it deletes. *Refuses* nothing. *Announces* nothing.
    """
    return forget(IdempotencyKey.objects.filter(created_at__lt=Now() - KEPT).order_by("created_at"))


def _answer(request: Request, once: _Once, effect: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    if _lock([once]) != [True]:
        raise InProgress
    first = _find([once]).get(once.scope)
    if first is not None:
        if first.fingerprint != once.fingerprint:
            raise KeyReused
        return _replay(first)
    response = _rendered(effect(), request)
    if response.status_code >= _FIRST_REFUSAL:
        transaction.set_rollback(True)
    else:
        _remember([(once, response)])
    return response


def _once(request: Request, endpoint: str, key: str) -> _Once:
    return _Once(
        caller=caller_key(request), endpoint=endpoint, key=_checked(key), fingerprint=_fingerprint(request)
    )


def _lock(onces: Sequence[_Once]) -> list[bool]:
    """Whether each of these keys could be locked."""
    return [is_locked for (is_locked,) in rows(_LOCK, [[once.lock_number() for once in onces]])]


def _find(onces: Collection[_Once]) -> dict[str, _First]:
    """What was answered first under these keys, by scope.

    Asked for once they are locked, and not before: whoever had one until just now has written its row.
    """
    parameters = [
        list(part) for part in zip(*((one.caller, one.endpoint, one.key) for one in onces), strict=True)
    ]
    return {
        _scope(caller, endpoint, key): _First(*said)
        for caller, endpoint, key, *said in (rows(_FIND, parameters) if onces else ())
    }


def _remember(answers: Sequence[tuple[_Once, HttpResponse]]) -> None:
    if not answers:
        return
    written = [
        (
            once.caller,
            once.endpoint,
            once.key,
            once.fingerprint,
            response.status_code,
            orjson.dumps(dict(response.items())).decode(),
            response.content,
        )
        for once, response in answers
    ]
    change(_REMEMBER, [list(column) for column in zip(*written, strict=True)])


def _scope(caller: str, endpoint: str, key: str) -> str:
    return f"{caller}\0{endpoint}\0{key}"


def _replay(first: _First) -> HttpResponse:
    headers = {**orjson.loads(first.headers), REPLAYED: "true"}
    return HttpResponse(bytes(first.body), status=first.status, headers=headers)


def _rendered(response: HttpResponseBase, request: Request) -> HttpResponse:
    """The answer's bytes, now: DRF would render after the view, when the transaction is over."""
    if not isinstance(response, HttpResponse):
        raise TypeError("a streamed answer can't be remembered")
    if isinstance(response, Response) and not response.is_rendered:
        renderer = getattr(request, "accepted_renderer", None) or OrjsonRenderer()
        context = {"request": request, "view": (request.parser_context or {}).get("view")}
        response.accepted_renderer = renderer
        response.accepted_media_type = renderer.media_type
        setattr(response, "renderer_context", context)  # noqa: B010  DRF's stubs lack it
        response.render()
    return response


def _checked(key: str) -> str:
    if not (1 <= len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput(
            f"{HEADER} must have 1 to {_LONGEST_KEY} printable ASCII characters",
            code="invalid_idempotency_key",
        )
    return key


def _fingerprint(request: Request) -> str:
    """A digest of all that is asked for; white space and the order of names in the JSON are no part of it."""
    # A number that no double carries is a Decimal; it will be refused, but under this key.
    asked = orjson.dumps(request.data, default=str, option=orjson.OPT_SORT_KEYS)
    query = sorted((name, values) for name, values in request.query_params.lists())
    parts = (str(request.method).encode(), request.path.encode(), orjson.dumps(query), asked)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
