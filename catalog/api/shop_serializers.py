"""The shop dialect's product as it is written: JSON in, typed values out (``shop_writes`` makes drafts).

Fields are called what the dialect calls them.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.api.parts import AttributesField, ChoiceField, OptionalIdField
from config.api.fields import AmountField, StrictBooleanField, StrictCharField, StrictIntegerField


class UnitsField(StrictIntegerField):
    """Units in all places together: each place has its bound, and what was read can be sent back."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, **kwargs})


class VariantSerializer(serializers.Serializer[Any]):
    id = OptionalIdField()
    sku = StrictCharField(required=False)
    attributes = AttributesField()
    stock = UnitsField(required=False)
    price = AmountField(required=False)


class ColorSerializer(serializers.Serializer[Any]):
    id = OptionalIdField()
    sku = StrictCharField(required=False)
    color = StrictCharField(required=False, allow_blank=True, default="")
    stock = UnitsField(required=False)
    price = AmountField(required=False)


class SizeSerializer(serializers.Serializer[Any]):
    size = StrictCharField(required=False, allow_blank=True, default="")
    colorVariants = ColorSerializer(many=True)  # noqa: N815


class ChoicesField(serializers.ListField):
    child = ChoiceField(multiplier="priceMultiplier")


class OptionSerializer(serializers.Serializer[Any]):
    name = StrictCharField()
    choices = ChoicesField()


class ShopProductSerializer(serializers.Serializer[Any]):
    """A product, whole or in part: which fields a new one needs is the services' to say."""

    id = OptionalIdField()
    _id = OptionalIdField()
    sku = StrictCharField(required=False)
    title = StrictCharField(required=False)
    name = StrictCharField(required=False)
    description = StrictCharField(required=False, allow_blank=True, multiline=True)
    category = StrictCharField(required=False, allow_blank=True)
    subcategory = StrictCharField(required=False, allow_blank=True)
    image = StrictCharField(required=False, allow_blank=True)
    price = AmountField(required=False)
    basePrice = AmountField(required=False)  # noqa: N815
    currency = StrictCharField(required=False)
    variants = VariantSerializer(many=True, required=False)
    sizeVariants = SizeSerializer(many=True, required=False)  # noqa: N815
    flavors = ChoicesField(required=False)
    sizes = ChoicesField(required=False)
    eggOptions = ChoicesField(required=False)  # noqa: N815
    options = OptionSerializer(many=True, required=False)
    available = StrictBooleanField(required=False)
    featured = StrictBooleanField(required=False)
    stock = UnitsField(required=False)
