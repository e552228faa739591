"""A flash sale as it is written: JSON in, draft out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from catalog.services import UNSET, SaleDraft
from config.api.fields import AmountField, IdField, MomentField, StrictCharField, StrictIntegerField

#: Field of the dialect → field of a draft.
_FIELDS = {
    "name": "name",
    "description": "description",
    "discountPercentage": "discount_percentage",
    "startTime": "starts_at",
    "endTime": "ends_at",
    "products": "product_ids",
    "units": "units",
    "unitsPerCustomer": "units_per_customer",
}
_NAMES = {field: name for name, field in _FIELDS.items()}


class FlashSaleSerializer(serializers.Serializer[Any]):
    """A sale, whole or in part: which fields a new one needs is the services' to say."""

    name = StrictCharField(required=False)
    description = StrictCharField(required=False, allow_blank=True, multiline=True)
    discountPercentage = AmountField(required=False)  # noqa: N815
    startTime = MomentField(required=False)  # noqa: N815
    endTime = MomentField(required=False)  # noqa: N815
    products = serializers.ListField(child=IdField(), required=False)
    units = StrictIntegerField(required=False, allow_null=True)
    unitsPerCustomer = StrictIntegerField(required=False, allow_null=True)  # noqa: N815


def sale_draft(data: Mapping[str, Any]) -> SaleDraft:
    """The draft that validated data stand for."""
    said = {field: data.get(name, UNSET) for name, field in _FIELDS.items()}
    if "products" in data:
        said["product_ids"] = tuple(data["products"])
    return SaleDraft(**said)


def place_in_sale(place: str) -> str:
    """A place of a draft, in this dialect's words."""
    name, bracket, rest = place.partition("[")
    return f"{_NAMES.get(name, name)}{bracket}{rest}"
