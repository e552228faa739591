"""Lets pages of other origins of this site be given the sign-in cookie."""

from __future__ import annotations

from collections.abc import Callable

from corsheaders.middleware import ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN
from django.http import HttpRequest, HttpResponseBase

from config.identity.cookies import PATHS


class SignInCookieMiddleware:
    """Allows credentials, to origins that CORS has allowed, on the paths that set the cookie.

    A browser takes no cookie from an answer across origins without it. Everywhere else credentials stay
    forbidden, so that no other page reads anything by the admin's session: these paths judge what is in the
    body, and no cookie. It stands outside of CORS, preflights included.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.path_info in PATHS and response.get(ACCESS_CONTROL_ALLOW_ORIGIN, "*") != "*":
            response[ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        return response
