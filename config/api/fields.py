"""Serializer fields that do not coerce: ``"5"`` is no integer, ``5`` is no text, ``true`` is no number.

Belongs here: JSON types and the contract's general bounds. Does not belong here: a rule of one app.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rest_framework import serializers

from config.kernel import clock
from config.kernel.ids import MAX_ID_LENGTH
from config.kernel.money import MAX_AMOUNT

MAX_QUANTITY = 1_000_000
MAX_COUNT = 1_000_000_000

#: Decimals that the database holds of an amount.
_DECIMALS = Decimal("0.0001")
_EXACT_DIGITS = 15  # what a JSON number carries through any client's double
_NOISE = _DECIMALS / 10
_LINES = frozenset("\n\r\t")
_UNPRINTABLE = frozenset({"Cc", "Cs"})


class StrictIntegerField(serializers.Field[int, Any, int, Any]):
    """A JSON number without a fraction (``5`` and ``5.0`` are the same number)."""

    default_error_messages = {
        "not_integer": "must be a whole number",
        "min_value": "must be at least {limit}",
        "max_value": "must be at most {limit}",
    }

    def __init__(self, *, min_value: int | None = None, max_value: int | None = None, **kwargs: Any) -> None:
        self.min_value = min_value
        self.max_value = max_value
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != data // 1:
            self.fail("not_integer")
        # Compared before it is turned into an integer: a double may stand for one of 300 digits.
        if self.min_value is not None and data < self.min_value:
            self.fail("min_value", limit=self.min_value)
        if self.max_value is not None and data > self.max_value:
            self.fail("max_value", limit=self.max_value)
        return int(data)

    def to_representation(self, value: int) -> int:
        return value


class QuantityField(StrictIntegerField):
    """How many are taken, given or moved: 1…1 000 000."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MAX_QUANTITY, **kwargs})


class CountField(StrictIntegerField):
    """How many there are: 0…1 000 000 000."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MAX_COUNT, **kwargs})


class StrictBooleanField(serializers.Field[bool, Any, bool, Any]):
    """``true`` or ``false``."""

    default_error_messages = {"not_boolean": "must be true or false"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("not_boolean")
        return data

    def to_representation(self, value: bool) -> bool:
        return value


class StrictCharField(serializers.Field[str, Any, str, Any]):
    """A JSON string, kept to the letter: nothing is trimmed, nothing replaced.

    Control characters are refused; line breaks and tabs are taken where ``multiline``. Without
    ``allow_blank`` there must be more in it than white space.
    """

    default_error_messages = {
        "not_text": "must be a string",
        "blank": "must not be empty",
        "max_length": "must have at most {limit} characters",
        "min_length": "must have at least {limit} characters",
        "control": "must not hold control characters",
    }

    def __init__(
        self,
        *,
        max_length: int | None = None,
        min_length: int | None = None,
        allow_blank: bool = False,
        multiline: bool = False,
        **kwargs: Any,
    ) -> None:
        self.max_length = max_length
        self.min_length = min_length
        self.allow_blank = allow_blank
        self.multiline = multiline
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        if not self.allow_blank and not data.strip():
            self.fail("blank")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", limit=self.max_length)
        if self.min_length is not None and len(data) < self.min_length:
            self.fail("min_length", limit=self.min_length)
        if not data.isprintable() and self._has_control_characters(data):
            self.fail("control")
        return data

    def _has_control_characters(self, text: str) -> bool:
        taken = _LINES if self.multiline else frozenset()
        return any(unicodedata.category(c) in _UNPRINTABLE and c not in taken for c in text)

    def to_representation(self, value: str) -> str:
        return str(value)


class IdField(StrictCharField):
    """An id: opaque, ours or one that an import has kept."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ID_LENGTH, **kwargs})


class AmountField(serializers.Field[Decimal, Any, Any, Any]):
    """An amount of money ≥ 0, as the exact decimal that its JSON number shows.

    What a client's floating-point sums leave behind the 15th digit (``0.30000000000000004``) is taken
    off; digits that are meant are never: more than four decimals are refused, and with a fraction more than
    15 digits in all, since the double that carries them to clients could not tell them from others.
    """

    default_error_messages = {
        "not_number": "must be a number",
        "negative": "must be at least 0",
        "too_large": "is too large",
        "decimals": "must have at most 4 decimals",
        "digits": "must have at most 15 digits: a JSON number carries no more exactly",
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
            self.fail("not_number")
        if data < 0:
            self.fail("negative")
        if data > MAX_AMOUNT:
            self.fail("too_large")
        if isinstance(data, Decimal):  # the reader's sign that a double doesn't carry it
            self.fail("digits")
        amount = Decimal(repr(data))
        if isinstance(data, float) and len(amount.as_tuple().digits) > _EXACT_DIGITS:
            amount = self._without_noise(amount)
        exact = amount.quantize(_DECIMALS, rounding=ROUND_HALF_UP)
        if exact != amount:
            self.fail("decimals")
        return exact

    def _without_noise(self, amount: Decimal) -> Decimal:
        places = _EXACT_DIGITS - 1 - amount.adjusted()
        rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        if abs(rounded - amount) >= _NOISE:
            self.fail("digits")
        return rounded

    def to_representation(self, value: Decimal) -> int | float:
        return int(value) if value == value.to_integral_value() else float(value)


class MomentField(serializers.Field[dt.datetime, Any, str, Any]):
    """A moment, ISO 8601 with any offset (UTC without one)."""

    default_error_messages = {"not_moment": "must be an ISO 8601 date and time"}

    def to_internal_value(self, data: Any) -> dt.datetime:
        if not isinstance(data, str):
            self.fail("not_moment")
        try:
            return clock.parse_iso(data)
        except ValueError:
            self.fail("not_moment")

    def to_representation(self, value: dt.datetime) -> str:
        return clock.iso(value)
