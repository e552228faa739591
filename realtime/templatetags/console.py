"""How the console's own pages write amounts, moments and changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

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


@register.filter
def doer(record: Any, names: Mapping[str, str]) -> str:
    """Who did it: by name, where there is one."""
    return names.get(record.actor, record.actor)
