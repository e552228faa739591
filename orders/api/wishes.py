"""Items as they come into carts and orders: shapes here, what they name in ``orders.selectors.wishes``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from config.api.fields import QuantityField, StrictCharField
from inventory.api.items import AttributesField, NamingSerializer, item_of
from orders.dialects.options import OPTION_OF, stored_options
from orders.wishes import CartChange, Wish

_LONGEST_CHOICE = 200
_ACTIONS = ("add", "remove", "set")


class SomeAttributesField(AttributesField):
    """Attributes of which some may be null: such a one was not named."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)


class ChoiceField(StrictCharField):
    """A choice of an option; null and empty: none was made."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "required": False,
                "allow_null": True,
                "allow_blank": True,
                "max_length": _LONGEST_CHOICE,
                **kwargs,
            }
        )


class WishSerializer(NamingSerializer):
    """What names a variant, and choices: all in ``options``, or flatly beside the item."""

    variant = SomeAttributesField(required=False, allow_null=True)
    options = SomeAttributesField(required=False, allow_null=True)
    flavor = ChoiceField()
    eggOption = ChoiceField()  # noqa: N815  the wire's name


class CartItemBody(WishSerializer):
    quantity = QuantityField()


class QuantityBody(serializers.Serializer[Any]):
    quantity = QuantityField()


class CartChangeSerializer(WishSerializer):
    """One of a batch. ``remove`` needs no quantity."""

    action = serializers.ChoiceField(
        choices=_ACTIONS, error_messages={"invalid_choice": f"must be one of {', '.join(_ACTIONS)}"}
    )
    quantity = QuantityField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        checked = super().validate(attrs)
        if checked["action"] != "remove" and "quantity" not in checked:
            raise serializers.ValidationError({"quantity": ["required"]})
        return checked


def wish_of(checked: Mapping[str, Any]) -> Wish:
    """The wish that was sent."""
    flat = {name: checked[name] for name in OPTION_OF if name != "size" and checked.get(name)}
    options = stored_options({**flat, **(checked.get("options") or {})})
    # `size` alone may be an attribute or an option; an item's attributes are settled with it.
    item = item_of({name: value for name, value in checked.items() if name != "size"})
    return Wish(
        item=item,
        quantity=checked.get("quantity", 1),
        options=options if options or checked.get("options") is not None else None,
        size=checked.get("size") or None,
    )


def change_of(checked: Mapping[str, Any]) -> CartChange:
    """The change that was sent."""
    return CartChange(action=checked["action"], wish=wish_of(checked))
