"""Calls operations for real, and holds each answer against what the document says of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from django.test import Client

from config.api.openapi.headers import ANSWER
from realtime.reference import openapi

#: Shapes with fields that depend on what they are about: the document names some.
OPEN = frozenset({"Error", "ItemError", "BatchError", "Choice", "CatalogChoice"})
#: Headers that are there only at times.
SOMETIMES = frozenset(
    {"Link", "Idempotent-Replayed", "X-Cart-Token", "Retry-After", "Last-Modified", "Location"}
)


def strict_components() -> dict[str, Any]:
    """The document's components, whose shapes take no field that is not described."""
    components: dict[str, Any] = copy.deepcopy(dict(openapi.document()["components"]))
    for name, schema in components["schemas"].items():
        if "properties" in schema and name not in OPEN:
            schema["additionalProperties"] = False
    return components


def problems(schema: Mapping[str, Any], value: Any, components: Mapping[str, Any]) -> list[str]:
    """What of a value is not as the schema says; formats too."""
    validator = _validator(orjson.dumps(schema), orjson.dumps(_needed(schema, components)))
    return [f"{'/'.join(map(str, e.instance_path))}: {e.message[:200]}" for e in validator.iter_errors(value)]


#: Objects whose names are the shop's own.
_FREE = frozenset({"attributes", "options"})


def same_fields(place: str, example: Any, real: Any) -> list[str]:
    """Where a real value has other fields than its example; what either has nothing of tells nothing."""
    if isinstance(example, list) and isinstance(real, list):
        return same_fields(f"{place}[]", example[0], real[0]) if example and real else []
    if not (isinstance(example, dict) and isinstance(real, dict)) or place.rpartition(".")[2] in _FREE:
        return []
    other = (example.keys() ^ real.keys()) - {"stock", "prices"}
    found = [f"{place}: {name} is in one alone" for name in sorted(other)]
    for name in example.keys() & real.keys():
        found += same_fields(f"{place}.{name}", example[name], real[name])
    return found


@cache
def _validator(schema: bytes, schemas: bytes) -> Any:
    whole = {"allOf": [orjson.loads(schema)], "components": {"schemas": orjson.loads(schemas)}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _needed(schema: Any, components: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes that a schema leads to: the fewer there are, the sooner is it made ready."""
    found: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(waiting.pop())):
            if name not in found:
                found[name] = components["schemas"][name]
                waiting.append(found[name])
    return found


class Witness:
    """`witness("GET", "/api/orders/{order_id}", order_id=…)` gives the answer's JSON, after it was judged."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self._paths = openapi.document()["paths"]
        self._components = strict_components()
        self._client = Client(raise_request_exception=False)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Mapping[str, str] | None = None,
        query: str = "",
        **ids: str,
    ) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        answer = self._client.generic(
            method,
            path.format(**ids) + query,
            content,
            content_type="application/json",
            headers=dict(by or {}),
        )
        content = answer.getvalue()  # once: a stream is read but once
        is_json = answer.headers.get("Content-Type", "").partition(";")[0].endswith("json")
        given = json.loads(content) if is_json and content else None
        self._judge(method, path, answer, content, given)
        self._client.cookies.clear()
        self.answer = answer
        return given

    def _judge(self, method: str, path: str, answer: Any, text: bytes, given: Any) -> None:
        operation = self._paths[path][method.lower()]
        described = operation["responses"].get(str(answer.status_code))
        name = f"{method} {path} {answer.status_code}"
        if described is None:
            self.wrong.append(f"{name} is not described: {text[:300]!r}")
            return
        if answer.status_code < 400:
            self.seen.add((method, path))
        if "$ref" in described:
            described = self._components["responses"][described["$ref"].rpartition("/")[2]]
        self._judge_headers(name, described, answer)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        content = described.get("content", {})
        if not content:
            if text:
                self.wrong.append(f"{name} has a body")
        elif media_type not in content:
            self.wrong.append(f"{name} is {media_type}")
        elif media_type.endswith("json"):
            found = problems(content[media_type]["schema"], given, self._components)
            self.wrong.extend(f"{name} {problem}" for problem in found)

    def _judge_headers(self, name: str, described: Mapping[str, Any], answer: Any) -> None:
        told = set(described.get("headers", {}))
        borne = {header for header in ANSWER if header in answer.headers}
        if missing := told - borne - SOMETIMES:
            self.wrong.append(f"{name} lacks {sorted(missing)}")
        # A refusal is described once for all operations; what else it bears is the operation's.
        if answer.status_code < 400 and (untold := borne - told):
            self.wrong.append(f"{name} bears {sorted(untold)}, which is not described")
