"""JSON in and out: what counts as JSON here, and how answers are written.

Belongs here: the reader, the writer, DRF's parser and renderer around them. Does not belong here: how
many bytes a body may have (``config.api.bodies``), what a field may hold (``config.api.fields``).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import orjson
from django.utils.functional import Promise
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from config.kernel.clock import iso
from config.kernel.errors import InvalidInput

#: A shop's JSON is four or five levels deep; what is far beyond is an attack on whoever walks it.
MAX_DEPTH = 64

#: Every decimal of so many digits comes back from a double as it was.
_DIGITS_OF_A_DOUBLE = 15
#: A tenth of the smallest unit of any currency.
_NOISE = Decimal("0.00001")

_WRITE_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME


class MalformedJson(InvalidInput):
    """The body is no JSON, or JSON that can't be taken without guessing."""

    code = "malformed_json"
    message = "The body is not valid JSON"


def read_json(raw: bytes, *, nul_refused: bool = True) -> Any:
    """What ``raw`` says: strict RFC 8259 in UTF-8, finite numbers, each name once, bounded depth.

    A number is an ``int`` or a ``float``; a ``Decimal`` where its digits are more than a double carries
    (``1000000000000000.01``), so that whoever takes numbers can refuse it and nobody rounds it unseen.
    Raises ``MalformedJson``; ``InvalidInput`` with the place for a string that holds NUL, which is
    JSON but which no database text can hold (without ``nul_refused`` that is left to the caller).
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(f"The body is not valid JSON: {error.msg} ({where})") from None
    _refuse_depth(value)
    if _Literals.read(raw).too_long:
        value = json.loads(raw, parse_float=_number, parse_int=orjson.loads)
    if nul_refused and b"\\u0000" in raw:
        refuse_nul(value)
    return value


def write_json(value: Any) -> bytes:
    """``value`` as JSON: moments in ISO with milliseconds, decimals with their own digits."""
    return orjson.dumps(value, default=_default, option=_WRITE_OPTIONS)


class OrjsonParser(BaseParser):
    """``application/json`` only; the view has read and measured the body before."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002  DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002  as above
    ) -> Any:
        return read_json(stream.read())


class OrjsonRenderer(BaseRenderer):
    """``application/json`` in UTF-8, compact."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON has no charset parameter
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF's signature
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002  as above
    ) -> bytes:
        return b"" if data is None else write_json(data)


def _default(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return iso(value)
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).encode())
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, set | frozenset | tuple | Iterator):
        return list(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


def _children(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


def _refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise MalformedJson(f"The body is nested deeper than {MAX_DEPTH} levels")
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]


class _Literals:
    """A second look, by the standard library, at what ``orjson`` takes without a word.

    Of an object that names something twice it takes the last; but which of two quantities was meant is
    not ours to guess. Of a number it keeps the nearest double.
    """

    def __init__(self) -> None:
        self.too_long = False

    @classmethod
    def read(cls, raw: bytes) -> _Literals:
        """Raises ``MalformedJson`` for a name that is there twice."""
        seen = cls()
        json.loads(raw, object_pairs_hook=_names_once, parse_int=_no_number, parse_float=seen._float)
        return seen

    def _float(self, text: str) -> None:
        self.too_long = self.too_long or isinstance(_number(text), Decimal)


def _names_once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        doubled = next(name for index, name in enumerate(names) if name in names[:index])
        raise MalformedJson(f'The body names "{doubled[:100]}" twice in one object')


def _no_number(_text: str) -> None:
    return None


def _number(text: str) -> float | Decimal:
    """The double; the decimal where the double is off by more than what floating-point sums leave behind."""
    value = float(text)
    if len(text) <= _DIGITS_OF_A_DOUBLE:
        return value
    try:
        exact = Decimal(text)
    except InvalidOperation:
        # An exponent that not even a decimal has; since it is no infinity, the number is nothing.
        return value
    return value if abs(exact - Decimal(repr(value))) < _NOISE else exact


def refuse_nul(value: Any, place: str = "") -> None:
    """Raises ``InvalidInput`` with the place of the first string that holds NUL."""
    if isinstance(value, str):
        if "\0" in value:
            where = place or "body"
            what = "must not hold the character NUL"
            raise InvalidInput(f"{where}: {what}", details={where: [what]})
    elif isinstance(value, list):
        for index, item in enumerate(value):
            refuse_nul(item, f"{place}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            refuse_nul(name, place)
            refuse_nul(item, f"{place}.{name}" if place else name)
