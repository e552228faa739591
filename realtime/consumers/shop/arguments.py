"""How the arguments of what a client says are read: strictly, and with a sentence about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from config.api.errors import place_message
from config.kernel.ids import MAX_ID_LENGTH

LONGEST_NAME = MAX_ID_LENGTH + 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class RefusedError(Exception):
    """What was said is not done. ``details`` stand beside ``code`` in the answer; ``told_as`` is the event by
    which a client that asked for no acknowledgement learns of it."""

    def __init__(self, code: str, message: str, *, told_as: str = "error", **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.told_as = told_as
        self.details = details


def an_object(arguments: Sequence[Any]) -> Mapping[str, Any]:
    """The first argument, which has to be an object. What follows is ignored, as unknown fields are."""
    if not arguments or not isinstance(arguments[0], Mapping):
        raise RefusedError("malformed", "takes one object")
    return arguments[0]


def a_text(value: Any, name: str, *, longest: int = LONGEST_NAME) -> str:
    """``value``, a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise RefusedError("malformed", f"{name}: must be a text")
    if len(value) > longest:
        raise RefusedError("malformed", f"{name}: has at most {longest} characters")
    return value


def an_id(value: Any, name: str) -> str:
    """``value``, which can be an id."""
    text = a_text(value, name, longest=MAX_ID_LENGTH)
    if _CONTROL.search(text):
        raise RefusedError("malformed", f"{name}: has control characters")
    return text


def a_text_or_none(value: Any, name: str, *, longest: int) -> str:
    """``value``, a text; an empty one for none."""
    if value is None or value == "":
        return ""
    text = a_text(value, name, longest=longest)
    if _CONTROL.search(text):
        raise RefusedError("malformed", f"{name}: has control characters")
    return text


def a_whole_number(value: Any, name: str, *, most: int) -> int:
    """``value``, a number from 0 to ``most``, rounded where a client's clock has a fraction."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise RefusedError("malformed", f"{name}: must be a number from 0 to {most}")
    return round(value)


def an_argument(arguments: Sequence[Any], place: int) -> Any:
    """The argument at ``place``; ``None`` where there are fewer."""
    return arguments[place] if place < len(arguments) else None


def a_body(kind: type[serializers.Serializer[Any]], said: Any, *, many: bool = False) -> Any:
    """What was said, checked as REST checks it."""
    checked = kind(data=said, many=many)
    try:
        checked.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise RefusedError("invalid", place_message(error.detail)) from None
    return checked.validated_data
