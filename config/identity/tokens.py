"""JSON Web Tokens: making and checking them. They are signed, not stored.

Belongs here: the claims and what makes a token hold. Does not belong here: where a request carries one
(``config.identity.authentication``), signing in and out, and which refresh token has been used
(``config.identity.services``).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeGuard, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token

from config.identity.errors import InvalidToken, TokenExpired, TokenRevoked
from config.identity.models import SignIn, User
from config.kernel.ids import MAX_ID_LENGTH
from config.kernel.statements import Prepared, row

ROLE_CLAIM = "role"
#: The sign-in that a token came of. One that was issued without signing in bears none.
SIGN_IN_CLAIM = "sid"

#: Ours have about 300 characters; nobody gets us to verify megabytes.
LONGEST_TOKEN = 4096

#: Tokens of which it is remembered that we have signed them.
_REMEMBERED = 4096

T = TypeVar("T", bound=Token)

_FIELDS = [field.attname for field in User._meta.concrete_fields]
# Each request asks it; to make up the SQL anew would take longer than all else that is done with a token.
_HOLDER = Prepared(f"""
SELECT {", ".join(f'holder."{field.column}"' for field in User._meta.concrete_fields)},
       %(sign_in)s = '' OR EXISTS (
           SELECT 1 FROM identity_signin AS sign_in
           WHERE sign_in.id = %(sign_in)s AND sign_in.user_id = holder.id AND sign_in.ended_at IS NULL)
FROM identity_user AS holder WHERE holder.id = %(user)s AND holder.is_active
""")  # noqa: S608  columns of our own


class RefreshToken(Token):
    """A refresh token. The library's own looks into the blacklist whenever one is read; here that is asked
    once, where the answer decides."""

    token_type = "refresh"  # noqa: S105  the kind of token, no secret
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """An access token that holds: whose it is, until when (seconds since 1970), and the id of the sign-in
    that it came of, empty where it came of none."""

    user: User
    expires_at: float
    sign_in: str


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a refresh token says that we have signed. Whether it still counts is not said by it."""

    id: str
    user_id: str
    sign_in: str
    expires_at: dt.datetime


def issue_token(*, user: User, sign_in: SignIn | None = None) -> str:
    """An access token for ``user``: claims ``userId``, ``role``, ``exp``, ``jti``, and ``sid`` with a
    sign-in, with which it ends."""
    token = AccessToken.for_user(user)
    token[ROLE_CLAIM] = user.role
    if sign_in is not None:
        token[SIGN_IN_CLAIM] = sign_in.pk
    return str(token)


def issue_refresh_token(*, sign_in: SignIn) -> str:
    """A refresh token of ``sign_in``, good once."""
    token = RefreshToken()
    token[api_settings.USER_ID_CLAIM] = sign_in.user_id
    token[SIGN_IN_CLAIM] = sign_in.pk
    return str(token)


def verify_access_token(token: str) -> VerifiedToken:
    """Whose token this is, as the database knows them now. One query.

    Raises ``TokenExpired``; ``TokenRevoked`` where the sign-in has ended; ``InvalidToken`` for all else: a
    signature or algorithm that is not ours, a claim that is missing, a user who is gone, inactive, or no
    longer in the role that the token names.
    """
    claims = _claims(token, AccessToken)
    user_id, role = claims.get(api_settings.USER_ID_CLAIM), claims.get(ROLE_CLAIM)
    sign_in = claims.get(SIGN_IN_CLAIM, "")
    if not _is_id(user_id) or not (sign_in == "" or _is_id(sign_in)):
        raise InvalidToken
    found = row(_HOLDER, {"user": user_id, "sign_in": sign_in})
    if found is None:
        raise InvalidToken
    *fields, lasts = found
    user = User.from_db(DEFAULT_DB_ALIAS, _FIELDS, fields)
    if user.role != role:
        raise InvalidToken
    if not lasts:
        raise TokenRevoked
    return VerifiedToken(user, float(claims["exp"]), sign_in)


def verify_token(token: str) -> User:
    """The user whose token this is. Raises as ``verify_access_token``."""
    return verify_access_token(token).user


def read_refresh_token(token: str) -> RefreshClaims:
    """What a refresh token of ours says. Raises ``TokenExpired``; ``InvalidToken`` for all else that is none.

    The database is not asked.
    """
    claims = _claims(token, RefreshToken)
    token_id, user_id = claims.get(api_settings.JTI_CLAIM), claims.get(api_settings.USER_ID_CLAIM)
    sign_in = claims.get(SIGN_IN_CLAIM)
    if not (_is_id(token_id) and _is_id(user_id) and _is_id(sign_in)):
        raise InvalidToken
    return RefreshClaims(token_id, user_id, sign_in, dt.datetime.fromtimestamp(claims["exp"], tz=dt.UTC))


def _claims(token: str, kind: type[T]) -> Mapping[str, Any]:
    if not token.isascii() or len(token) > LONGEST_TOKEN:
        raise InvalidToken
    claims = _signed_claims(token, cast("Any", kind))
    # What was signed stays so; whether it has expired meanwhile does not.
    if claims["exp"] <= time.time():
        raise TokenExpired
    return claims


@lru_cache(_REMEMBERED)
def _signed_claims(token: str, kind: type[T]) -> Mapping[str, Any]:
    """What a token says that we have signed; who comes again with it need not prove that again."""
    try:
        # Its text, though it is annotated as a token.
        return kind(cast("Any", token)).payload
    except ExpiredTokenError:
        raise TokenExpired from None
    except (TokenError, ValueError, TypeError, OverflowError):
        # Beside its own error the library lets through what a signed claim of the wrong type causes.
        raise InvalidToken from None


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH and "\0" not in value
