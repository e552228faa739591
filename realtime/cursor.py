"""Cursors: places in the log as clients carry them. Opaque to them, made and read only here."""

from __future__ import annotations

import re

from realtime.records import Position

_FORM = re.compile(r"([0-9a-z]{4,16})-(0|[1-9][0-9]{0,17})", re.ASCII)


def to_cursor(epoch: str, seq: int) -> str:
    """The cursor of the place after event ``seq``."""
    return f"{epoch}-{seq}"


def parse_cursor(text: object) -> Position | None:
    """The place that a cursor names, or ``None`` for anything that we never made."""
    if not isinstance(text, str):
        return None
    match = _FORM.fullmatch(text)
    return Position(match[1], int(match[2])) if match else None
