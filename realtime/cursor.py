"""Cursors: places in the log as clients carry them. Opaque to them, made and read only here.

``epoch-120`` is the place after event 120. On Socket.IO one event becomes several messages, and a client may
be cut off between two of them; so each but the last bears ``epoch-120.0``, ``epoch-120.1``, …: "of event 120
I have what comes up to this place". Only Socket.IO's recovery takes that form (``parse_offset``); everybody
else is in a place between two events, never within one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from realtime.records import Position

_FORM = re.compile(r"([0-9a-z]{4,16})-(0|[1-9][0-9]{0,17})", re.ASCII)
_FORM_WITHIN = re.compile(r"([0-9a-z]{4,16})-([1-9][0-9]{0,17})\.(0|[1-9][0-9]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offset:
    """Where a Socket.IO client goes on: after ``position``, passing over the first ``skip`` messages of the
    very next event, which it has. All of its messages count, also those for rooms that the client is not
    in."""

    position: Position
    skip: int = 0

    @property
    def newest(self) -> Position:
        """The newest event of which it has something: whoever is not there yet can't know what it missed."""
        return Position(self.position.epoch, self.position.seq + 1) if self.skip else self.position


def to_cursor(epoch: str, seq: int, place: int | None = None) -> str:
    """The cursor of the place after event ``seq``, or after its message number ``place``."""
    return f"{epoch}-{seq}" if place is None else f"{epoch}-{seq}.{place}"


def parse_cursor(text: object) -> Position | None:
    """The place that a cursor names, or ``None`` for anything that we never made."""
    if not isinstance(text, str):
        return None
    match = _FORM.fullmatch(text)
    return Position(match[1], int(match[2])) if match else None


def parse_offset(text: object) -> Offset | None:
    """Where a Socket.IO client goes on that kept ``text``; ``None`` for anything that we never made."""
    position = parse_cursor(text)
    if position is not None:
        return Offset(position)
    match = _FORM_WITHIN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return Offset(Position(match[1], int(match[2]) - 1), skip=int(match[3]) + 1)
