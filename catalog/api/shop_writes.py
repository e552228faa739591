"""What a write in the shop dialect means: several of its fields say the same thing, and clients send back
whole what they have read, with one of them changed. So of two that differ, the one is meant that differs
from what is there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from catalog.dialects.shop import OPTION_FIELDS, shop_currency, shop_product
from catalog.errors import invalid
from catalog.records import VariantRecord
from catalog.selectors import Shown
from catalog.services import (
    UNSET,
    CountDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    Unset,
    VariantDraft,
)

Data = Mapping[str, Any]


class ShopWrite:
    """One write: the body, validated and as it was sent, and the product that it changes, if it is there."""

    def __init__(self, data: Data, sent: Data, present: Shown | None) -> None:
        self._data = data
        self._sent = sent
        self._present = present
        self._shown = shop_product(present.record, present.figures) if present else {}
        self._places: list[str] = []  # of each variant, as the client named it
        self._title = self._meant("title", "name")
        self._price = self._meant("price", "basePrice")

    def draft(self) -> ProductDraft:
        """The draft. Refuses, as ``InvalidInput``: two fields that contradict each other."""
        data = self._data
        currency = data.get("currency", self._shown.get("currency", shop_currency()))
        variants = self._variants(currency)
        stock = self._stock(variants)
        if _is_nameless(variants):
            # A client that knows only sizes writes a product without any as one size without a name.
            stock = variants[0].stock
            variants = ()
        return ProductDraft(
            id=data.get("id") or data.get("_id") or None,
            sku=data.get("sku", UNSET),
            title=data.get(self._title, UNSET),
            description=data.get("description", UNSET),
            category=data.get("category", UNSET),
            subcategory=data.get("subcategory", UNSET),
            image=data.get("image", UNSET),
            available=data.get("available", UNSET),
            featured=data.get("featured", UNSET),
            price=PriceDraft(currency, data[self._price]) if self._price in data else UNSET,
            variants=variants,
            changed_options=tuple(self._options()),
            stock=stock,
        )

    def place(self, place: str) -> str:
        """A place of the draft, in the words of this body."""
        place = re.sub(r"^title$", self._title, place)
        place = re.sub(r"^prices?(\.amount)?$", self._price, place)
        place = re.sub(r"^price\.currency$", "currency", place)
        place = re.sub(r"^options\[(\d+)\]\.choices", self._option_place, place)
        place = re.sub(r"\.price_multiplier$", ".priceMultiplier", place)
        place = re.sub(r"^variants\[(\d+)\]", self._variant_place, place)
        place = re.sub(r"\.price\.amount$", ".price", place)
        return re.sub(r"(^|\.)stock\[0\]\.quantity$", r"\1stock", place)

    # ---------------------------------------------------------------------------- twins
    def _meant(self, first: str, second: str) -> str:
        """Of two names of one thing the one that is meant."""
        if first not in self._data or second not in self._data:
            return second if second in self._data else first
        if self._data[first] == self._data[second]:
            return first
        as_it_is = [name for name in (first, second) if self._is_echo(name)]
        if not as_it_is:
            raise invalid(second, f"says something else than {first}")
        return first if as_it_is == [second] else second

    def _is_echo(self, name: str) -> bool:
        return self._present is not None and self._sent.get(name) == self._shown[name]

    # ---------------------------------------------------------------------------- options, stock
    def _options(self) -> Iterator[OptionDraft]:
        for name in OPTION_FIELDS:
            if name in self._data:
                yield OptionDraft(name, tuple(self._data[name]))
        if "options" not in self._data:
            return
        named = {option["name"]: option for option in self._data["options"]}
        for option in named.values():
            yield OptionDraft(option["name"], tuple(option["choices"]))
        for option in self._shown.get("options", ()):
            if option["name"] not in named:
                yield OptionDraft(option["name"], ())

    def _option_place(self, match: re.Match[str]) -> str:
        fields = [name for name in OPTION_FIELDS if name in self._data]
        index = int(match[1])
        return fields[index] if index < len(fields) else f"options[{index - len(fields)}].choices"

    def _stock(self, variants: tuple[VariantDraft, ...] | Unset) -> tuple[CountDraft, ...]:
        if "stock" not in self._data or self._is_echo("stock"):
            return ()
        counted = CountDraft(self._data["stock"], for_sale=True)
        if not isinstance(variants, Unset) and variants:
            total = sum(count.quantity for variant in variants for count in variant.stock)
            if counted.quantity == total:
                return ()
        return (counted,)

    # ---------------------------------------------------------------------------- variants
    def _variants(self, currency: str) -> tuple[VariantDraft, ...] | Unset:
        listed, sized = "variants" in self._data, "sizeVariants" in self._data
        if listed and sized:
            sized = not self._is_echo("sizeVariants")
            # A list without variants says less than sizes do.
            listed = not self._is_echo("variants") and not (sized and not self._data["variants"])
            sized = sized and not listed
        if listed:
            return tuple(self._listed(currency))
        return tuple(self._sized(currency)) if sized else UNSET

    def _listed(self, currency: str) -> Iterator[VariantDraft]:
        for at, data in enumerate(self._data["variants"]):
            self._places.append(f"variants[{at}]")
            yield _variant(data, data["attributes"], currency)

    def _sized(self, currency: str) -> Iterator[VariantDraft]:
        cells = _cells(self._present.record.shown_variants if self._present else ())
        shown = {
            (size["size"], color["color"]): color["stock"]
            for size in self._shown.get("sizeVariants", ())
            for color in size["colorVariants"]
        }
        for place, size, data in self._entries():
            cell = (size, data["color"])
            known = cells.get(cell, [])
            if len(known) > 1:
                # The entry stands for several variants: it can be sent back, but it can't be changed.
                if data.get("stock", shown[cell]) != shown[cell] or data.keys() & {"sku", "price"}:
                    raise invalid(place, "stands for several variants: write them as variants")
                for variant in known:
                    self._places.append(place)
                    yield VariantDraft(id=variant.id, attributes=variant.attributes, sku=variant.sku)
                continue
            self._places.append(place)
            if known and not data.get("id"):
                yield _variant({**data, "id": known[0].id}, known[0].attributes, currency)
            else:
                named = {"size": size, "color": data["color"]}
                yield _variant(data, {name: value for name, value in named.items() if value}, currency)

    def _entries(self) -> Iterator[tuple[str, str, Data]]:
        sizes = self._data["sizeVariants"]
        entries = [
            (f"sizeVariants[{i}].colorVariants[{j}]", size["size"], color)
            for i, size in enumerate(sizes)
            for j, color in enumerate(size["colorVariants"])
        ]
        return iter(entries)

    def _variant_place(self, match: re.Match[str]) -> str:
        index = int(match[1])
        return self._places[index] if index < len(self._places) else match[0]


def _is_nameless(variants: tuple[VariantDraft, ...] | Unset) -> TypeGuard[tuple[VariantDraft, ...]]:
    """Whether it is one variant that is nothing but a stock figure."""
    if isinstance(variants, Unset) or len(variants) != 1:
        return False
    return variants[0] == VariantDraft(attributes={}, stock=variants[0].stock)


def _variant(data: Data, attributes: Mapping[str, str], currency: str) -> VariantDraft:
    return VariantDraft(
        id=data.get("id") or None,
        sku=data.get("sku", UNSET),
        attributes=attributes,
        price=PriceDraft(currency, data["price"]) if "price" in data else UNSET,
        stock=(CountDraft(data["stock"], for_sale=True),) if "stock" in data else (),
    )


def _cells(variants: Sequence[VariantRecord]) -> dict[tuple[str, str], list[VariantRecord]]:
    found: defaultdict[tuple[str, str], list[VariantRecord]] = defaultdict(list)
    for variant in variants:
        found[variant.attributes.get("size", ""), variant.attributes.get("color", "")].append(variant)
    return found
