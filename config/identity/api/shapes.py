"""What `/api/auth` answers, for the REST document; an example of each."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from config.api.openapi.shapes import Moment


class User(TypedDict):
    """Somebody with an account."""

    _id: str
    id: str
    name: str
    email: str
    phone: str
    role: Literal["customer", "admin", "tailor", "delivery"]


class Tokens(TypedDict):
    """`token` is a JWT (`userId`, `role`, `exp`, `jti`); `refreshToken` is good once."""

    token: str
    refreshToken: str


class SignedIn(Tokens):
    """Tokens, and whose they are."""

    user: User


class Ticket(TypedDict):
    """A credential for the URL of one connection: `/events?ticket=…`."""

    ticket: str
    expiresAt: Moment


_USER = {
    "_id": "usr_0mi6v2k9q3",
    "id": "usr_0mi6v2k9q3",
    "name": "Mona Adel",
    "email": "mona@example.com",
    "phone": "+20 100 555 0142",
    "role": "customer",
}
_TOKENS = {
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJ1c3IifQ.c2ln",
    "refreshToken": "eyJhbGciOiJIUzI1NiJ9.e30.cg",
}

EXAMPLES: dict[Any, Any] = {
    User: _USER,
    Tokens: _TOKENS,
    SignedIn: {**_TOKENS, "user": _USER},
    Ticket: {"ticket": "tk_9wq1c0d4", "expiresAt": "2026-11-21T10:00:30.000Z"},
}
