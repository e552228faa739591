"""Tickets: credentials for one connection, for the clients that can put theirs nowhere but into the URL.

A URL ends up in logs; a ticket that is found there was used, or has expired. Belongs here: making, keeping
and redeeming them. Does not belong here: where a request carries one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from config.identity.errors import InvalidTicket
from config.identity.models import SignIn, User

LIFETIME = dt.timedelta(seconds=30)
#: Says what it is to whoever finds one lying about.
MARK = "swt_"

_RANDOM_BYTES = 32
_LONGEST_TICKET = 128
#: Old tickets that a new one removes at most: two make more than one could.
_REMOVED_AT_ONCE = 100

_KEEP = """
    INSERT INTO identity_ticket (digest, user_id, sign_in, credentials_expire_at, expires_at)
    VALUES (%(digest)s, %(user)s, %(sign_in)s, %(end)s, least(clock_timestamp() + %(lifetime)s, %(end)s))
    RETURNING expires_at
"""
# One statement: of two that redeem at the same instant the second waits for the first, and finds nothing.
_TAKE = """
    DELETE FROM identity_ticket WHERE digest = %s
    RETURNING user_id, sign_in, credentials_expire_at, expires_at > clock_timestamp()
"""
_REMOVE_OLD = """
    DELETE FROM identity_ticket WHERE digest IN (
        SELECT digest FROM identity_ticket WHERE expires_at <= clock_timestamp()
        LIMIT %s FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A new ticket. ``text`` is the ticket itself: shown now, and known to nobody ever after."""

    text: str = field(repr=False)
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whom a ticket lets in, until when the credentials hold that asked for it, and the sign-in that they
    came of (empty: of none)."""

    user: User
    credentials_expire_at: dt.datetime
    sign_in: str


def issue_ticket(*, user: User, credentials_expire_at: dt.datetime, sign_in: str = "") -> IssuedTicket:
    """A ticket for ``user``, good once and for ``LIFETIME``; those that have expired are removed in passing.

    *Locks* nothing that anybody waits for. *Refuses* nothing. *Announces* nothing.
    """
    text = MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    row: dict[str, Any] = {
        "digest": _digest_of(text),
        "user": user.pk,
        "sign_in": sign_in,
        "end": credentials_expire_at,
        "lifetime": LIFETIME,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_OLD, [_REMOVED_AT_ONCE])
        cursor.execute(_KEEP, row)
        (expires_at,) = cursor.fetchone()
    return IssuedTicket(text, expires_at)


def redeem_ticket(text: str) -> Admitted:
    """Whom this ticket lets in, as the database knows them now; from here on it lets in nobody.

    *Locks* the ticket's row, in the statement that removes it. *Refuses* (``InvalidTicket``) one that is not
    ours, was used, has expired, whose user is gone or inactive, or whose sign-in has ended. *Announces*
    nothing.
    """
    if not text.isascii() or not text.startswith(MARK) or len(text) > _LONGEST_TICKET:
        raise InvalidTicket
    taken = _take(_digest_of(text))
    if taken is None:
        raise InvalidTicket
    user_id, sign_in, credentials_expire_at = taken
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or (sign_in and not SignIn.objects.living().filter(pk=sign_in).exists()):
        raise InvalidTicket
    return Admitted(user, credentials_expire_at, sign_in)


def _take(digest: str) -> tuple[str, str, dt.datetime] | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    *taken, is_good = row
    return tuple(taken) if is_good else None


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
