"""Who is calling: a request's credentials as the services, the ledger and the kit know them."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request

from config.identity.keys import verify_api_key
from config.identity.models import ApiKey, User
from config.identity.tickets import redeem_ticket
from config.identity.tokens import VerifiedToken, verify_access_token, verify_token
from config.kernel.actors import Actor
from config.kernel.errors import NotAuthenticated

__all__ = [
    "actor_of",
    "api_key_of",
    "caller_key",
    "redeem_ticket",
    "require_user",
    "sign_in_of",
    "user_of",
    "verify_access_token",
    "verify_api_key",
    "verify_token",
]


def user_of(request: Request) -> User | None:
    """The user who signed in, if one did."""
    return request.user if isinstance(request.user, User) else None


def require_user(request: Request) -> User:
    """The user who signed in. Refuses, as ``NotAuthenticated``, where none did."""
    user = user_of(request)
    if user is None:
        raise NotAuthenticated
    return user


def api_key_of(request: Request) -> ApiKey | None:
    """The API key that the request came with, if it did."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def sign_in_of(request: Request) -> str:
    """The id of the sign-in that the request's token came of; empty where it came of none."""
    return request.auth.sign_in if isinstance(request.auth, VerifiedToken) else ""


def actor_of(request: Request) -> Actor:
    """The doer: a user, a service, or, without credentials, ``open`` in open mode and else ``guest``."""
    key = api_key_of(request)
    if key is not None:
        return Actor(kind="service", id=key.pk)
    user = user_of(request)
    if user is not None:
        return Actor(kind="user", id=user.pk)
    return Actor(kind="open" if settings.STOCKWIRE_OPEN_WRITES else "guest")


def caller_key(request: Request) -> str:
    """The scope of what one caller owns, such as idempotency keys. All without credentials share one."""
    return str(actor_of(request))
