"""Products as cards: price, what is left, what there is to choose. Pure: no reads, no HTTP.

The rules are those of the modules that go on from here in the browser (`store.js`, `card.js`): what the
server has drawn looks the same when they have taken over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.dialects.shop import shop_currency, shop_price
from catalog.records import VariantRecord
from catalog.sale_records import ProductSale
from catalog.selectors import Shown
from config.kernel.money import quantize

COLOR = "color"
_WORD = re.compile(r"[^\W_]+")
_CIRCLE, _SECTOR = 360, 30
_HASH = 0xFFFFFFFF

_TITLES: Mapping[str, Any] = {
    "flavors": gettext_lazy("Flavours"),
    "sizes": gettext_lazy("Sizes"),
    "eggOptions": gettext_lazy("Made with"),
    "size": gettext_lazy("Size"),
    COLOR: gettext_lazy("Colour"),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A price as it is written: ``before`` is struck; ``is_from``: some variants cost more."""

    currency: str
    now: Decimal | None
    before: Decimal | None = None
    is_from: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """One variant, or one colour: its name and how much there is of it."""

    label: str
    units: int
    level: str


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list."""

    id: str
    title: str
    category: str
    image: str
    initials: str
    hue: int
    tag: Tag
    units: int
    level: str
    available: bool
    sale: ProductSale | None = None
    colors: Sequence[Chip] = ()
    chips: Sequence[Chip] = ()
    options: Sequence[tuple[str, str]] = ()


def card_of(shown: Shown, *, host: str) -> Card:
    """``host`` is where the page is, whose own images it shows."""
    record = shown.record
    units = units_of(shown)
    total = sum(units.values()) if record.available else 0
    colors = colors_of(record.shown_variants)
    first = colors[0] if colors else None
    return Card(
        id=record.id,
        title=record.title,
        category=record.category,
        image=own_image(record.image, host=host),
        initials=initials(record.title),
        hue=hue_of(record.title),
        tag=tag_of(shown),
        units=total,
        level=level_of(total),
        available=record.available,
        sale=shown.sale,
        colors=[
            _chip(color, (v for v in record.shown_variants if v.attributes.get(COLOR) == color), units)
            for color in colors
        ],
        chips=[
            _chip(label_of(variant, first), [variant], units)
            for variant in record.shown_variants
            if first is None or variant.attributes.get(COLOR, first) == first
        ],
        options=[
            (title_of(option["name"]), ", ".join(choice["name"] for choice in option["choices"]))
            for option in record.options
        ],
    )


# ------------------------------------------------------------------------------------ variants


def units_of(shown: Shown) -> dict[str, int]:
    """What can be sold of each variant; nothing of a product that is not for sale."""
    figures, record = shown.figures, shown.record
    return {v.id: figures[v.id].available if record.available else 0 for v in record.variants}


def colors_of(variants: Sequence[VariantRecord]) -> list[str]:
    """The colours that are chosen first; none where there is nothing to choose but a colour."""
    if not any(name != COLOR for variant in variants for name in variant.attributes):
        return []
    return list(dict.fromkeys(v.attributes[COLOR] for v in variants if COLOR in v.attributes))


def label_of(variant: VariantRecord, color: str | None = None) -> str:
    """What a variant is called among those of one colour, or of all."""
    named = [value for name, value in variant.attributes.items() if color is None or name != COLOR]
    return " / ".join(named) or variant.attributes.get(COLOR, "") or _("One size")


def _chip(label: str, variants: Iterable[VariantRecord], units: Mapping[str, int]) -> Chip:
    left = sum(units[variant.id] for variant in variants)
    return Chip(label, left, level_of(left))


def level_of(units: int) -> str:
    """`out`, `low` or `ok`."""
    if units <= 0:
        return "out"
    return "low" if units <= settings.STOCKWIRE_LOW_STOCK else "ok"


def title_of(name: str) -> str:
    """What a shopper calls an option or an attribute."""
    return str(_TITLES.get(name, name[:1].upper() + name[1:]))


# -------------------------------------------------------------------------------------- prices


def tag_of(shown: Shown) -> Tag:
    """What the product costs while nothing of it is chosen."""
    amounts, currency = amounts_of(shown)
    if not amounts:
        return Tag(currency, None)
    lowest = min(amounts.values())
    now = reduced_to(lowest, currency, shown.sale)
    return Tag(currency, now, None if now == lowest else lowest, any(a != lowest for a in amounts.values()))


def amounts_of(shown: Shown) -> tuple[dict[str, Decimal], str]:
    """What each variant costs before any sale, and in which currency: the shop's, where there is one."""
    record = shown.record
    price = shop_price(record.prices)
    currency = price.currency if price else shop_currency()
    amounts = {}
    for variant in record.variants:
        own = next((one for one in variant.prices if one.currency == currency), price)
        if own is not None:
            amounts[variant.id] = quantize(own.amount, currency)
    return amounts, currency


def reduced_to(amount: Decimal, currency: str, sale: ProductSale | None) -> Decimal:
    """What is paid in place of an amount."""
    paid = sale.price(amount) if sale is not None else None
    return amount if paid is None else quantize(paid, currency)


# -------------------------------------------------------------------------------------- tiles


def own_image(address: str, *, host: str) -> str:
    """The address, where it is of the page's own origin; else nothing."""
    try:
        parts = urlsplit(address.strip().replace("\\", "/"))
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https") or not address.isprintable():
        return ""
    if parts.netloc:
        return address if parts.netloc == host and parts.scheme else ""
    return address if parts.path.startswith("/") and not parts.path.startswith("//") else ""


def initials(title: str) -> str:
    """One or two letters that stand for a product without a picture."""
    return "".join(word[0].upper() for word in _WORD.findall(title)[:2])


def hue_of(text: str) -> int:
    """The sector of the colour wheel that a text has, always the same one."""
    number = 0
    for character in text:
        number = (number * 31 + ord(character)) & _HASH
    return number % _CIRCLE // _SECTOR
