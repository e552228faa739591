"""The catalog dialect's product as it is written: JSON in, draft out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from catalog.api.parts import AttributesField, ChoiceField, OptionalIdField
from catalog.services import (
    UNSET,
    CountDraft,
    MarketDraft,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)
from config.api.fields import AmountField, CountField, StrictBooleanField, StrictCharField


class PriceSerializer(serializers.Serializer[Any]):
    currency = StrictCharField()
    amount = AmountField()


class StockSerializer(serializers.Serializer[Any]):
    location_id = StrictCharField()
    quantity = CountField()


class VariantSerializer(serializers.Serializer[Any]):
    id = OptionalIdField()
    sku = StrictCharField()
    attributes = AttributesField()
    stock = StockSerializer(many=True, required=False)
    prices = PriceSerializer(many=True, required=False)


class MarketSerializer(serializers.Serializer[Any]):
    market = StrictCharField()
    title = StrictCharField()
    description = StrictCharField(required=False, allow_blank=True, multiline=True)
    keywords = StrictCharField(required=False, allow_blank=True)


class OptionSerializer(serializers.Serializer[Any]):
    name = StrictCharField()
    choices = serializers.ListField(child=ChoiceField(multiplier="price_multiplier"))


class ProductPartSerializer(serializers.Serializer[Any]):
    """Part of a product (PATCH)."""

    sku = StrictCharField(required=False)
    base_title = StrictCharField(required=False)
    description = StrictCharField(required=False, allow_blank=True, multiline=True)
    category = StrictCharField(required=False, allow_blank=True)
    subcategory = StrictCharField(required=False, allow_blank=True)
    image = StrictCharField(required=False, allow_blank=True)
    available = StrictBooleanField(required=False)
    featured = StrictBooleanField(required=False)
    prices = PriceSerializer(many=True, required=False)
    variants = VariantSerializer(many=True, required=False)
    stock = StockSerializer(many=True, required=False)
    options = OptionSerializer(many=True, required=False)
    metadata = MarketSerializer(many=True, required=False)


class WholeProductSerializer(ProductPartSerializer):
    """A product as PUT takes it: what it leaves out of the rest stays."""

    sku = StrictCharField()
    base_title = StrictCharField()


class NamedProductSerializer(WholeProductSerializer):
    """A product as PUT takes it in a batch."""

    id = StrictCharField()


class NewProductSerializer(WholeProductSerializer):
    """A product as POST takes it."""

    id = OptionalIdField()
    prices = PriceSerializer(many=True)


def draft_of(data: Mapping[str, Any]) -> ProductDraft:
    """The draft that validated data stand for."""
    return ProductDraft(
        id=data.get("id") or None,
        sku=data.get("sku", UNSET),
        title=data.get("base_title", UNSET),
        description=data.get("description", UNSET),
        category=data.get("category", UNSET),
        subcategory=data.get("subcategory", UNSET),
        image=data.get("image", UNSET),
        available=data.get("available", UNSET),
        featured=data.get("featured", UNSET),
        prices=_prices(data["prices"]) if "prices" in data else UNSET,
        variants=tuple(map(_variant, data["variants"])) if "variants" in data else UNSET,
        markets=tuple(MarketDraft(**market) for market in data["metadata"]) if "metadata" in data else UNSET,
        options=tuple(map(_option, data["options"])) if "options" in data else UNSET,
        stock=_counts(data.get("stock", ())),
    )


def place_in_catalog(place: str) -> str:
    """A place of a draft, in this dialect's words."""
    place = re.sub(r"^title\b", "base_title", place)
    return re.sub(r"^markets\b", "metadata", place)


def _variant(data: Mapping[str, Any]) -> VariantDraft:
    return VariantDraft(
        id=data.get("id") or None,
        sku=data["sku"],
        attributes=data["attributes"],
        prices=_prices(data["prices"]) if "prices" in data else UNSET,
        stock=_counts(data.get("stock", ())),
    )


def _prices(data: list[Mapping[str, Any]]) -> tuple[PriceDraft, ...]:
    return tuple(PriceDraft(price["currency"], price["amount"]) for price in data)


def _counts(data: Any) -> tuple[CountDraft, ...]:
    return tuple(CountDraft(count["quantity"], count["location_id"]) for count in data)


def _option(data: Mapping[str, Any]) -> OptionDraft:
    return OptionDraft(data["name"], tuple(data["choices"]))
