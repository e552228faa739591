"""Money, moments and figures as the visitor's language writes them, by CLDR's rules (Babel)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any, Protocol

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal, format_percent
from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import translation
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.kernel.money import quantize

register = template.Library()

#: A language alone names no country, and with it no way to write money; these are the shop's markets.
_LOCALES = {"en": "en_GB", "sv": "sv_SE", "ar": "ar_EG", "hi": "hi_IN"}


_STARS = 5
#: CLDR sets a space between a currency's letters and the figures; Babel leaves it to us.
_LETTERS_BEFORE_FIGURES = re.compile(r"(?<=[^\W\d_])(?=\d)")


def locale_tag() -> str:
    """The same for `Intl` in a browser: of the digits that a language may have, those that we write here."""
    return f"{_locale()}-u-nu-latn".replace("_", "-")


def _locale() -> Locale:
    return Locale.parse(_LOCALES.get(translation.get_language() or "en", "en_GB"))


@register.filter
def money(amount: Decimal | float | None, currency: str) -> str:
    """`{{ order.total|money:order.currency }}`; nothing for no amount."""
    if amount is None:
        return ""
    exact = quantize(Decimal(str(amount)), currency)
    written = format_currency(exact, currency, locale=_locale(), currency_digits=True)
    return _LETTERS_BEFORE_FIGURES.sub("\u00a0", written)


class Tag(Protocol):
    """What `price_words` writes."""

    @property
    def currency(self) -> str: ...

    @property
    def now(self) -> Decimal | None: ...

    @property
    def is_from(self) -> bool: ...


@register.simple_tag
def price_words(tag: Tag) -> str:
    """What is paid; of what costs more or less, the least."""
    written = money(tag.now, tag.currency)
    return _("from {price}").format(price=written) if tag.is_from else written


@register.filter
def figure(number: float | Decimal) -> str:
    """A count or a rate, with the language's own digits and separators."""
    return format_decimal(number, locale=_locale())


@register.filter
def moment(at: dt.datetime | None) -> str:
    """Day and time, to the minute; nothing for none. Scripts make it the visitor's own (`times.js`)."""
    if at is None:
        return ""
    locale = _locale()
    order = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    return order.format(format_time(at, "short", locale=locale), format_date(at, "medium", locale=locale))


@register.filter
def day(at: dt.date | None) -> str:
    """The day alone; nothing for none."""
    return "" if at is None else format_date(at, "long", locale=_locale())


class _Compact(DjangoJSONEncoder):
    """JSON without the spaces, which nobody reads."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "separators": (",", ":")})


@register.filter
def carried(value: Any, name: str) -> SafeString:
    """Data that go along with a page for its modules, as Django's own `json_script`."""
    return json_script(value, name, encoder=_Compact)


@register.filter
def plain(number: Decimal | None) -> str:
    """Exact digits for the page's modules; nothing for none."""
    return "" if number is None else f"{number:f}"


@register.filter
def percent_off(percentage: Decimal) -> str:
    """What a sale takes off, with its sign."""
    return change(-percentage / 100)


@register.filter
def change(part: Decimal) -> str:
    """What something does to a price, as a part of it: +15 %."""
    sign = "+" if part > 0 else "\u2212"
    return sign + format_percent(abs(part), locale=_locale(), decimal_quantization=False)


@register.simple_tag
def stars(rating: float) -> SafeString:
    """A rating out of five as a row of stars, and for who can't see them as words."""
    full = min(max(int(rating + 0.5), 0), _STARS)
    row = "★" * full + "☆" * (_STARS - full)
    said = _("{rating} of {most} stars").format(rating=figure(rating), most=figure(_STARS))
    return format_html('<span class="stars" role="img" aria-label="{}">{}</span>', said, row)
