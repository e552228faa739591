"""Fields that both dialects build on: shapes and JSON types only. What is right, ``services.rules`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from catalog.services import ChoiceDraft
from config.api.fields import AmountField, IdField, StrictCharField


class OptionalIdField(IdField):
    """An id that may be absent, null or empty: clients send what their language has for "none yet"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "allow_blank": True, **kwargs})


class AttributesField(serializers.DictField):
    """Names and values, both texts."""

    child = StrictCharField(allow_blank=True)


class ChoiceField(serializers.Field[ChoiceDraft, Any, Any, Any]):
    """One choice of an option: name, multiplier, and whatever further texts describe it (``servings``)."""

    default_error_messages = {"not_object": "must be an object", "required": "required"}

    def __init__(self, *, multiplier: str, **kwargs: Any) -> None:
        self.multiplier = multiplier
        self.texts = StrictCharField(allow_blank=True)
        self.amounts = AmountField()
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> ChoiceDraft:
        if not isinstance(data, Mapping):
            self.fail("not_object")
        fields: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        if "name" not in data:
            errors["name"] = [self.error_messages["required"]]
        for name, value in data.items():
            if name not in ("name", self.multiplier) and not isinstance(value, str):
                continue  # an unknown field
            try:
                field = self.amounts if name == self.multiplier else self.texts
                fields[name] = field.to_internal_value(value)
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        multiplier = fields.pop(self.multiplier, None)
        draft = ChoiceDraft(fields.pop("name"), details=fields)
        return draft if multiplier is None else ChoiceDraft(draft.name, multiplier, fields)

    def to_representation(self, value: ChoiceDraft) -> Any:
        raise NotImplementedError("products are shown by catalog.dialects")
