"""Answers that are written while they are read: a bare array of any length in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

#: Items are joined into pieces of about this size: one write for each item would cost more than the item.
_PIECE = 64 * 1024


def json_array(chunks: Iterable[bytes]) -> StreamingHttpResponse:
    """``[a,b,c]`` from the JSON of each item.

    The first item is asked for at once, while a status can still say what is wrong. An error after it
    breaks the connection off, and the array is left without its end: a client can't take half a list
    for the whole.
    """
    rest = iter(chunks)
    first = next(rest, None)
    pieces = iter([b"[]"]) if first is None else _joined(first, rest)
    return StreamingHttpResponse(pieces, content_type="application/json")


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    piece = bytearray(b"[" + first)
    for chunk in rest:
        piece += b","
        piece += chunk
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece + b"]")
