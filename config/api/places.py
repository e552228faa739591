"""Naming the place of a mistake: ``variants[1].stock[0].quantity``, out of DRF's nested errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

#: Where the whole body is meant.
BODY = "body"

# DRF's sentences address a person before a form; ours follow the name of a place.
_WORDS = {
    "required": "required",
    "null": "must not be null",
    "blank": "must not be empty",
    "empty": "must not be empty",
    "not_a_list": "must be an array",
    "not_a_dict": "must be an object",
}
_NOT_AN_OBJECT = "Invalid data. Expected a dictionary"


def validation_details(errors: Any) -> dict[str, list[str]]:
    """``serializer.errors`` (or a ``ValidationError``'s ``detail``) as a flat mapping from place to texts."""
    found: dict[str, list[str]] = {}
    for place, text in _walk(errors, ""):
        found.setdefault(place or BODY, []).append(text)
    return found


def place_message(errors: Any) -> str:
    """The first mistake as one line: ``variants[1].sku: required``; without a place, its text alone."""
    for place, text in _walk(errors, ""):
        return f"{place}: {text}" if place else text
    return "The request is not valid"


def _walk(errors: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _walk(inner, _below(place, name))
    elif isinstance(errors, Sequence) and not isinstance(errors, str):
        for index, inner in enumerate(errors):
            # A list holds either texts about this place, or one entry for each item of an array.
            yield from _walk(inner, place if isinstance(inner, str) else f"{place}[{index}]")
    else:
        yield place, _text(errors)


def _below(place: str, name: Any) -> str:
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return place
    if isinstance(name, int):
        return f"{place}[{name}]"
    return f"{place}.{name}" if place else str(name)


def _text(error: Any) -> str:
    text = str(error)
    code = getattr(error, "code", None) if isinstance(error, ErrorDetail) else None
    if text.startswith(_NOT_AN_OBJECT):
        return _WORDS["not_a_dict"]
    return _WORDS.get(code or "", text)
