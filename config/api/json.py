"""JSON in and out: what counts as JSON here, and how answers are written.

Belongs here: the reader, the writer, DRF's parser and renderer around them. Does not belong here: how
many bytes a body may have (``config.api.bodies``), what a field may hold (``config.api.fields``).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.utils.functional import Promise
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from config.kernel.clock import iso
from config.kernel.errors import InvalidInput

#: A shop's JSON is four or five levels deep; what is far beyond is an attack on whoever walks it.
MAX_DEPTH = 64

_WRITE_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME


class MalformedJson(InvalidInput):
    """The body is no JSON, or JSON that can't be taken without guessing."""

    code = "malformed_json"
    message = "The body is not valid JSON"


def read_json(raw: bytes) -> Any:
    """What ``raw`` says: strict RFC 8259 in UTF-8, finite numbers, each name once, bounded depth.

    Raises ``MalformedJson``; ``InvalidInput`` with the place for a string that holds NUL, which is
    JSON but which no database text can hold.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(f"The body is not valid JSON: {error.msg} ({where})") from None
    _refuse_depth(value)
    _refuse_doubled_names(raw)
    if b"\\u0000" in raw:
        _refuse_nul(value, "")
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


def _refuse_doubled_names(raw: bytes) -> None:
    """Refuse an object that names something twice: which of two quantities was meant is not ours to guess.

    ``orjson`` takes the last without a word, so the standard library looks a second time, at names only.
    """
    json.loads(raw, object_pairs_hook=_names_once, parse_int=_no_number, parse_float=_no_number)


def _names_once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        doubled = next(name for index, name in enumerate(names) if name in names[:index])
        raise MalformedJson(f'The body names "{doubled[:100]}" twice in one object')


def _no_number(_text: str) -> None:
    return None


def _refuse_nul(value: Any, place: str) -> None:
    if isinstance(value, str):
        if "\0" in value:
            where = place or "body"
            what = "must not hold the character NUL"
            raise InvalidInput(f"{where}: {what}", details={where: [what]})
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nul(item, f"{place}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_nul(name, place)
            _refuse_nul(item, f"{place}.{name}" if place else name)
