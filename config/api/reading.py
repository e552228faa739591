"""What was sent, checked by a serializer.

Belongs here: the one way to ask one. Does not belong here: any serializer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework.serializers import Serializer, ValidationError
from rest_framework.settings import api_settings


def checked(kind: type[Serializer[Any]], sent: Any) -> dict[str, Any]:
    """What ``sent`` says, as ``kind`` reads it. Raises DRF's ``ValidationError``, which names each place."""
    try:
        found: dict[str, Any] = _reader(kind).run_validation(sent)
    except ValidationError as error:
        if isinstance(error.detail, Mapping):
            raise
        raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: error.detail}) from error
    return found


@cache
def _reader(kind: type[Serializer[Any]]) -> Serializer[Any]:
    """One for all requests: it keeps nothing of what it reads, and making it copies all of its fields."""
    return kind()
