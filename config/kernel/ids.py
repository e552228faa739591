"""Ids: a prefix that names the kind, and 26 characters of which the first ten are the time.

The random part follows the ULID layout (48 bits of milliseconds, 80 bits of randomness,
Crockford's base 32, https://github.com/ulid/spec), in lower case.
"""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

#: The longest id that we take from outside (imports keep the ids that records already have).
MAX_ID_LENGTH = 64


def _encode(value: int, length: int) -> str:
    characters = []
    for _ in range(length):
        value, index = divmod(value, 32)
        characters.append(_ALPHABET[index])
    return "".join(reversed(characters))


def new_id(prefix: str) -> str:
    """A new id such as ``prod_01jd3v8n6s…``; ids made later sort later, to the millisecond."""
    return f"{prefix}_{_encode(time.time_ns() // 1_000_000, 10)}{_encode(secrets.randbits(80), 16)}"
