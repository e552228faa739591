"""Query parameters of the reads, each with its own clear refusal."""

from __future__ import annotations

import datetime as dt

from rest_framework.request import Request

from config.kernel import clock
from config.kernel.errors import InvalidInput
from config.kernel.ids import MAX_ID_LENGTH


def listed_ids(request: Request, name: str, *, most: int) -> list[str]:
    """``?name=a,b``: each once, in their order; none where it is absent or empty."""
    found = [one.strip() for one in request.query_params.get(name, "").split(",")]
    ids = list(dict.fromkeys(one for one in found if one))
    if len(ids) > most:
        raise _wrong(name, f"must be at most {most} ids")
    if any(len(one) > MAX_ID_LENGTH for one in ids):
        raise _wrong(name, f"an id has at most {MAX_ID_LENGTH} characters")
    return ids


def moment_in(request: Request, name: str) -> dt.datetime | None:
    """``?name=`` as a moment, ``None`` where it is absent."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return clock.parse_iso(text)
    except ValueError:
        raise _wrong(name, "must be an ISO 8601 date and time") from None


def required(request: Request, name: str) -> str:
    """``?name=``, which must be there."""
    text = request.query_params.get(name, "")
    if not text:
        raise _wrong(name, "required")
    return text


def _wrong(name: str, what: str) -> InvalidInput:
    return InvalidInput(f"{name}: {what}", details={name: [what]})
