"""Money, moments and figures as the visitor's language writes them, by CLDR's rules (Babel)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from django import template
from django.utils import translation

from config.kernel.money import quantize

register = template.Library()

#: A language alone names no country, and with it no way to write money; these are the shop's markets.
_LOCALES = {"en": "en_GB", "sv": "sv_SE", "ar": "ar_EG", "hi": "hi_IN"}


def _locale() -> Locale:
    return Locale.parse(_LOCALES.get(translation.get_language() or "en", "en_GB"))


@register.filter
def money(amount: Decimal | float | None, currency: str) -> str:
    """`{{ order.total|money:order.currency }}`; nothing for no amount."""
    if amount is None:
        return ""
    exact = quantize(Decimal(str(amount)), currency)
    return format_currency(exact, currency, locale=_locale(), currency_digits=True)


@register.filter
def figure(number: float | Decimal) -> str:
    """A count or a rate, with the language's own digits and separators."""
    return format_decimal(number, locale=_locale())


@register.filter
def moment(at: dt.datetime | None) -> str:
    """Day and time; nothing for none."""
    return "" if at is None else format_datetime(at, "medium", locale=_locale())


@register.filter
def day(at: dt.date | None) -> str:
    """The day alone; nothing for none."""
    return "" if at is None else format_date(at, "long", locale=_locale())
