"""JSON Schema (2020-12) of Python's types: `TypedDict`s become components, the rest stands in place."""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

Schema = dict[str, Any]


@dataclass(frozen=True)
class Also:
    """What a type can't say: `Annotated[str, Also(format="date-time")]`."""

    format: str = ""
    description: str = ""
    minimum: int | None = None

    def keywords(self) -> Schema:
        """The keywords that it adds."""
        words = {"format": self.format, "description": self.description}
        least = {} if self.minimum is None else {"minimum": self.minimum}
        return {name: text for name, text in words.items() if text} | least


#: A moment as it goes out: UTC, milliseconds, `Z`.
Moment = Annotated[str, Also(format="date-time")]
#: Money: a JSON number with the currency's own number of decimals.
Amount = Annotated[int | float, Also(minimum=0)]
#: How many.
Count = Annotated[int, Also(minimum=0)]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    type(None): {"type": "null"},
    object: {},
    Any: {},
}


class Shapes:
    """Schemas, and the components that they refer to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._named: dict[str, type] = {}

    def schema(self, annotation: Any) -> Schema:
        """The schema of a type. Raises `TypeError` for one that JSON can't be described by."""
        if annotation in _PLAIN:
            return dict(_PLAIN[annotation])
        if typing.is_typeddict(annotation):
            return self._component(annotation)
        if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
            return {"type": "string", "enum": [member.value for member in annotation]}
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self._annotated(*arguments)
        if origin is typing.Literal:
            return self._literal(arguments)
        if origin in (typing.NotRequired, typing.Required):
            return self.schema(arguments[0])
        if origin in (typing.Union, types.UnionType):
            return self._union(arguments)
        return self._collection(annotation, origin or annotation, arguments)

    def _collection(self, annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        if isinstance(origin, type) and issubclass(origin, Mapping):
            values = self.schema(arguments[1]) if arguments else {}
            return {"type": "object", "additionalProperties": values or True}
        if isinstance(origin, type) and issubclass(origin, Sequence):
            return {"type": "array", "items": self.schema(arguments[0]) if arguments else {}}
        raise TypeError(f"no JSON Schema for {annotation!r}")

    def _component(self, shape: Any) -> Schema:
        name = shape.__name__
        if self._named.setdefault(name, shape) is not shape:
            raise TypeError(f"two shapes are called {name}: {shape!r} and {self._named[name]!r}")
        if name not in self.components:
            component: Schema = {"type": "object"}
            self.components[name] = component  # before its fields: a shape may hold itself
            if text := own_doc(shape):
                component["description"] = text
            hints = typing.get_type_hints(shape, include_extras=True)
            component["properties"] = {field: self.schema(hint) for field, hint in hints.items()}
            # `__required_keys__` knows nothing of annotations that are texts.
            required = [field for field, hint in hints.items() if get_origin(hint) is not typing.NotRequired]
            if required:
                component["required"] = required
        return {"$ref": f"#/components/schemas/{name}"}

    def _annotated(self, annotation: Any, *metadata: Any) -> Schema:
        schema = self.schema(annotation)
        for also in metadata:
            if isinstance(also, Also):
                schema |= also.keywords()
        return schema

    def _literal(self, words: tuple[Any, ...]) -> Schema:
        kinds = {type(word) for word in words}
        kind = _PLAIN.get(kinds.pop(), {}) if len(kinds) == 1 else {}
        return {**kind, "const": words[0]} if len(words) == 1 else {**kind, "enum": list(words)}

    def _union(self, kinds: tuple[Any, ...]) -> Schema:
        if set(kinds) == {int, float}:
            return {"type": "number"}
        if {int, float} < set(kinds):
            kinds = (float, *(kind for kind in kinds if kind not in (int, float)))
        schemas = [self.schema(kind) for kind in kinds]
        # `["string", "null"]` where nothing but the type differs.
        if all(set(schema) == {"type"} for schema in schemas):
            return {"type": [schema["type"] for schema in schemas]}
        return {"anyOf": schemas}


def own_doc(shape: Any) -> str:
    """A class's own docstring in one line, in Markdown; nothing that it has inherited, or was given."""
    text = shape.__dict__.get("__doc__") or ""
    if text.startswith((f"{shape.__name__}(", "dict(")):
        return ""
    return inspect.cleandoc(text).replace("``", "`").replace("\n", " ")
