"""Where a request carries its credentials. What makes them hold is in ``tokens`` and ``keys``.

A credential that is there and doesn't hold is always a 401: a client whose token has expired must hear
it, and not be served as a stranger.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from config.identity.keys import verify_api_key
from config.identity.models import ApiKey, User
from config.identity.sessions import has_ended
from config.identity.tokens import VerifiedToken, verify_access_token
from config.kernel.errors import NotAuthenticated


class _HeaderAuthentication(authentication.BaseAuthentication):
    """``Authorization: <scheme> <credential>``."""

    scheme: str

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.headers.get("Authorization")
        if header is None or _scheme(header) != self.scheme.lower():
            return None
        credential = header.strip()[len(self.scheme) :].strip()
        try:
            return self.verify(credential)
        except NotAuthenticated as error:
            # DRF leaves the request in order only after an exception of its own.
            raise exceptions.AuthenticationFailed(error.message, code=error.code) from error

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  DRF's signature
        return f'{self.scheme} realm="stockwire"'

    def verify(self, credential: str) -> tuple[Any, Any]:
        raise NotImplementedError


class JWTAuthentication(_HeaderAuthentication):
    """``Authorization: Bearer <JWT>``. The sign-in cookie bears the same token, and is not read."""

    scheme = "Bearer"

    def verify(self, credential: str) -> tuple[User, VerifiedToken]:
        verified = verify_access_token(credential)
        return verified.user, verified


class ApiKeyAuthentication(_HeaderAuthentication):
    """``Authorization: Api-Key <key>``. The request then has a key (``auth``) and no user."""

    scheme = "Api-Key"

    def verify(self, credential: str) -> tuple[AnonymousUser, ApiKey]:
        return AnonymousUser(), verify_api_key(credential)


class SessionAuthentication(authentication.SessionAuthentication):
    """The admin's own cookie, for staff, with CSRF protection on whatever changes something.

    It stands last: beside an ``Authorization`` header the cookie counts for nothing, and a scheme that
    nobody before it took is refused here.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if request.headers.get("Authorization") is not None:
            raise exceptions.AuthenticationFailed(
                "Authorization must be Bearer or Api-Key", code="unsupported_credentials"
            )
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            # Not even looked at: the answer would bear `Vary: Cookie`, and no cache could keep it for two.
            return None
        user = getattr(request._request, "user", None)
        if not isinstance(user, User) or not user.is_active or not user.is_staff:
            return None
        if has_ended(request._request):
            return None
        self.enforce_csrf(request)
        return user, None

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise exceptions.PermissionDenied(
                "The CSRF token is missing or wrong", code="csrf_failed"
            ) from error


def _scheme(header: str) -> str:
    return header.strip().split(" ", 1)[0].lower()
