"""Server-sent events as text (the HTML standard, section 9.2), and the chunks of HTTP/1.1 that carry it."""

from __future__ import annotations

import re

MEDIA_TYPE = "text/event-stream"
#: Says nothing, and shows every proxy on the way that the line is in use.
COMMENT = b":\n"

_LINE_END = re.compile(rb"\r\n|\r|\n")


def block(*, id: str = "", event: str = "", data: bytes = b"") -> bytes:  # noqa: A002  the fields' own names
    """One block of fields. Without ``data`` no listener is called, but the reader keeps the ``id``.

    ``data`` is UTF-8. ``id`` and ``event`` are ours and have no line ends.
    """
    parts = []
    if id:
        parts.append(b"id: %b\n" % id.encode())
    if event:
        parts.append(b"event: %b\n" % event.encode())
    if data:
        if b"\n" in data or b"\r" in data:
            # In JSON they stand between tokens only; the reader puts the lines together again.
            data = _LINE_END.sub(b"\ndata: ", data)
        parts.append(b"data: %b\n" % data)
    parts.append(b"\n")
    return b"".join(parts)


def chunk(data: bytes) -> bytes:
    """``data``, which is not empty, as a chunk of its own. Chunks in a row are again what HTTP wants."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
