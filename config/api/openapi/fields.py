"""How drf-spectacular reads the fields of `config.api.fields`: their bounds are theirs to say."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from config.api.openapi.shapes import Schema


class FieldSchema(OpenApiSerializerFieldExtension):
    """A field's schema; a subclass names the field."""

    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Schema:  # noqa: ARG002  its signature
        return self.schema(self.target)

    def schema(self, field: Any) -> Schema:
        """The schema of one field."""
        raise NotImplementedError


class StrictInteger(FieldSchema):
    target_class = "config.api.fields.StrictIntegerField"

    def schema(self, field: Any) -> Schema:
        bounds = {"minimum": field.min_value, "maximum": field.max_value}
        return {"type": "integer", **{name: value for name, value in bounds.items() if value is not None}}


class StrictBoolean(FieldSchema):
    target_class = "config.api.fields.StrictBooleanField"

    def schema(self, field: Any) -> Schema:  # noqa: ARG002  as above
        return {"type": "boolean"}


class StrictChar(FieldSchema):
    target_class = "config.api.fields.StrictCharField"

    def schema(self, field: Any) -> Schema:
        words = getattr(field, "words", None)  # one of a few words
        if words:
            return {"type": "string", "enum": list(words)}
        least = field.min_length or (0 if field.allow_blank else 1)
        bounds = {"minLength": least or None, "maxLength": field.max_length}
        return {"type": "string", **{name: value for name, value in bounds.items() if value is not None}}


class StrictAmount(FieldSchema):
    target_class = "config.api.fields.AmountField"

    def schema(self, field: Any) -> Schema:  # noqa: ARG002  as above
        return {"type": "number", "minimum": 0}


class StrictMoment(FieldSchema):
    target_class = "config.api.fields.MomentField"

    def schema(self, field: Any) -> Schema:  # noqa: ARG002  as above
        return {"type": "string", "format": "date-time"}
