"""What the pages' modules say, in the visitor's language: a dictionary that goes along with each page.

Its keys are the English words themselves, as they stand in the modules (`static/stockwire/words.js`), so that
a page in English carries an empty one. `{n}` and other names in braces are put in by the modules.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from django.utils import translation
from django.utils.translation import gettext, gettext_noop, ngettext_lazy

_WORDS = (
    # The light in the header.
    gettext_noop("Not connected"),
    gettext_noop("Loading…"),
    gettext_noop("Connecting…"),
    gettext_noop("Live"),
    gettext_noop("Offline"),
    gettext_noop("Disconnected"),
    gettext_noop("Reconnecting…"),
    gettext_noop("Reconnecting in {n} s"),
    gettext_noop("Press to try again"),
    gettext_noop("Press to try now"),
    # Cards and the product's page.
    gettext_noop("sold out"),
    gettext_noop("nearly gone"),
    gettext_noop("in stock"),
    gettext_noop("Sold out"),
    gettext_noop("left"),
    gettext_noop("Unavailable"),
    gettext_noop("Only {n} left"),
    gettext_noop("from {price}"),
    gettext_noop("One size"),
    gettext_noop("Flavours"),
    gettext_noop("Sizes"),
    gettext_noop("Made with"),
    gettext_noop("Colour"),
    gettext_noop("{n} in stock"),
    gettext_noop("Sold out at the sale's price"),
    gettext_noop("ends in {time}"),
    # Said to who can't see it change.
    gettext_noop("running low"),
    gettext_noop("back in stock"),
    gettext_noop("and {n} more changed"),
    gettext_noop("No products found"),
    gettext_noop("More products could not be loaded"),
    # What was pressed without a connection.
    gettext_noop("No connection. It will be sent when there is one again."),
    gettext_noop("No connection. Nothing was changed; please try again."),
)
#: Singular and plural; the plural is the key.
_COUNTED = (
    (ngettext_lazy("{n} new product", "{n} new products", "n"), "{n} new products"),
    (ngettext_lazy("{n} product", "{n} products", "n"), "{n} products"),
    (ngettext_lazy("{n} day", "{n} days", "n"), "{n} days"),
    (ngettext_lazy("{n}+ product", "{n}+ products", "n"), "{n}+ products"),
)
#: Among these is one for each way in which any language of ours counts.
_NUMBERS = (0, 1, 2, 3, 11, 100)


def words() -> dict[str, Any]:
    """Those that are other ones in the active language; of what is counted, one for each of its plurals."""
    return _words_in(translation.get_language() or "en")


@lru_cache(maxsize=16)
def _words_in(language: str) -> dict[str, Any]:
    with translation.override(language):
        said: dict[str, Any] = {english: gettext(english) for english in _WORDS}
        plural_of = Locale.parse(language, sep="-").plural_form
        for counted, key in _COUNTED:
            said[key] = {plural_of(number): counted % {"n": number} for number in _NUMBERS}
    return said if language != "en" else {}
