"""Reading a request's body, never more of it than its endpoint takes.

Belongs here: the limit, whatever the client says or doesn't say about the length. Does not belong
here: what the bytes mean.
"""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, UnreadablePostError

from config.kernel.errors import InvalidInput, PayloadTooLarge

ONE_BODY = 1024 * 1024
BATCH_BODY = 16 * 1024 * 1024

_PIECE = 64 * 1024


def bounded_body(request: HttpRequest, *, limit: int) -> bytes:
    """The whole body, read once and kept as ``request.body``.

    Raises ``PayloadTooLarge`` as soon as the length is known to be over ``limit``: from
    ``Content-Length`` before anything is read, else after ``limit`` bytes. Raises ``InvalidInput``
    (``incomplete_body``) where less came than was said, ``invalid_content_length`` for a length that is none.
    """
    kept = getattr(request, "_body", None)
    if kept is not None:
        if len(kept) > limit:
            raise _too_large(limit)
        return bytes(kept)
    declared = _declared_length(request)
    if declared is not None and declared > limit:
        raise _too_large(limit)
    body = _read(request, declared, limit)
    if len(body) > limit:
        raise _too_large(limit)
    if declared is not None and len(body) < declared:
        raise _incomplete()
    # Django's own place for it: `request.body`, forms and CSRF read there afterwards.
    request._body = body
    return body


def _declared_length(request: HttpRequest) -> int | None:
    text = str(request.META.get("CONTENT_LENGTH") or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # noqa: PLR2004  any real length fits
        raise InvalidInput("Content-Length is not a number", code="invalid_content_length")
    return int(text)


def _read(request: HttpRequest, declared: int | None, limit: int) -> bytes:
    stream = request
    if declared is None and isinstance(request, WSGIRequest):
        # Django gives nothing to read without a length. A chunked body ends where the server says so;
        # without either there is no body (RFC 9112, 6.3), and reading might wait for ever.
        if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return b""
        stream = request.environ["wsgi.input"]
    pieces: list[bytes] = []
    left = limit + 1 if declared is None else declared
    try:
        while left > 0 and (piece := stream.read(min(left, _PIECE))):
            pieces.append(piece)
            left -= len(piece)
    except (UnreadablePostError, OSError) as error:
        raise _incomplete() from error
    return b"".join(pieces)


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The request body is over {limit} bytes", extra={"limit": limit})


def _incomplete() -> InvalidInput:
    return InvalidInput("The request body ended before its Content-Length", code="incomplete_body")
