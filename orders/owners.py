"""Whose cart it is: a customer's, or that of whoever holds a token. The cart's id follows from that.

So everybody has a cart before anything lies in it, under the id that it will keep, and reading it writes
nothing. Of a token only a digest is stored. Pure: no database, no request.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from orders.errors import InvalidCartToken

_MARK = "swc_"
_RANDOM_BYTES = 32
#: What ``secrets.token_urlsafe`` makes of so many bytes.
_TOKEN = re.compile(rf"{_MARK}[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CartOwner:
    """Exactly one of the two is there."""

    user_id: str | None = None
    token_digest: str | None = None

    @classmethod
    def customer(cls, user_id: str) -> CartOwner:
        return cls(user_id=user_id)

    @classmethod
    def guest(cls, token: str) -> CartOwner:
        """The holder of ``token``. Refuses: a text that can't be a token of ours (``InvalidCartToken``)."""
        if not _TOKEN.fullmatch(token):
            raise InvalidCartToken
        return cls(token_digest=hashlib.sha256(token.encode()).hexdigest())

    @property
    def cart_id(self) -> str:
        """The id of this owner's cart, whether or not anything ever lay in it."""
        whose = f"user {self.user_id}" if self.user_id is not None else f"token {self.token_digest}"
        return f"cart_{hashlib.blake2b(whose.encode(), digest_size=13).hexdigest()}"


def new_cart_token() -> str:
    """A guest's token: 256 random bits, so that its digest needs no salt."""
    return _MARK + secrets.token_urlsafe(_RANDOM_BYTES)
