"""What a person sees at an address that leads nowhere: a page of the shop, in their language.

Programs get the contract's error instead; who is which, ``config.api.errors.is_page`` knows. What can be
shown while nothing works is not here: those pages have no frame (``templates/503.html`` and its like).
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from config.api import errors
from config.kernel.errors import NotFound
from realtime.pages.page import Page


class Lost(Page):
    """That there is no such page, whatever was asked of it."""

    def get(self, request: HttpRequest) -> HttpResponseBase:  # noqa: ARG002  Django's signature
        return self.refuse(NotFound())

    post = put = patch = delete = options = get


_lost = Lost.as_view()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """``handler404``."""
    response = _lost(request) if errors.is_page(request) else errors.not_found(request, exception)
    patch_vary_headers(response, ("Accept",))
    return response
