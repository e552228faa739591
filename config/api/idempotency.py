"""One effect for one key, however often the request comes.

Belongs here: the key's row in the transaction of its effect, and the replay. Does not belong here: the
natural unique keys behind it (an order's reference, a provider's event id), which outlive the key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.callers import caller_key
from config.api.json import OrjsonRenderer
from config.api.models import IdempotencyKey
from config.kernel.errors import InProgress, InvalidInput, KeyReused
from config.kernel.statements import Prepared, change, row
from config.kernel.transactions import in_transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = dt.timedelta(days=7)

_LONGEST_KEY = 255
_FIRST_REFUSAL = 400
_PRUNED_AT_ONCE = 5000


_LOCK = Prepared("SELECT pg_try_advisory_xact_lock(%s::bigint)")
_FIND = Prepared(
    "SELECT fingerprint, status, headers::text, body FROM api_idempotencykey "
    "WHERE caller = %s AND endpoint = %s AND key = %s"
)
_REMEMBER = Prepared(
    "INSERT INTO api_idempotencykey (caller, endpoint, key, fingerprint, status, headers, body) "
    "VALUES (%s, %s, %s, %s, %s::smallint, %s::jsonb, %s::bytea)"
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
        return f"{self.caller}\0{self.endpoint}\0{self.key}"


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


def first_answer(request: Request, *, endpoint: str) -> HttpResponseBase | None:
    """The first answer to this request again, if it came with a key before and was answered.

    For what can't be done within the key's transaction, since it reaches out of the house: it asks here
    first, does it under a natural key of its own (``request_key``), and has ``answer_once`` write its end.

    *Locks* nothing. *Refuses* as ``answer_once``, but for a request that is still running.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    first = _find(once := _once(request, endpoint, key))
    if first is not None and first.fingerprint != once.fingerprint:
        raise KeyReused
    return _replay(first) if first is not None else None


def request_key(request: Request, *, endpoint: str) -> str | None:
    """The request's key together with its scope, as a text that can be kept unique; ``None`` without one."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    return hashlib.sha256(_once(request, endpoint, key).scope.encode()).hexdigest()


def prune_idempotency_keys() -> int:
    """Forget the keys that are older than ``KEPT``, a few thousand at a time; how many there were.

    *Locks* the rows that it deletes. *Refuses* nothing. *Announces* nothing.
    """
    deleted = 0
    while True:
        old = IdempotencyKey.objects.filter(created_at__lt=Now() - KEPT).order_by("created_at")
        some = list(old.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
        count, _ = IdempotencyKey.objects.filter(pk__in=some).delete()
        deleted += count
        if count < _PRUNED_AT_ONCE:
            return deleted


def _answer(request: Request, once: _Once, effect: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    _lock(once)
    first = _find(once)
    if first is not None:
        if first.fingerprint != once.fingerprint:
            raise KeyReused
        return _replay(first)
    response = _rendered(effect(), request)
    if response.status_code >= _FIRST_REFUSAL:
        transaction.set_rollback(True)
    else:
        _remember(once, response)
    return response


def _once(request: Request, endpoint: str, key: str) -> _Once:
    return _Once(
        caller=caller_key(request), endpoint=endpoint, key=_checked(key), fingerprint=_fingerprint(request)
    )


def _lock(once: _Once) -> None:
    if row(_LOCK, [once.lock_number()]) != (True,):
        raise InProgress


def _find(once: _Once) -> _First | None:
    # A statement of its own: it has to see what was committed until the lock was there.
    found = row(_FIND, [once.caller, once.endpoint, once.key])
    return _First(*found) if found else None


def _remember(once: _Once, response: HttpResponse) -> None:
    headers = orjson.dumps(dict(response.items())).decode()
    said = [once.fingerprint, response.status_code, headers, response.content]
    change(_REMEMBER, [once.caller, once.endpoint, once.key, *said])


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
