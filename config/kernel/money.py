"""Money: currencies, their decimals and signs, exact amounts. No prices, no rates.

Decimals after ISO 4217 (list one, as published by SIX, https://www.six-group.com/en/products-services/financial-information/data-standards.html).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

#: Active ISO 4217 codes whose minor unit is not two decimals.
_DECIMALS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

#: Every active ISO 4217 currency code.
_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN
    BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF
    KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU
    UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())

_SIGNS = {
    "AUD": "A$", "BRL": "R$", "CAD": "CA$", "CNY": "CN¥", "DKK": "kr", "EGP": "L.E.", "EUR": "€", "GBP": "£",
    "HKD": "HK$", "ILS": "₪", "INR": "₹", "JPY": "¥", "KRW": "₩", "MXN": "MX$", "NGN": "₦", "NOK": "kr",
    "NZD": "NZ$", "PHP": "₱", "PLN": "zł", "SEK": "kr", "THB": "฿", "TRY": "₺", "UAH": "₴", "USD": "$",
    "VND": "₫",
}  # fmt: skip

#: The largest amount that the database holds (numeric(20, 4)).
MAX_AMOUNT = Decimal("9999999999999999.9999")


def decimals_of(currency: str) -> int:
    """How many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, 2)


def sign_of(currency: str) -> str:
    """The currency's usual sign, such as ``L.E.`` or ``₹``; the code itself where there is none."""
    return _SIGNS.get(currency, currency)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """``amount`` rounded half up to the currency's own decimals."""
    return amount.quantize(Decimal(1).scaleb(-decimals_of(currency)), rounding=ROUND_HALF_UP)


def to_number(amount: Decimal, currency: str) -> int | float:
    """``amount`` as the JSON number that the contract shows: whole amounts as integers, others exact.

    A float is only the carrier to the JSON text here: ``repr`` of the nearest double of any amount
    that the database holds with up to 15 significant digits is that amount again.
    """
    exact = quantize(amount, currency)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
