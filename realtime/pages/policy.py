"""What a page may load and run, said to the browser, which holds it to that."""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpResponseBase

R = TypeVar("R", bound=HttpResponseBase)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def with_policy(response: R, *, images: str = "'self'") -> R:
    """``response``, which runs no script but ours, and which no cache keeps unasked."""
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(images=images)
    response["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-cache")
    return response
