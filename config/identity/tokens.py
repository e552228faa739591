"""JSON Web Tokens: making and checking them. They are signed, not stored.

Belongs here: the claims and what makes a token hold. Does not belong here: where a request carries one
(``config.identity.authentication``), refresh tokens and signing in.
"""

from __future__ import annotations

from typing import Any, cast

from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from config.identity.errors import InvalidToken, TokenExpired
from config.identity.models import User
from config.kernel.ids import MAX_ID_LENGTH

ROLE_CLAIM = "role"

#: Ours have about 300 characters; nobody gets us to verify megabytes.
_LONGEST_TOKEN = 4096


def issue_token(*, user: User) -> str:
    """An access token for ``user``: claims ``userId``, ``role``, ``exp``, ``jti``."""
    token = AccessToken.for_user(user)
    token[ROLE_CLAIM] = user.role
    return str(token)


def verify_token(token: str) -> User:
    """The user whose token this is, as the database knows them now.

    Raises ``TokenExpired``; ``InvalidToken`` for all else: a signature or algorithm that is not ours, a
    claim that is missing, a user who is gone, inactive, or no longer in the role that the token names.
    """
    claims = _claims(token)
    user_id, role = claims.get(api_settings.USER_ID_CLAIM), claims.get(ROLE_CLAIM)
    if not isinstance(user_id, str) or not 0 < len(user_id) <= MAX_ID_LENGTH or "\0" in user_id:
        raise InvalidToken
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or user.role != role:
        raise InvalidToken
    return user


def _claims(token: str) -> AccessToken:
    if not token.isascii() or len(token) > _LONGEST_TOKEN:
        raise InvalidToken
    try:
        return AccessToken(cast("Any", token))  # the text, though it is annotated as a token
    except ExpiredTokenError:
        raise TokenExpired from None
    except (TokenError, ValueError, TypeError, OverflowError):
        # Beside its own error the library lets through what a signed claim of the wrong type causes.
        raise InvalidToken from None
