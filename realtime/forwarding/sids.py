"""Ids of sessions that tell which process has them, to us and to nobody who would make one up."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.utils.crypto import salted_hmac

#: Bytes: of the process's name, of what nobody guesses, of the signature. Together 32 characters.
_OWNER, _RANDOM, _SIGNATURE = 6, 9, 9
_FORM = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
_SALT = "realtime.forwarding.sid"


def new_sid(process: str) -> str:
    """An id for a session of ``process``. Whoever knows it is taken for the session's client."""
    named = bytes.fromhex(process) + secrets.token_bytes(_RANDOM)
    return urlsafe_b64encode(named + _signature(named)).decode()


def owner_of(sid: str) -> str | None:
    """The process that has, or had, the session; nothing for an id that none of ours has given."""
    if _FORM.fullmatch(sid) is None:
        return None
    whole = urlsafe_b64decode(sid)
    named, signature = whole[:-_SIGNATURE], whole[-_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(named)):
        return None
    return named[:_OWNER].hex()


def _signature(named: bytes) -> bytes:
    return salted_hmac(_SALT, named, algorithm="sha256").digest()[:_SIGNATURE]
