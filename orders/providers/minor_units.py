"""Amounts as providers count them: whole numbers of the currency's smallest unit."""

from __future__ import annotations

from decimal import Decimal

from config.kernel.money import decimals_of


def to_minor(amount: Decimal, currency: str, *, decimals: int | None = None) -> int:
    """299.50 EUR is 29950. Raises ``ValueError`` for what is no whole number of that unit."""
    scaled = amount.scaleb(decimals_of(currency) if decimals is None else decimals)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} {currency} is no whole number of the smallest unit")
    return int(scaled)


def from_minor(count: int, currency: str, *, decimals: int | None = None) -> Decimal:
    """29950 EUR is 299.50."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError("a whole number of the smallest unit is wanted")
    return Decimal(count).scaleb(-(decimals_of(currency) if decimals is None else decimals))
