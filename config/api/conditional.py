"""Conditional requests (RFC 9110, 13): 304 for a reader who is up to date, 412 for a writer who is not.

Belongs here: the headers and their precedence. Does not belong here: what an ETag is made of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpResponseBase
from django.utils.http import http_date, parse_etags, parse_http_date_safe, quote_etag
from rest_framework.request import Request
from rest_framework.response import Response

from config.kernel.errors import PreconditionFailed

R = TypeVar("R", bound=HttpResponseBase)
T = TypeVar("T")

_SAFE = frozenset({"GET", "HEAD"})


def stamp(response: R, *, etag: str | None = None, last_modified: dt.datetime | None = None) -> R:
    """``response`` with the validators that a client may come back with.

    ``etag`` is plain or quoted, and strong.
    """
    if etag is not None:
        response["ETag"] = quote_etag(etag)
    if last_modified is not None:
        response["Last-Modified"] = http_date(last_modified.timestamp())
    return response


def not_modified(
    request: Request, *, etag: str | None = None, last_modified: dt.datetime | None = None
) -> Response | None:
    """A 304 if the client has this already, else ``None``.

    ``If-None-Match`` decides where it is sent (``*``, lists, weak comparison); ``If-Modified-Since``
    counts only without it, since its seconds can't tell two changes within one apart.
    """
    if request.method not in _SAFE:
        return None
    known = request.headers.get("If-None-Match")
    if known is not None:
        fresh = etag is not None and _weakly_in(quote_etag(etag), parse_etags(known))
    else:
        since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
        fresh = since is not None and last_modified is not None and int(last_modified.timestamp()) <= since
    return stamp(Response(status=304), etag=etag, last_modified=last_modified) if fresh else None


def require_match(request: Request, *, etag: str) -> None:
    """Hold a write to the version that its writer has read; without ``If-Match`` anything goes.

    Raises ``PreconditionFailed`` with the present ETag. Only strong tags match.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None:
        return
    present = quote_etag(etag)
    tags = parse_etags(wanted)
    if tags != ["*"] and present not in tags:
        raise PreconditionFailed(extra={"etag": present})


def expected_match(request: Request, etag_of: Callable[[T], str]) -> Callable[[T], None] | None:
    """The same for a service that asks under its lock: called with what is there, it refuses as
    ``require_match`` does. ``None`` without ``If-Match``."""
    if "If-Match" not in request.headers:
        return None
    return lambda present: require_match(request, etag=etag_of(present))


def _weakly_in(etag: str, tags: list[str]) -> bool:
    return tags == ["*"] or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags}
