"""What is sent to ``/api/orders``: shapes and bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.fields import IdField, MomentField, QuantityField, StrictCharField
from config.kernel.money import MAX_AMOUNT
from inventory.api.items import MAX_ITEMS
from orders.api.wishes import WishSerializer
from orders.flow import Status, TailorStatus
from orders.models import Disposition

_LONGEST_ADDRESS = 2000
_LONGEST_NOTES = 2000
_LONGEST_NOTE = 1000
_LONGEST_WORD = 100
_LONGEST_PHONE = 40


@extend_schema_field({"type": "number", "minimum": 0})
class TotalField(serializers.Field[Decimal, Any, Any, Any]):
    """What a client has summed up: any number ≥ 0. It is rounded as money is before it is compared."""

    default_error_messages = {
        "not_number": "must be a number",
        "out_of_range": "must be an amount of at least 0",
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
            self.fail("not_number")
        if not 0 <= data <= MAX_AMOUNT:
            self.fail("out_of_range")
        return Decimal(repr(data)) if isinstance(data, float) else Decimal(data)

    def to_representation(self, value: Decimal) -> float:
        return float(value)


class WordField(serializers.ChoiceField):
    """One of a few words."""

    default_error_messages = {"invalid_choice": "must be one of {words}"}

    def __init__(self, words: Any, **kwargs: Any) -> None:
        self.words = ", ".join(words)
        super().__init__(choices=tuple(words), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", words=self.words)
        return data


class _Items(serializers.ListField):
    default_error_messages = {"max_length": "must be at most {max_length}"}


class OrderItemSerializer(WishSerializer):
    quantity = QuantityField()


class PlaceBody(serializers.Serializer[Any]):
    items = _Items(child=OrderItemSerializer(), required=False, allow_null=True, max_length=MAX_ITEMS)
    totalPrice = TotalField(required=False, allow_null=True)  # noqa: N815  the wire's name
    shippingAddress = StrictCharField(max_length=_LONGEST_ADDRESS, multiline=True)  # noqa: N815  as above
    phone = StrictCharField(required=False, allow_null=True, allow_blank=True, max_length=_LONGEST_PHONE)
    notes = StrictCharField(
        required=False, allow_null=True, allow_blank=True, multiline=True, max_length=_LONGEST_NOTES
    )
    paymentMethod = StrictCharField(required=False, default="cod", max_length=_LONGEST_PHONE)  # noqa: N815


class TrackingSerializer(serializers.Serializer[Any]):
    carrier = StrictCharField(required=False, allow_null=True, allow_blank=True, max_length=_LONGEST_WORD)
    trackingNumber = StrictCharField(  # noqa: N815  the wire's name
        required=False, allow_null=True, allow_blank=True, max_length=_LONGEST_WORD
    )


class NoteField(StrictCharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "required": False,
                "allow_null": True,
                "allow_blank": True,
                "multiline": True,
                "max_length": _LONGEST_NOTE,
                **kwargs,
            }
        )


class StatusBody(serializers.Serializer[Any]):
    status = WordField(list(Status))
    tracking = TrackingSerializer(required=False, allow_null=True)
    estimatedDelivery = MomentField(required=False, allow_null=True)  # noqa: N815  the wire's name
    note = NoteField()


class CancelBody(serializers.Serializer[Any]):
    note = NoteField()


class ReturnedSerializer(serializers.Serializer[Any]):
    itemId = IdField(required=False, allow_null=True)  # noqa: N815  the wire's name
    variantId = IdField(required=False, allow_null=True)  # noqa: N815  as above
    quantity = QuantityField()
    disposition = WordField(Disposition.values)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("itemId") and not attrs.get("variantId"):
            raise serializers.ValidationError({"itemId": ["required, or variantId"]})
        return attrs

    def to_internal_value(self, data: Any) -> Any:
        checked = super().to_internal_value(data)
        checked["sent"] = data
        return checked


class ReturnBody(serializers.Serializer[Any]):
    items = _Items(child=ReturnedSerializer(), allow_empty=False, max_length=MAX_ITEMS)


class AssignBody(serializers.Serializer[Any]):
    tailor = IdField(required=False, allow_null=True)
    deliveryPartner = IdField(required=False, allow_null=True)  # noqa: N815  the wire's name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"tailor": ["required, or deliveryPartner"]})
        return attrs


class TailorStatusBody(serializers.Serializer[Any]):
    status = WordField(list(TailorStatus))
    note = NoteField()
