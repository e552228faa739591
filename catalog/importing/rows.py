"""A CSV file, row by row: never the whole of it in memory, and a clear word about what can't be read."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: No description is longer; a quote that is never closed ends here and not with the file.
LONGEST_FIELD = 1_000_000


class UnreadableFileError(Exception):
    """The file as a whole, or from some row on, can't be taken. Says which file, where, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: ``number`` is that of its first line in the file, as an editor or a spreadsheet counts."""

    number: int
    fields: Mapping[str, str]

    def text(self, column: str) -> str:
        """A field without the space around it; empty where the file has no such column."""
        return self.fields.get(column, "").strip()


def read_rows(
    path: Path, *, required: Sequence[str], progress: Callable[[int], None] | None = None
) -> Iterator[Row]:
    """The rows of a CSV file with a header. ``progress`` hears how many bytes have been read.

    Raises ``UnreadableFileError``: not there, not UTF-8, no CSV, a ``required`` column missing.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open("rb") as raw:
            yield from _records(path, _lines(path, raw, progress), required)
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror or error}") from error


def _lines(path: Path, raw: BinaryIO, progress: Callable[[int], None] | None) -> Iterator[str]:
    """The lines as text. Decoded one by one, so that a wrong byte can be named by its line."""
    for number, line in enumerate(raw, start=1):
        encoding = "utf-8-sig" if number == 1 else "utf-8"
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise UnreadableFileError(f"{path}, line {number}: not UTF-8, export it as UTF-8") from error
        if progress is not None:
            progress(len(line))


def _records(path: Path, lines: Iterator[str], required: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(lines, strict=True)
    before = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in required if name not in header]
        if missing:
            raise UnreadableFileError(f"{path}: no column {', '.join(repr(name) for name in missing)}")
        before = reader.line_num
        for values in reader:
            if any(values[len(header) :]):
                raise UnreadableFileError(f"{path}, row {before + 1}: more fields than there are columns")
            if any(values):
                yield Row(before + 1, dict(zip(header, values, strict=False)))
            before = reader.line_num
    except csv.Error as error:
        raise UnreadableFileError(f"{path}, row {before + 1}: not CSV ({error})") from error
