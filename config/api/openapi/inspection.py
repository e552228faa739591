"""drf-spectacular's generator and inspector, told by the apps' tables (`DEFAULT_SCHEMA_CLASS`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, get_args, get_origin

from drf_spectacular.drainage import warn
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry
from rest_framework.renderers import BaseRenderer
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from config.api.openapi import errors, fields, headers
from config.api.openapi.operations import Operation, examples, table
from config.api.openapi.shapes import Schema, Shapes

__all__ = ["Generator", "TableSchema", "fields"]

_READS = frozenset({"GET", "HEAD"})
_NOTHING = 204
_UNCHANGED = 304
_PAGING = (
    ("limit", "At most so many, from 1 to 500", {"type": "integer", "minimum": 1, "maximum": 500}),
    ("cursor", "Where the page begins; `Link` of the page before names it", {"type": "string"}),
)


class Registry(ComponentRegistry):
    """All components: what serializers become, shapes, and what every operation refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes = Shapes()

    def build(self, extra_components: Mapping[str, Any]) -> Any:
        responses = errors.responses(self.shapes)
        ours = {
            "schemas": self.shapes.components,
            "responses": responses,
            "headers": headers.answer_headers(),
            "parameters": headers.request_headers(),
            "securitySchemes": headers.SECURITY_SCHEMES,
        }
        twice = self.shapes.components.keys() & {component.name for component in self._components.values()}
        if twice:
            warn(f"bodies and answers are called the same: {', '.join(sorted(twice))}")
        return super().build({**extra_components, **ours})


class TableSchema(AutoSchema):
    """An operation, as its table has it."""

    registry: Registry

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Any:
        self.registry = registry  # type: ignore[assignment]  # the generator below makes it
        self.path, self.path_regex, self.path_prefix, self.method = path, path_regex, path_prefix, method
        told = table().get(path, {}).get(method)
        if told is None:
            warn(f"no table describes {method} {path}")
            return None
        operation: Schema = {
            "operationId": _operation_id(path, method),
            "tags": [told.tag],
            "summary": told.summary,
            "description": self._description(told),
            "parameters": list(self._parameters(told)),
            "security": self._security(),
        }
        if told.body is not None:
            operation["requestBody"] = {"required": True, "content": self._content_of_body(told)}
        operation["responses"] = self._responses(told)
        return {
            name: value for name, value in operation.items() if value not in ([], "") or name == "security"
        }

    # ------------------------------------------------------------------------------------------ words

    def _description(self, told: Operation) -> str:
        return "\n\n".join(part for part in (told.notes, f"**Who:** {self._who()}.") if part)

    def _who(self) -> str:
        permission = self._permission
        roles, scopes = getattr(permission, "roles", ()), getattr(permission, "scopes", ())
        if getattr(permission, "guests", False):
            return "customers, and guests" if len(roles) == 1 else "anyone"
        words = [_ROLES.get(str(role), str(role)) for role in sorted(roles)]
        words += [f"a key with `{scope}`" for scope in sorted(map(str, scopes))]
        if getattr(permission, "in_open_mode", False):
            words.append("in open mode anyone")
        return ", ".join(words) or "nobody"

    @property
    def _permission(self) -> Any:
        """An instance of the permission class that guards it; `config.identity.permissions` says what it
        tells."""
        return self.view.get_permissions()[0]

    def _security(self) -> list[Schema]:
        """Any one of these; `{}`: none is needed."""
        if not self.view.authentication_classes:
            return []
        permission = self._permission
        roles, scopes = map(str, getattr(permission, "roles", ())), getattr(permission, "scopes", ())
        guests = getattr(permission, "guests", False)
        found: list[Schema] = [{}] if guests or getattr(permission, "in_open_mode", False) else []
        found.append({headers.BEARER: []})
        if scopes:
            found.append({headers.API_KEY: []})
        if "admin" in roles:
            session: Schema = {headers.SESSION: []}
            found.append(session if self.method in _READS else {**session, headers.CSRF: []})
        return found

    # ------------------------------------------------------------------------------------- what it takes

    def _parameters(self, told: Operation) -> Iterable[Schema]:
        for name in re.findall(r"{(\w+)}", self.path):
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for query in told.query:
            schema = self.registry.shapes.schema(query.kind)
            yield {"name": query.name, "in": "query", "description": query.meaning, "schema": schema} | (
                {"required": True} if query.required else {}
            )
        for name, meaning, schema in _PAGING if told.paged else ():
            yield {"name": name, "in": "query", "description": meaning, "schema": schema}
        if self._enveloped:
            meaning = "`envelope`: the answer in an envelope, as by `Accept`"
            yield {"name": "format", "in": "query", "description": meaning, "schema": {"const": "envelope"}}
        taken = [
            *told.takes,
            *(("If-None-Match", "If-Modified-Since") if told.conditional else ()),
            *(("If-Match",) if told.guarded else ()),
            *(("Idempotency-Key",) if told.once else ()),
        ]
        for name in taken:
            yield {"$ref": f"#/components/parameters/{name}"}

    def _content_of_body(self, told: Operation) -> Schema:
        content: Schema = {"schema": self._schema_of_body(told.body)}
        example = told.body_example if told.body_example is not None else example_of(told.body)
        if example is not None:
            content["example"] = example
        return {"application/json": content}

    def _schema_of_body(self, body: Any) -> Schema:
        if get_origin(body) is list:
            (item,) = get_args(body)
            return {"type": "array", "items": self._schema_of_body(item), "maxItems": 1000}
        if isinstance(body, type) and issubclass(body, Serializer):
            found: Schema = self.resolve_serializer(body(), "request").ref
            return found
        return self.registry.shapes.schema(body)

    # ------------------------------------------------------------------------------------- what it gives

    def _responses(self, told: Operation) -> Schema:
        found: Schema = {}
        for status, answer in {told.status: told.answer, **told.also}.items():
            found[str(status)] = self._response(told, status, answer)
        if told.conditional:
            found[str(_UNCHANGED)] = {
                "description": "It is as it was",
                "headers": _headers(["ETag", "Last-Modified", *(["X-Event-Cursor"] if told.cursor else [])]),
            }
        for status in sorted(self._refusals(told)):
            name = errors.response_name(status, batch=status in told.batch)
            found[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return dict(sorted(found.items()))

    def _response(self, told: Operation, status: int, answer: Any) -> Schema:
        response: Schema = {"description": HTTPStatus(status).phrase}
        given = [
            *told.gives,
            *(("ETag", "Last-Modified") if told.conditional or told.stamped else ()),
            *(("Link",) if told.paged else ()),
            *(("Idempotent-Replayed",) if told.once else ()),
            *(("X-Event-Cursor",) if told.cursor else ()),
        ]
        if given:
            response["headers"] = _headers(given)
        if answer is None:
            return response
        schema = self.registry.shapes.schema(answer)
        example = told.answer_example if told.answer_example is not None else example_of(answer)
        content: Schema = {}
        for media_type in told.media_types:
            content[media_type] = {"schema": schema} | ({} if example is None else {"example": example})
        if self._enveloped:
            one, many = getattr(self.view, "enveloped_as")  # noqa: B009  a view that envelopes has it
            name = many if get_origin(answer) is list else one
            content[self._enveloped.media_type] = _envelope(name, schema, example)
        return {**response, "content": content}

    def _refusals(self, told: Operation) -> set[int]:
        found = {*told.refusals, *told.batch, 503}
        if told.plain:
            return found - {503}
        if self.view.authentication_classes:
            found.add(401)
            if not getattr(self._permission, "guests", False):
                found.add(403)
        if told.body is not None:
            found |= {400, 413, 415}
        if told.query or told.paged or told.takes:
            found.add(400)
        if "{" in self.path:
            found.add(404)
        if told.guarded:
            found.add(412)
        if told.once:
            found |= {400, 409, 422}
        return found

    @property
    def _enveloped(self) -> type[BaseRenderer] | None:
        others = [one for one in self.view.renderer_classes if getattr(one, "format", "") == "envelope"]
        return others[0] if others else None

    # ----------------------------------------------------------------------------- serializers

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> Any:
        """Without a title: DRF makes one of each name, and says nothing new."""
        meta = super()._get_serializer_field_meta(field, direction)
        meta.pop("title", None)
        return meta

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:  # noqa: ARG002  its signature
        """`WishBody`; of a module that is one dialect's, with its name: `CatalogVariantBody`."""
        kind = type(serializer)
        name = re.sub(r"(Serializer|Body)$", "", kind.__name__.lstrip("_"))
        dialect, found, _ = kind.__module__.rpartition(".")[2].partition("_serializers")
        prefix = dialect.capitalize() if found and not name.startswith(dialect.capitalize()) else ""
        return f"{prefix}{name}Body"


_ROLES = {"admin": "staff", "customer": "customers", "tailor": "tailors", "delivery": "delivery partners"}


class Generator(SchemaGenerator):
    """Finds what is no DRF view by its table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registry = Registry()

    def _get_paths_and_endpoints(self) -> Any:
        found = super()._get_paths_and_endpoints()
        for path, operations in table().items():
            for method, told in operations.items():
                if told.plain:
                    view = _Plain()
                    schema = TableSchema()
                    self._set_schema_to_view(view, schema)
                    found.append((path, path, method, view))
        return sorted(found, key=lambda endpoint: (endpoint[0], _ORDER.index(endpoint[2])))


_ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")


class _Anyone:
    guests = True
    roles: tuple[str, ...] = ()


class _Plain(APIView):
    """Stands for a view that is none of DRF's."""

    authentication_classes = ()

    def get_permissions(self) -> Any:
        return [_Anyone()]


def example_of(annotation: Any) -> Any:
    """What the tables show of a type: a list has one."""
    if get_origin(annotation) is list:
        (item,) = get_args(annotation)
        example = example_of(item)
        return None if example is None else [example]
    return examples().get(annotation)


def _headers(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _envelope(name: str, schema: Schema, example: Any) -> Schema:
    content: Schema = {
        "schema": {
            "type": "object",
            "properties": {
                "status": {"const": "success"},
                "data": {"type": "object", "properties": {name: schema}, "required": [name]},
            },
            "required": ["status", "data"],
        }
    }
    if example is not None:
        content["example"] = {"status": "success", "data": {name: example}}
    return content


def _operation_id(path: str, method: str) -> str:
    """`post_stock_reduce`; `/products` and `/api/products` are two."""
    parts = ["catalog", *path.split("/")[1:]] if path.startswith("/products") else path.split("/")[2:]
    return "_".join([method.lower(), *(re.sub(r"\W+", "_", part.strip("{}")) for part in parts)])
