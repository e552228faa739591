"""The natural key of an operation: a reference, such as an order's id, has one effect of a kind for ever.

An advisory lock answers those who come while the first is at work; the row answers those who come
after; the unique constraint stands behind both.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from config.kernel.errors import InProgress, KeyReused, StockwireError
from config.kernel.statements import Prepared, rows
from inventory.ledger.requests import Want, add_up


class Claim(Protocol):
    """Somebody wants to do ``kind`` under ``reference``, if any; ``fingerprint`` digests what exactly.

    A ``new_reference`` needs no claim: it was made at random, and the unique constraint stands behind it.
    """

    @property
    def kind(self) -> str: ...
    @property
    def reference(self) -> str | None: ...
    @property
    def new_reference(self) -> bool: ...
    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """It was done before: the operation, what was answered, and when."""

    operation_id: str
    answer: str
    recorded_at: dt.datetime


def fingerprint_of(wants: Iterable[Want], *more: str) -> str:
    """The same for the same variants, quantities and locations, in whatever order they were sent."""
    parts = [[want.variant_id, want.location_id, want.quantity] for want in add_up(wants)]
    return hashlib.sha256(orjson.dumps([parts, more])).hexdigest()


# The lock is tried and the row looked up in one statement, which may see neither: the first one ends
# in between. Then the unique constraint refuses, and that is answered as "in progress".
_CLAIM = Prepared(
    """
SELECT claim.kind, claim.reference, pg_try_advisory_xact_lock(claim.lock),
       operation.id, operation.fingerprint, operation.answer, operation.recorded_at
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS claim(kind, reference, lock)
LEFT JOIN inventory_stockoperation AS operation
    ON operation.kind = claim.kind AND operation.reference = claim.reference
"""
)


def claim_all(claims: Sequence[Claim]) -> Mapping[tuple[str, str | None], Remembered | StockwireError]:
    """Claim references for this transaction, in one statement.

    Returns those that were not free: what is remembered of them, ``InProgress`` where somebody is at
    it, ``KeyReused`` where it was something else.
    """
    fingerprints = {
        (claim.kind, claim.reference): claim.fingerprint
        for claim in claims
        if claim.reference is not None and not claim.new_reference
    }
    if not fingerprints:
        return {}
    claimed = rows(
        _CLAIM,
        [
            [kind for kind, _ in fingerprints],
            [reference for _, reference in fingerprints],
            [_lock_number(kind, reference) for kind, reference in fingerprints],
        ],
    )
    taken: dict[tuple[str, str | None], Remembered | StockwireError] = {}
    for kind, reference, locked, operation_id, fingerprint, answer, recorded_at in claimed:
        if operation_id is not None and fingerprint == fingerprints[kind, reference]:
            taken[kind, reference] = Remembered(operation_id, answer, recorded_at)
        elif operation_id is not None:
            taken[kind, reference] = KeyReused("This reference was used with other items")
        elif not locked:
            taken[kind, reference] = InProgress()
    return taken


def _lock_number(kind: str, reference: str) -> int:
    digest = hashlib.blake2b(f"stock {kind} {reference}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
