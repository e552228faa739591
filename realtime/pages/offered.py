"""One product as its page offers it: what there is to choose, what that costs, and how much there is. Pure.

Prices are `catalog.offers`' own, as carts and orders have them; `product.js` goes on by the same rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from catalog.offers import Offer
from catalog.records import VariantRecord
from catalog.sale_records import SaleOffer
from catalog.selectors import Shown
from realtime.pages.goods import (
    COLOR,
    Tag,
    amounts_of,
    colors_of,
    label_of,
    level_of,
    tag_of,
    title_of,
    units_of,
)

#: Fields of the form: `option_flavors`, …
OPTION = "option_"
_MOST = 9_999


@dataclass(frozen=True, slots=True)
class Pick:
    """One variant to choose. ``price`` is before any sale."""

    id: str
    label: str
    #: Where it stands among others: all that it is.
    spoken: str
    units: int
    level: str
    price: Decimal | None
    checked: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Variants of one colour, or all of them under no name. The chosen one's group is ``shown`` first."""

    name: str
    picks: Sequence[Pick]

    @property
    def shown(self) -> bool:
        return any(pick.checked for pick in self.picks)

    @property
    def level(self) -> str:
        return "ok" if any(pick.units for pick in self.picks) else "out"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of an option. ``change``: what it does to the price, as a part of it; 0.15 for 15 % more."""

    name: str
    details: str
    multiplier: Decimal
    checked: bool

    @property
    def change(self) -> Decimal:
        return self.multiplier - 1


@dataclass(frozen=True, slots=True)
class Choices:
    """An option, and the field of the form that it is."""

    field: str
    title: str
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Offered:
    """What the buying part of the page shows, for what has been chosen so far."""

    picked: str
    title: str
    groups: Sequence[Group]
    options: Sequence[Choices]
    tag: Tag
    base: Decimal | None
    units: int
    level: str
    off: Decimal | None
    ends_at: dt.datetime | None
    sale: str
    sale_name: str
    sale_sold_out: bool
    version: int
    quantity: int
    #: The variant that bears the stock where there is nothing to choose.
    implicit: str

    @property
    def must_choose(self) -> bool:
        return bool(self.groups) and not self.picked


def offered(shown: Shown, said: Mapping[str, str]) -> Offered:
    """``said`` is what was chosen: fields of the form. What there is not counts as not said."""
    record = shown.record
    units = units_of(shown)
    amounts, currency = amounts_of(shown)
    variants = record.shown_variants
    known = {variant.id for variant in variants}
    picked = said.get("variantId", "") if said.get("variantId") in known else ""
    if len(variants) == 1:
        picked = variants[0].id
    options = [_choices(option, said) for option in record.options if option["choices"]]
    left = units[picked] if picked else sum(units.values())
    implicit = record.implicit_variant.id if record.implicit_variant else ""
    sale = shown.sale
    return Offered(
        picked=picked,
        title=_axis(variants),
        groups=_groups(variants, units, amounts, picked),
        options=options,
        tag=_tag(shown, picked or implicit, options, amounts, currency),
        base=min(amounts.values()) if amounts else None,
        units=left,
        level=level_of(left),
        off=sale.discount_percentage if sale and not sale.sold_out else None,
        ends_at=sale.ends_at if sale else None,
        sale=sale.id if sale else "",
        sale_name=sale.name if sale else "",
        sale_sold_out=bool(sale and sale.sold_out),
        version=shown.version,
        quantity=_quantity(said.get("quantity", "")),
        implicit=implicit,
    )


def _groups(
    variants: Sequence[VariantRecord], units: Mapping[str, int], amounts: Mapping[str, Decimal], picked: str
) -> list[Group]:
    def picks(color: str | None) -> list[Pick]:
        return [
            Pick(
                id=variant.id,
                label=label_of(variant, color),
                spoken=", ".join(variant.attributes.values()),
                units=units[variant.id],
                level=level_of(units[variant.id]),
                price=amounts.get(variant.id),
                checked=variant.id == picked,
            )
            for variant in variants
            if color is None or variant.attributes.get(COLOR, "") == color
        ]

    colors = colors_of(variants)
    if not colors:
        return [Group("", picks(None))] if variants else []
    # What has no colour is not of all of them here, as in a card: it can be bought once.
    groups = [Group(color, picks(color)) for color in [*colors, ""]]
    return [group for group in groups if group.picks]


def _axis(variants: Sequence[VariantRecord]) -> str:
    """What is chosen by a variant, beside its colour."""
    names = dict.fromkeys(name for variant in variants for name in variant.attributes)
    others = [name for name in names if name != COLOR] or list(names)
    return " / ".join(title_of(name) for name in others)


def _choices(option: Mapping[str, Any], said: Mapping[str, str]) -> Choices:
    field = OPTION + option["name"]
    names = [choice["name"] for choice in option["choices"]]
    chosen = said.get(field) if said.get(field) in names else names[0]
    return Choices(
        field,
        title_of(option["name"]),
        [
            Choice(
                choice["name"],
                ", ".join(
                    _detail(name, value)
                    for name, value in choice.items()
                    if name not in ("name", "price_multiplier")
                ),
                Decimal(str(choice["price_multiplier"])),
                choice["name"] == chosen,
            )
            for choice in option["choices"]
        ],
    )


def _detail(name: str, value: Any) -> str:
    """What else there is to a choice: a cake's servings, or whatever a shop has put there."""
    return gettext("serves %(number)s") % {"number": value} if name == "servings" else str(value)


def _tag(
    shown: Shown,
    variant_id: str,
    options: Sequence[Choices],
    amounts: Mapping[str, Decimal],
    currency: str,
) -> Tag:
    """The price with everything that is chosen; as in a card where no variant is."""
    plain = tag_of(shown)
    amount = amounts.get(variant_id, min(amounts.values(), default=None)) if amounts else None
    if amount is None:
        return plain
    sale = shown.sale
    offer = Offer(
        product_id=shown.record.id,
        variant_id=variant_id,
        sku=shown.record.sku,
        title=shown.record.title,
        image=shown.record.image,
        attributes={},
        options=shown.record.options,
        for_sale=shown.record.available,
        currency=currency,
        price=amount,
        sale=SaleOffer(sale.id, sale.discount_percentage) if sale and not sale.sold_out else None,
    )
    chosen = {
        option.field.removeprefix(OPTION): choice.name
        for option in options
        for choice in option.choices
        if choice.checked
    }
    now, before = offer.unit_price(chosen), replace(offer, sale=None).unit_price(chosen)
    return Tag(currency, now, None if now == before else before, plain.is_from and not variant_id)


def _quantity(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST))
    return min(max(int(text), 1), _MOST) if is_number else 1
