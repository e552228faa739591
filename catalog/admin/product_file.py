"""A product file as it is uploaded: its encoding, what stands between its cells, its headings. Whatever is
wrong with it is said in a sentence, with the line, before any row is looked at.

Does not belong here: what a row means (``exchange``).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

import tablib
from import_export.formats.base_formats import CSV

from catalog.admin.exchange import COLUMNS, FILLED
from catalog.importing.rows import LONGEST_FIELD

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WORKBOOK = b"PK\x03\x04"
_SEPARATORS = ",;\t"
_AS_UTF_8 = "save it as “CSV UTF-8”"


class UnreadableFileError(Exception):
    """It can't be read; the text says why, and in which line."""


class ProductFile(CSV):  # type: ignore[misc]  # the library has no types
    """CSV with commas, semicolons or tabs between its cells, as spreadsheets write it where they are."""

    def is_binary(self) -> bool:
        """So that its bytes come as they are."""
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **_kwargs: object) -> tablib.Dataset:
        """All of it. Raises ``UnreadableFileError``."""
        text = _text_of(in_stream)
        separator = _separator_of(text.partition("\n")[0])
        lines = _lines_of(text, separator)
        _, first = next(lines, (1, []))
        headings = [cell.strip() for cell in first]
        _require_columns(headings)
        dataset = tablib.Dataset(headers=headings)
        for number, cells in lines:
            dataset.append(_whole(cells, headings, number))
        return dataset


def _text_of(data: bytes) -> str:
    if data.startswith(_WORKBOOK):
        raise UnreadableFileError(f"This is a workbook, not a CSV file: {_AS_UTF_8}.")
    encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"Line {line} holds a character that is not UTF-8: {_AS_UTF_8}."
            if encoding != "utf-16"
            else f"It ends within a character: {_AS_UTF_8}."
        ) from None
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise UnreadableFileError(f"Line {line} holds the character NUL, so this is no text: {_AS_UTF_8}.")
    return text


def _separator_of(first_line: str) -> str:
    """What makes the most of its cells names that we know; in names there is none of them."""

    def known(separator: str) -> int:
        return len({cell.strip(' "\r') for cell in first_line.split(separator)} & set(COLUMNS))

    return max(_SEPARATORS, key=known)


def _lines_of(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line that it begins in."""
    # Python has one limit for a whole process; the other reader of files sets the same.
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFileError(
                f"The row that begins in line {line} can't be read ({error}): look for a quotation mark too "
                "many, or one that is missing."
            ) from None
        if any(cells):
            yield line, cells


def _require_columns(headings: Sequence[str]) -> None:
    if "id" not in headings:
        raise UnreadableFileError(
            "It has no column “id”. A product that is there already is known by it; for a new one its cell "
            "stays empty."
        )
    twice = [name for name, times in Counter(headings).items() if times > 1 and name]
    unknown = [name or "(without a name)" for name in dict.fromkeys(headings) if name not in COLUMNS]
    if twice:
        raise UnreadableFileError(f"It has more than one column {_quoted(twice)}.")
    if unknown:
        raise UnreadableFileError(f"It has columns that products have not: {_quoted(unknown)}.")


def _whole(cells: list[str], headings: Sequence[str], line: int) -> list[str]:
    """Spreadsheets leave empty cells at the end out; those of texts would be emptied by it."""
    left_out = headings[len(cells) :]
    if len(cells) > len(headings) or FILLED.intersection(left_out):
        raise UnreadableFileError(
            f"Line {line} has {len(cells)} cells, and there are {len(headings)} columns."
        )
    return [*cells, *("" for _ in left_out)]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
