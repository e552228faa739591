"""How the console's own pages write amounts, moments and changes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django import template

from config.kernel import clock
from config.kernel.money import sign_of, to_number

register = template.Library()


@register.filter
def amount(value: Decimal, currency: str) -> str:
    """``1200 L.E.``."""
    return f"{to_number(value, currency)} {sign_of(currency)}"


@register.filter
def iso(moment: dt.datetime) -> str:
    """As the contract writes it; the script shows it as the reader's clock has it."""
    return clock.iso(moment)


@register.filter
def signed(change: int) -> str:
    """``+3``, ``-2``."""
    return f"{change:+d}"
