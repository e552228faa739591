"""The translations of the texts: whole, sound, compiled. Texts are gathered as gettext would, without it."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from config.settings.base import BASE_DIR
from realtime.pages.words import words

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
LAYERS = ("catalog", "config", "inventory", "orders", "realtime")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
#: Arabic has words for none, one and two: these forms may say the number without a figure.
SPELLED = {"ar": 3}

Text = tuple[str | None, Any]


def file_of(language: str, kind: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"django.{kind}"


def catalog_of(language: str) -> Catalog:
    return read_po(BytesIO(file_of(language, "po").read_bytes()), locale=language)


def texts_of(catalog: Catalog) -> dict[Text, Any]:
    return {
        (_plain(message.context), _plain(message.id)): _plain(message.string)
        for message in catalog
        if message.id
    }


def _plain(said: Any) -> Any:
    """As Babel reads it from either kind of file."""
    if isinstance(said, bytes):
        return said.decode()
    return tuple(said) if isinstance(said, list) else said


def texts_in_the_code() -> set[Text]:
    sources = [path.read_text() for layer in LAYERS for path in (BASE_DIR / layer).rglob("*.py")]
    sources += [templatize(path.read_text()) for path in (BASE_DIR / "templates").rglob("*.html")]
    found = set()
    for source in sources:
        for _line, message, _comments, context in extract(
            "python", BytesIO(source.encode()), keywords=KEYWORDS
        ):
            found.add((context, message))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_code_is_translated_and_no_other(language: str) -> None:
    assert LANGUAGES == ["sv", "ar", "hi"]
    in_code, translated = texts_in_the_code(), texts_of(catalog_of(language))
    assert len(in_code) > 300
    assert in_code - translated.keys() == set()
    assert translated.keys() - in_code == set()
    for text, said in translated.items():
        assert all(said) if isinstance(said, tuple) else said, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_guessed_and_every_plural_is_there(language: str) -> None:
    catalog = catalog_of(language)
    assert [message.id for message in catalog if message.fuzzy] == []
    assert list(catalog.check()) == []
    assert catalog.obsolete == {}
    plurals = [message for message in catalog if message.pluralizable]
    assert {len(tuple(message.string or ())) for message in plurals} == {{"ar": 6}.get(language, 2)}
    assert len(plurals) >= 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_put_in_is_the_same(language: str) -> None:
    for (_context, text), said in texts_of(catalog_of(language)).items():
        if isinstance(text, str):
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(said)), text
            continue
        wanted = set(PLACES.findall(text[1]))
        for number, form in enumerate(said):
            missing = wanted - set(PLACES.findall(form))
            assert set(PLACES.findall(form)) <= wanted, form
            assert len(missing) <= (1 if number < SPELLED.get(language, 0) else 0), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalog_is_the_written_one(language: str) -> None:
    written = catalog_of(language)
    compiled = read_mo(BytesIO(file_of(language, "mo").read_bytes()))
    assert texts_of(compiled) == texts_of(written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_says_nothing_of_who_or_when(language: str) -> None:
    head = file_of(language, "po").read_text().split("\n\n")[0]
    for name in ("Date", "Translator", "@"):
        assert name not in head
    assert not re.search(r"^#:", file_of(language, "po").read_text(), re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_modules_say_nothing_that_the_page_has_no_words_for(language: str) -> None:
    with translation.override(language):
        dictionary = words()
    said, counted = set(), set()
    for module in (BASE_DIR / "realtime" / "static" / "stockwire").glob("*.js"):
        source = module.read_text()
        said |= set(re.findall(r'\bsay\("([^"]+)"', source))
        counted |= set(re.findall(r'\bsayCounted\("[^"]+", "([^"]+)"', source))
    assert len(said) > 12
    assert {text for text in said | counted if text not in dictionary} == set()
    the_same = {text for text, other in dictionary.items() if text == other}
    assert the_same <= {"Live", "Offline"}
