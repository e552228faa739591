"""Items as they come in: their shape here, what they name in ``inventory.selectors.items``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.fields import CountField, IdField, QuantityField, StrictCharField, StrictIntegerField
from inventory.lines import CountLine, StockLine, ThresholdLine
from inventory.selectors.items import Item, Named, name_items
from inventory.services.holds import DEFAULT_TTL, MAX_TTL

MAX_ITEMS = 1000
MAX_PRODUCTS = 500
_LONGEST_SKU = 100
_LONGEST_ATTRIBUTE = 1000
_LONGEST_REASON = 500
_MAX_THRESHOLD = 1_000_000


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class AttributesField(serializers.Field[dict[str, str], Any, Any, Any]):
    """``{"material": "oak"}``: any names, each with a text."""

    default_error_messages = {"not_object": "must be an object of texts"}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict) or not all(
            isinstance(value, str) and len(value) <= _LONGEST_ATTRIBUTE for value in data.values()
        ):
            self.fail("not_object")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value


class NamingSerializer(serializers.Serializer[Any]):
    """What names a variant: its product with attributes, its own id, or a sku."""

    productId = IdField(required=False, allow_null=True)  # noqa: N815  the wire's name
    variantId = IdField(required=False, allow_null=True)  # noqa: N815  as above
    sku = StrictCharField(required=False, allow_null=True, max_length=_LONGEST_SKU)
    size = StrictCharField(required=False, allow_null=True, allow_blank=True, max_length=_LONGEST_ATTRIBUTE)
    color = StrictCharField(required=False, allow_null=True, allow_blank=True, max_length=_LONGEST_ATTRIBUTE)
    variant = AttributesField(required=False, allow_null=True)
    locationId = IdField(required=False, allow_null=True)  # noqa: N815  as above

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(name) for name in ("productId", "variantId", "sku")):
            raise serializers.ValidationError({"productId": ["required"]})
        return attrs

    def to_internal_value(self, data: Any) -> Any:
        checked = super().to_internal_value(data)
        checked["sent"] = data
        return checked


class ItemSerializer(NamingSerializer):
    quantity = QuantityField()


class AdjustmentSerializer(NamingSerializer):
    quantity = CountField()
    expected = CountField()
    reason = StrictCharField(required=False, default="", allow_blank=True, max_length=_LONGEST_REASON)


class CountSerializer(NamingSerializer):
    stock = CountField()


class ThresholdSerializer(NamingSerializer):
    lowStockThreshold = StrictIntegerField(min_value=0, max_value=_MAX_THRESHOLD)  # noqa: N815  the wire's name


class _Listed(serializers.ListField):
    """At most so many, in our own words."""

    default_error_messages = {"max_length": "must be at most {max_length}"}


class _Items(_Listed):
    def __init__(self, child: NamingSerializer, **kwargs: Any) -> None:
        super().__init__(child=child, allow_empty=False, max_length=MAX_ITEMS, **kwargs)


class ItemsBody(serializers.Serializer[Any]):
    items = _Items(ItemSerializer())


class RestockBody(ItemsBody):
    reason = StrictCharField(required=False, default="", allow_blank=True, max_length=_LONGEST_REASON)


class TransferBody(RestockBody):
    fromLocationId = IdField()  # noqa: N815  the wire's name
    toLocationId = IdField()  # noqa: N815  as above

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An item may say again where it comes from, and nowhere else."""
        wrong = {
            f"items[{at}].locationId": ["must be fromLocationId, or absent"]
            for at, item in enumerate(attrs["items"])
            if item.get("locationId") not in {None, attrs["fromLocationId"]}
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class ReserveBody(ItemsBody):
    ttlSeconds = StrictIntegerField(min_value=1, max_value=MAX_TTL, required=False, default=DEFAULT_TTL)  # noqa: N815


class ExtendBody(serializers.Serializer[Any]):
    ttlSeconds = StrictIntegerField(min_value=1, max_value=MAX_TTL)  # noqa: N815  the wire's name


class AdjustBody(serializers.Serializer[Any]):
    items = _Items(AdjustmentSerializer())


class ThresholdsBody(serializers.Serializer[Any]):
    items = _Items(ThresholdSerializer())


class SyncBody(serializers.Serializer[Any]):
    productIds = _Listed(child=IdField(), required=False, default=list, max_length=MAX_PRODUCTS)  # noqa: N815
    items = _Listed(child=CountSerializer(), required=False, default=list, max_length=MAX_ITEMS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["productIds"] and not attrs["items"]:
            raise serializers.ValidationError({"productIds": ["required, or items"]})
        return attrs


def item_of(checked: Mapping[str, Any]) -> Item:
    """The item that was sent, in the terms of ``selectors.items``."""
    attributes = dict(checked.get("variant") or {})
    attributes |= {name: checked[name] for name in ("size", "color") if checked.get(name) is not None}
    return Item(
        sent=checked["sent"],
        product_id=checked.get("productId") or None,
        variant_id=checked.get("variantId") or None,
        sku=checked.get("sku") or None,
        attributes=attributes,
        location_id=checked.get("locationId") or None,
    )


def stock_lines(checked: Sequence[Mapping[str, Any]]) -> list[StockLine]:
    """The lines of items with a quantity. Raises ``InvalidItems``."""
    return [
        StockLine(
            product_id=named.product_id,
            variant_id=named.variant_id,
            quantity=one["quantity"],
            location_id=named.item.location_id,
            item=one["sent"],
        )
        for one, named in _named(checked)
    ]


def count_lines(checked: Sequence[Mapping[str, Any]], *, figure: str) -> list[CountLine]:
    """The lines of items with a count, which stands in ``figure``. Raises ``InvalidItems``."""
    return [
        CountLine(
            product_id=named.product_id,
            variant_id=named.variant_id,
            quantity=one[figure],
            location_id=named.item.location_id,
            expected=one.get("expected"),
            reason=one.get("reason", ""),
            item=one["sent"],
        )
        for one, named in _named(checked)
    ]


def threshold_lines(checked: Sequence[Mapping[str, Any]]) -> list[ThresholdLine]:
    """The lines of items with a threshold. Raises ``InvalidItems``."""
    return [
        ThresholdLine(
            product_id=named.product_id,
            variant_id=named.variant_id,
            threshold=one["lowStockThreshold"],
            location_id=named.item.location_id,
            item=one["sent"],
        )
        for one, named in _named(checked)
    ]


def _named(checked: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Named]]:
    return list(zip(checked, name_items([item_of(one) for one in checked]), strict=True))
