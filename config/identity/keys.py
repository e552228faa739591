"""API keys: what they look like, and whose a given one is. Only a digest of each is stored.

Belongs here: making and recognising keys. Does not belong here: who may have one (``services``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from config.identity.errors import InvalidKey, KeyRevoked
from config.identity.models import ApiKey

#: Says what it is to whoever finds one lying about, scanners for leaked secrets included.
MARK = "swk_"
#: How much of a key lists show: enough to tell two apart, far too little to guess the rest.
SHOWN = len(MARK) + 6

_RANDOM_BYTES = 32
_LONGEST_KEY = 128
_USED_RECENTLY = dt.timedelta(minutes=1)


def new_key() -> str:
    """A fresh key: 256 random bits, so that its digest needs no salt and no slow hash."""
    return MARK + secrets.token_urlsafe(_RANDOM_BYTES)


def digest_of(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def verify_api_key(key: str) -> ApiKey:
    """The key's record. Its ``last_used_at`` is brought up to date, once a minute at most.

    Raises ``InvalidKey``, ``KeyRevoked``.
    """
    if not key.isascii() or not key.startswith(MARK) or len(key) > _LONGEST_KEY:
        raise InvalidKey
    digest = digest_of(key)
    # The time that the index takes tells something about digests, and nothing about keys.
    record = ApiKey.objects.filter(digest=digest).first()
    if record is None or not hmac.compare_digest(record.digest, digest):
        raise InvalidKey
    if record.revoked_at is not None:
        raise KeyRevoked
    _note_use(record)
    return record


def _note_use(record: ApiKey) -> None:
    """One statement of its own, before the request's transaction; it never waits for another request's."""
    before = timezone.now() - _USED_RECENTLY
    if record.last_used_at is not None and record.last_used_at > before:
        return
    stale = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=record.pk)
    free = stale.select_for_update(skip_locked=True).values("pk")
    with transaction.atomic(savepoint=False):  # which Django wants for the lock
        ApiKey.objects.filter(pk__in=free).update(last_used_at=Now())
