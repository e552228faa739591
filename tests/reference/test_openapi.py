"""The REST document: whole, valid, with examples that hold, and given as JSON and YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict, get_args, get_origin

import pytest
import yaml
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import validate
from rest_framework.serializers import BaseSerializer

from config.api.openapi.inspection import Generator, example_of
from config.api.openapi.operations import Operation, examples, table
from config.api.openapi.shapes import Amount, Moment, Shapes
from realtime.reference import openapi
from tests.reference.witness import problems, strict_components

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def _operations() -> list[tuple[str, str, Operation]]:
    return [(method, path, told) for path, found in table().items() for method, told in found.items()]


# --------------------------------------------------------------------------------------- the whole


def test_it_is_generated_without_a_warning_and_valid() -> None:
    GENERATOR_STATS.reset()
    made = Generator().get_schema(public=True)
    assert (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache)) == ({}, {})
    assert made["openapi"] == "3.1.0"
    validate(json.loads(json.dumps(made)))


def test_its_operations_are_those_of_the_urlconf() -> None:
    described = {
        (method.upper(), path) for path, found in openapi.document()["paths"].items() for method in found
    }
    assert described == set(_of_the_urlconf(get_resolver().url_patterns))


def test_a_path_without_a_line_in_a_table_is_complained_of(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {path: found for path, found in table().items() if path != "/api/orders"}
    monkeypatch.setattr("config.api.openapi.inspection.table", lambda: rest)
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        Generator().get_schema(public=True)
    complaints = " ".join(GENERATOR_STATS._warn_cache)
    assert "no table describes GET /api/orders" in complaints
    assert "no table describes POST /api/orders" in complaints
    GENERATOR_STATS.reset()


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [one["operationId"] for found in openapi.document()["paths"].values() for one in found.values()]
    assert len(names) == len(set(names))


def _of_the_urlconf(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).replace("<str:", "{").replace(">", "}")
        if isinstance(pattern, URLResolver):
            yield from _of_the_urlconf(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith(("/api/", "/products")):
            yield from ((method, route) for method in _methods_of(pattern.callback))


def _methods_of(view: Any) -> set[str]:
    if hasattr(view, "actions"):
        return {method.upper() for method in view.actions} - {"HEAD"}
    if hasattr(view, "cls"):
        return {method for method in _METHODS if hasattr(view.cls, method.lower())}
    return {"GET"}


# ---------------------------------------------------------------------------------------- examples


def test_the_examples_are_what_the_document_says_and_the_house_takes() -> None:
    components = strict_components()
    wrong = []
    for method, path, told in _operations():
        operation = openapi.document()["paths"][path][method.lower()]
        contents = {"body": operation.get("requestBody", {}).get("content", {})}
        contents |= {status: one.get("content", {}) for status, one in operation["responses"].items()}
        for place, content in contents.items():
            for media_type, described in content.items():
                found = ["no example"] if "example" not in described else []
                found = found or problems(described["schema"], described["example"], components)
                wrong += [f"{method} {path} {place} {media_type}: {one}" for one in found]
        if told.body is not None:
            wrong += _refused_by_its_serializer(told)
    assert wrong == []


def test_refusals_have_examples_that_hold() -> None:
    components = strict_components()
    wrong = [
        f"{name} {problem}"
        for name, response in components["responses"].items()
        for content in response["content"].values()
        for problem in problems(content["schema"], content["example"], components)
    ]
    assert wrong == []


def _refused_by_its_serializer(told: Operation) -> list[str]:
    kind = get_args(told.body)[0] if get_origin(told.body) is list else told.body
    if not (isinstance(kind, type) and issubclass(kind, BaseSerializer)):
        return []
    checked = kind(data=examples()[kind])
    return [] if checked.is_valid() else [f"{kind.__name__}: {checked.errors}"]


# -------------------------------------------------------------------------------- who may, and bounds


def _security(method: str, path: str) -> Any:
    return openapi.document()["paths"][path][method.lower()]["security"]


def test_credentials_are_read_off_the_permissions() -> None:
    staff: list[dict[str, list[str]]] = [{"bearer": []}, {"session": [], "csrf": []}]
    assert _security("POST", "/api/stock/adjust") == staff
    assert _security("GET", "/api/stock/movements") == [{"bearer": []}, {"session": []}]
    assert _security("POST", "/api/stock/reduce") == [
        {},
        {"bearer": []},
        {"apiKey": []},
        {"session": [], "csrf": []},
    ]
    assert _security("POST", "/api/orders") == [{"bearer": []}]
    assert _security("GET", "/api/cart") == [{}, {"bearer": []}]
    assert _security("POST", "/api/auth/login") == []


def test_bounds_are_read_off_the_serializers() -> None:
    schemas = openapi.document()["components"]["schemas"]
    assert schemas["ItemBody"]["properties"]["quantity"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 1_000_000,
    }
    assert schemas["ItemBody"]["required"] == ["quantity"]
    assert schemas["StatusBody"]["properties"]["status"]["enum"] == [
        "pending",
        "processing",
        "shipped",
        "delivered",
        "cancelled",
    ]
    assert schemas["OpeningBody"]["properties"]["priority"]["enum"] == ["low", "normal", "high", "urgent"]


# ------------------------------------------------------------------------------------------- shapes


class Word(StrEnum):
    YES = "yes"


class Inner(TypedDict):
    """Something
    inside."""

    at: Moment


class Outer(TypedDict):
    inner: Inner | None
    many: list[Inner]
    price: Amount
    word: Word
    one: Literal["a"]
    some: Literal["a", "b"]
    maybe: NotRequired[str | None]
    free: Mapping[str, Any]
    itself: NotRequired[Outer]


def test_types_become_schemas() -> None:
    shapes = Shapes()
    assert shapes.schema(Outer) == {"$ref": "#/components/schemas/Outer"}
    inner = {"$ref": "#/components/schemas/Inner"}
    assert shapes.components["Inner"] == {
        "type": "object",
        "description": "Something inside.",
        "properties": {"at": {"type": "string", "format": "date-time"}},
        "required": ["at"],
    }
    outer = shapes.components["Outer"]
    assert outer["properties"] == {
        "inner": {"anyOf": [inner, {"type": "null"}]},
        "many": {"type": "array", "items": inner},
        "price": {"type": "number", "minimum": 0},
        "word": {"type": "string", "enum": ["yes"]},
        "one": {"type": "string", "const": "a"},
        "some": {"type": "string", "enum": ["a", "b"]},
        "maybe": {"type": ["string", "null"]},
        "free": {"type": "object", "additionalProperties": True},
        "itself": {"$ref": "#/components/schemas/Outer"},
    }
    assert outer["required"] == ["inner", "many", "price", "word", "one", "some", "free"]


def test_what_json_does_not_have_and_two_of_one_name_are_refused() -> None:
    shapes = Shapes()
    with pytest.raises(TypeError, match="no JSON Schema for"):
        shapes.schema(complex)
    shapes.schema(Inner)
    with pytest.raises(TypeError, match="two shapes are called Inner"):
        shapes.schema(_another_inner())


def _another_inner() -> Any:
    class Inner(TypedDict):
        other: int

    return Inner


def test_a_list_is_shown_with_one() -> None:
    assert example_of(list[int]) is None
    from orders.api.shapes import Order  # beside the one assertion that needs it

    assert example_of(list[Order]) == [examples()[Order]]


# --------------------------------------------------------------------------------------- /api/schema


@pytest.mark.django_db
def test_it_is_given_as_json_and_as_yaml() -> None:
    client = Client()
    plain = client.get("/api/schema")
    assert (plain.status_code, plain["Content-Type"]) == (200, "application/json")
    assert plain.json() == openapi.document()
    for asked in (
        client.get("/api/schema?format=yaml"),
        client.get("/api/schema", headers={"accept": "application/yaml"}),
        client.get("/api/schema", headers={"accept": "application/vnd.oai.openapi"}),
    ):
        assert (asked.status_code, asked["Content-Type"]) == (200, "application/yaml")
        assert yaml.load(asked.content, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) == openapi.document()  # noqa: S506  both are safe


@pytest.mark.django_db
def test_who_has_it_is_told_so_and_other_wishes_are_refused() -> None:
    client = Client()
    etag = client.get("/api/schema")["ETag"]
    assert client.get("/api/schema", headers={"if-none-match": etag}).status_code == 304
    refused = client.get("/api/schema?format=xml")
    assert (refused.status_code, refused.json()["message"]) == (400, "format: must be json or yaml")
    assert client.get("/api/schema", headers={"accept": "text/csv"}).json()["code"] == "not_acceptable"
    assert client.post("/api/schema").status_code == 405
