"""The sign-in cookie: the access token once more, for sockets of pages that send none.

It counts at a socket's handshake from an allowed origin, and nowhere else: no request over REST is judged by
it, so it needs no CSRF protection.
"""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework_simplejwt.settings import api_settings

R = TypeVar("R", bound=HttpResponseBase)

SIGN_IN_COOKIE = "stockwire_token"
#: The answers that set or clear it.
PATHS = frozenset(f"/api/auth/{name}" for name in ("register", "login", "refresh", "logout"))


def set_sign_in_cookie(response: R, *, token: str, request: HttpRequest) -> R:
    """``response`` with the cookie, which lives as long as the token in it."""
    response.set_cookie(
        SIGN_IN_COOKIE,
        token,
        max_age=api_settings.ACCESS_TOKEN_LIFETIME,
        # As the admin's cookie in production; on a loopback without TLS a browser would drop a secure one.
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def clear_sign_in_cookie(response: R) -> R:
    """``response`` that takes the cookie away."""
    response.delete_cookie(SIGN_IN_COOKIE, samesite="Lax")
    return response
