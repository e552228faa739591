"""Counting attempts to sign in, so that passwords can't be guessed, nor accounts be locked.

Three counts, each over a quarter of an hour from its first attempt:

- of one account from one address: what somebody needs who has forgotten which password it was;
- of one address, whatever the account: where it is known;
- of one account, whatever the address: against guesses spread over many. Where the account has been signed
  in before it is no limit, so that nobody can keep its owner out from elsewhere.

An attempt is counted before the password is looked at, by the statement that decides: a hundred at the
same moment are a hundred. What was right is taken off again, and so is what was refused: it was none.
Accounts are counted by the address that was typed, whether or not there is such a user.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.utils.crypto import salted_hmac

from config.identity.errors import TooManyFailures
from config.identity.models import AttemptCount, SignIn, User

WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS = 5
PER_ADDRESS = 100
PER_ACCOUNT = 50

# The decision is the write: of any number at the same moment each gets a figure of its own.
_COUNT = """
    INSERT INTO identity_attemptcount AS known (key, count, until)
    VALUES (%(key)s, 1, now() + make_interval(secs => %(seconds)s))
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN known.until <= now() THEN 1 ELSE known.count + 1 END,
        until = CASE WHEN known.until <= now() THEN excluded.until ELSE known.until END
    RETURNING count, EXTRACT(EPOCH FROM until - now())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    key: str
    most: int
    is_the_accounts: bool = True
    spares_known_addresses: bool = False


@contextmanager
def counted_attempt(*, email: str, address: str) -> Iterator[None]:
    """Around the look at a password: what is raised inside makes it a failure, all else a success.

    A success takes the failures of the account off: those from this address, and those from anywhere. Not
    to be used inside of a transaction, whose end might take the count back.

    *Locks* each count for one statement. *Refuses* one attempt too many (``TooManyFailures``), without
    looking. *Announces* nothing.
    """
    limits = _limits(email, address)
    counted: list[_Limit] = []
    for limit in limits:
        counted.append(limit)
        wait = _count(limit)
        if wait and not (limit.spares_known_addresses and _is_known(email, address)):
            _take_off(counted)
            raise TooManyFailures(retry_after=wait)
    yield
    _take_off(counted)
    AttemptCount.objects.filter(key__in=[limit.key for limit in limits if limit.is_the_accounts]).delete()


def _limits(email: str, address: str) -> list[_Limit]:
    account = email.strip().lower()
    here = _Limit(key=_key("account and address", account, address), most=PER_ACCOUNT_AND_ADDRESS)
    anybody_here = _Limit(key=_key("address", address), most=PER_ADDRESS, is_the_accounts=False)
    anywhere = _Limit(key=_key("account", account), most=PER_ACCOUNT, spares_known_addresses=True)
    return [here, anybody_here, anywhere] if address else [here, anywhere]


def _key(*parts: str) -> str:
    # With our secret: e-mail addresses are guessed as easily as read.
    return salted_hmac("config.identity.attempts", "\0".join(parts), algorithm="sha256").hexdigest()


def _count(limit: _Limit) -> int:
    """Count one more; the seconds to wait if that is one too many, else none."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": limit.key, "seconds": WINDOW.total_seconds()})
        row = cursor.fetchone()
    assert row is not None  # noqa: S101  RETURNING gives one
    count, seconds = row
    return max(1, math.ceil(seconds)) if count > limit.most else 0


def _take_off(limits: list[_Limit]) -> None:
    for limit in limits:
        AttemptCount.objects.filter(key=limit.key, count__gt=0).update(count=F("count") - 1)


def _is_known(email: str, address: str) -> bool:
    users = User.objects.with_email(email.strip())
    return SignIn.objects.filter(user__in=users, address=address).exists()
