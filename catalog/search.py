"""How titles are found: folding, and the pieces that the index holds. Pure; the queries are in ``selectors``.

A word with one typing error and the word that was meant become equal when one letter, the right one,
is left out of each: a letter too many, too few, wrong, or two in the wrong order. So the index holds every
word's shortened forms, and a search looks for the overlap with the shortened forms of its own words: one
look-up in an inverted index, without an extension and without scoring every title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Latin accents and Arabic vowel marks: nobody types them in a search.
_MARKS = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")
_WORDS = re.compile(r"[^\W_]+")
_MAX_NAME = 300
_MAX_WORD = 40
_MAX_QUERY_WORDS = 12
#: Shorter words have too many neighbours of their own to be guessed at.
_LEAST_FOR_TYPOS = 4
_PIECE = 3


def fold(text: str) -> str:
    """``text`` without case and accents: ``Crème BRÛLÉE`` and ``creme brulee`` fold to the same."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed).casefold()).strip()[:_MAX_NAME]


def words(text: str) -> list[str]:
    """The words of a search, folded; a search of a whole book is cut."""
    return [word[:_MAX_WORD] for word in _WORDS.findall(fold(text))][:_MAX_QUERY_WORDS]


def lexemes(text: str) -> list[str]:
    """The words of a search as the full-text index has them: with their accents, without their case."""
    return [word[:_MAX_WORD] for word in _WORDS.findall(text.lower())][:_MAX_QUERY_WORDS]


def terms(title: str) -> list[str]:
    """What the index holds of a title: its three-letter pieces, and its words' shortened forms."""
    folded = fold(title)
    found = set(pieces(folded))
    for word in _WORDS.findall(folded):
        found.update(shortened(word[:_MAX_WORD]))
    return sorted(found)


def pieces(folded: str) -> set[str]:
    """Every three letters in a row: a text that contains another contains all of its pieces."""
    return {folded[at : at + _PIECE] for at in range(len(folded) - _PIECE + 1)}


def shortened(word: str) -> set[str]:
    """The word, and the word with each letter left out in turn, marked apart from the pieces."""
    return {"~" + form for form in _shortened(word)}


def _shortened(word: str) -> Iterator[str]:
    yield word
    if len(word) >= _LEAST_FOR_TYPOS:
        for at in range(len(word)):
            yield word[:at] + word[at + 1 :]
