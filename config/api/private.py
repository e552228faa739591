"""Answers that are one caller's own.

Belongs here: what caches are told of them. Does not belong here: whose they are.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class PrivateAnswers(APIView):
    """A view whose answers no shared cache keeps, refusals neither. It stands before ``ApiViewSet``."""

    cache_control: ClassVar[str] = "private, no-cache"
    #: The headers that say who asks.
    vary_by: ClassVar[tuple[str, ...]] = ("Authorization", "Cookie")

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]  # any response
        final["Cache-Control"] = self.cache_control
        patch_vary_headers(final, self.vary_by)
        return final
