"""The last net: no error leaves for an API client in any shape but ours."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from config.api.errors import error_response, is_page

_FIRST_ERROR = 400
_JSON = re.compile(r"application/([\w.-]+\+)?json\b")
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class ErrorShapeMiddleware(MiddlewareMixin):
    """Rewrites an error that is not JSON: a plain view's 405, a debug page, another middleware's refusal.

    Pages for people (``config.api.errors.is_page``) stay as they are. It stands outside of everything
    that may refuse by itself, and inside CORS, whose headers an error bears too.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code < _FIRST_ERROR or is_page(request):
            return response
        if _JSON.match(response.get("Content-Type", "")):
            return response
        shaped = error_response(response.status_code)
        for name in _KEPT_HEADERS:
            if name in response:
                shaped[name] = response[name]
        return shaped
