"""The one error shape, on every path: refusals of services, DRF's, Django's, and what nobody expected.

Belongs here: which refusal is which status, and the bodies. Does not belong here: refusals themselves
(``config.kernel.errors`` and the apps' ``errors``).
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core import signals
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.template import loader
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config.api.json import write_json
from config.api.places import place_message, validation_details
from config.kernel import clock
from config.kernel.errors import (
    Conflict,
    InProgress,
    InvalidInput,
    ItemError,
    KeyReused,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    PayloadTooLarge,
    PreconditionFailed,
    RateLimited,
    StockwireError,
    Unavailable,
    Unreachable,
)

logger = logging.getLogger(__name__)

__all__ = [
    "bad_request",
    "batch_error_body",
    "csrf_failure",
    "error_body",
    "error_response",
    "exception_handler",
    "not_found",
    "permission_denied",
    "place_message",
    "server_error",
    "validation_details",
]

#: What a 401 asks for.
CHALLENGE = 'Bearer realm="stockwire", Api-Key realm="stockwire"'
#: The staff's pages.
CONSOLE = "/admin"
#: The pages for people, whoever asks for them.
HTML_PREFIXES = (
    "/admin/", "/p/", "/orders/", "/cart/", "/checkout/", "/wishlist/", "/notifications/", "/support/",
    "/account/", "/work/",
)  # fmt: skip
HTML_PATHS = frozenset(
    {
        "/", "/admin", "/own", "/sign-in", "/register", "/sign-out", "/language", "/account", "/cart",
        "/checkout", "/orders", "/wishlist", "/notifications", "/support", "/work",
    }
)  # fmt: skip
#: The contract's paths: data, whoever asks for them.
DATA_PATHS = ("/api", "/products", "/ws", "/events", "/socket.io")

RETRY_AFTER_SECONDS = 1

_STATUSES: tuple[tuple[type[StockwireError], int], ...] = (
    (InvalidInput, 400),
    (NotAuthenticated, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (Conflict, 409),
    (PreconditionFailed, 412),
    (PayloadTooLarge, 413),
    (KeyReused, 422),
    (RateLimited, 429),
    (Unreachable, 502),
    (Unavailable, 503),
)

_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
    502: "unreachable",
    503: "unavailable",
}
_TEXTS = {
    400: "The request can't be understood",
    401: "Sign in first",
    403: "You may not do this",
    404: "Not found",
    405: "This method is not allowed here",
    406: "Only application/json can be given",
    413: "The request body is too large",
    415: "Only application/json is taken",
    429: "Too many requests",
    500: "Something went wrong on our side",
    502: "A service that this needs can't be reached at the moment",
    503: "The service is not available at the moment",
}

_OURS = 500
_UNAVAILABLE = 503
_REWORDED = (exceptions.MethodNotAllowed, exceptions.UnsupportedMediaType, exceptions.Throttled)

#: SQLSTATEs that mean "too much at once" and not "gone".
_BUSY = frozenset({"40001", "40P01", "55P03", "57014"})


# ------------------------------------------------------------------------------------------- bodies


def error_body(
    *, message: str, code: str, details: Mapping[str, Sequence[str]] | None = None, **extra: Any
) -> dict[str, Any]:
    """The contract's error: ``error`` and ``message`` carry the same text."""
    body: dict[str, Any] = {"error": message, "message": message, "code": code}
    if details:
        body["details"] = {place: list(texts) for place, texts in details.items()}
    return {**body, **extra, "timestamp": clock.iso(clock.now())}


def batch_error_body(
    errors: Sequence[ItemError], *, message: str | None = None, code: str | None = None, **extra: Any
) -> dict[str, Any]:
    """The contract's error for several items; text and code are the first item's unless given."""
    message = message or errors[0].message
    return {
        "success": False,
        "error": message,
        "message": message,
        "code": code or errors[0].code,
        "errors": [{"item": e.item, "error": e.message, "code": e.code, **e.extra} for e in errors],
        **extra,
        "timestamp": clock.iso(clock.now()),
    }


def status_of(error: StockwireError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)


def headers_of(error: StockwireError) -> dict[str, str]:
    """The headers that a refusal's answer bears."""
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": CHALLENGE}
    if isinstance(error, InProgress | RateLimited):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, PreconditionFailed) and "etag" in error.extra:
        return {"ETag": str(error.extra["etag"])}
    return {}


def body_of(error: StockwireError) -> dict[str, Any]:
    """The body of a refusal's answer."""
    items: Sequence[ItemError] | None = getattr(error, "errors", None)
    if items:
        return batch_error_body(items, message=error.message, code=error.code, **error.extra)
    # The ETag travels as a header.
    extra = {name: value for name, value in error.extra.items() if name != "etag"}
    return error_body(message=error.message, code=error.code, details=error.details, **extra)


# -------------------------------------------------------------------------------------- inside DRF


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's ``EXCEPTION_HANDLER``: an answer for every exception, whatever it is."""
    set_rollback()
    refusal = _as_refusal(error)
    if refusal is not None:
        return Response(body_of(refusal), status=status_of(refusal), headers=headers_of(refusal))
    if isinstance(error, exceptions.APIException):
        return _drf_response(error)
    return _unexpected(error, context)


def _as_refusal(error: BaseException | None) -> StockwireError | None:
    """What Django's and the database's exceptions mean in the kernel's terms; ``None`` for all others."""
    if isinstance(error, StockwireError):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return NotPermitted()
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge()
    if isinstance(error, UnreadablePostError):
        return InvalidInput("The request body could not be read to its end", code="incomplete_body")
    if isinstance(error, SuspiciousOperation):
        return InvalidInput(_TEXTS[400], code=_CODES[400])
    return _of_the_database(error)


def _of_the_database(error: BaseException | None) -> StockwireError | None:
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(error)
    if isinstance(error, DataError):
        # A field or parameter that should have been bounded before; the database's words stay here.
        logger.error("the database can't hold a value that was sent", exc_info=error)
        return InvalidInput("A value in the request is out of range", code="invalid")
    return None


def _unavailable(error: Exception) -> Unavailable:
    sqlstate = getattr(error.__cause__ or error, "sqlstate", None)
    # One line: while a database is away every request says the same, and where it was asked tells nothing.
    logger.error("the database did not answer: %s", str(error).strip())
    if sqlstate in _BUSY:
        return Unavailable("Too many are changing this at once; try again", code="busy")
    return Unavailable()


def _drf_response(error: exceptions.APIException) -> Response:
    status = error.status_code
    headers = {}
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        status = 401
        headers["WWW-Authenticate"] = CHALLENGE
    wait = getattr(error, "wait", None)  # what DRF's throttles say
    if wait:
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(error, exceptions.ValidationError):
        details = validation_details(error.detail)
        body = error_body(message=place_message(error.detail), code="invalid", details=details)
    else:
        body = error_body(message=_drf_text(error, status), code=_drf_code(error, status))
    return Response(body, status=status, headers=headers)


def _drf_code(error: exceptions.APIException, status: int) -> str:
    code = str(error.get_codes()) if isinstance(error.detail, str) else ""
    own = code not in {"", "error", error.default_code}
    return code if own else _CODES.get(status, "error")


def _drf_text(error: exceptions.APIException, status: int) -> str:
    given = isinstance(error.detail, str) and str(error.detail) != str(error.default_detail)
    # DRF's own words for these repeat what the client sent; and what failed on our side is nobody's business.
    reworded = isinstance(error, _REWORDED) or status >= _OURS
    return str(error.detail) if given and not reworded else _TEXTS.get(status, "The request was refused")


def _unexpected(error: Exception, context: Mapping[str, Any]) -> Response:
    request = getattr(context.get("request"), "_request", None)
    logger.error("a request failed", exc_info=error)
    # As Django itself does: monitors and the test client listen to it.
    signals.got_request_exception.send(sender=None, request=request)
    return Response(error_body(message=_TEXTS[500], code=_CODES[500]), status=500)


# ------------------------------------------------------------------------------------- outside DRF


def is_page(request: HttpRequest) -> bool:
    """Whether a person with a browser is at the other end: at one of our pages, or at an address that is
    nothing of ours. There only a browser asks for HTML by name.
    """
    path = request.path
    if path in HTML_PATHS or path.startswith(HTML_PREFIXES):
        return True
    is_data = any(path == data or path.startswith(f"{data}/") for data in DATA_PATHS)
    return not is_data and "text/html" in request.headers.get("Accept", "")


def error_response(status: int, *, message: str | None = None, code: str | None = None) -> HttpResponse:
    """The error shape outside of DRF."""
    body = error_body(
        message=message or _TEXTS.get(status, "The request was refused"),
        code=code or _CODES.get(status, "error"),
    )
    return HttpResponse(write_json(body), status=status, content_type="application/json")


def _refusal_response(refusal: StockwireError) -> HttpResponse:
    return HttpResponse(
        write_json(body_of(refusal)),
        status=status_of(refusal),
        headers=headers_of(refusal),
        content_type="application/json",
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400``."""
    if is_page(request):
        return _bare_page(request, 400)
    return _refusal_response(_as_refusal(exception) or InvalidInput(_TEXTS[400], code=_CODES[400]))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """``handler403``."""
    if is_page(request):
        return _bare_page(request, 403)
    return error_response(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404``, where no pages stand above it (``realtime.pages.lost``)."""
    if is_page(request):
        return defaults.page_not_found(request, exception)
    return error_response(404)


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``; Django calls it while the exception is still being handled."""
    refusal = _as_refusal(sys.exc_info()[1])
    if is_page(request):
        return _bare_page(request, _UNAVAILABLE if isinstance(refusal, Unavailable) else _OURS)
    return _refusal_response(refusal) if refusal else error_response(500)


def _bare_page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    """What is said where nothing else can be relied on: of the request its language alone is looked at, since
    what the usual pages are told would be looked up in the database again. The console speaks English.
    """
    is_console = request.path == CONSOLE or request.path.startswith(f"{CONSOLE}/")
    with translation.override("en" if is_console else translation.get_language_from_request(request)):
        page = loader.get_template(template or f"{status}.html").render(
            {
                "language": translation.get_language(),
                "direction": "rtl" if translation.get_language_bidi() else "ltr",
                "is_console": is_console,
                "home": f"{CONSOLE}/" if is_console else "/",
                "back": _page_before(request),
            }
        )
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == _UNAVAILABLE else {}
    return HttpResponse(page, status=status, headers=headers)


def _page_before(request: HttpRequest) -> str:
    """The page of ours that a form was sent from, if the browser says so."""
    before = request.headers.get("Referer", "")
    host = request.META.get("HTTP_HOST", "")
    is_ours = (
        url_has_allowed_host_and_scheme(before, allowed_hosts={host}) and urlsplit(before).netloc == host
    )
    return before if is_ours else ""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """``CSRF_FAILURE_VIEW``."""
    if is_page(request):
        return _bare_page(request, 403, "403_csrf.html")
    return error_response(403, message="The CSRF token is missing or wrong", code="csrf_failed")
