"""The Postman collection: its form, and one request for each operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from realtime.reference import openapi, postman


def _requests() -> Iterator[tuple[str, dict[str, Any]]]:
    for folder in postman.collection()["item"]:
        for item in folder["item"]:
            assert set(item) == {"name", "request", "response"}
            yield folder["name"], item["request"]


def test_it_is_a_collection_of_version_2_1() -> None:
    made = json.loads(postman.render())
    assert made["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert [one["key"] for one in made["variable"]] == ["baseUrl", "token", "apiKey"]
    assert made["auth"]["bearer"] == [{"key": "token", "value": "{{token}}", "type": "string"}]
    for _tag, request in _requests():
        assert request["url"]["host"] == ["{{baseUrl}}"]
        path, _, query = request["url"]["raw"].partition("?")
        assert path == "{{baseUrl}}/" + "/".join(request["url"]["path"])
        needed = [one["key"] for one in request["url"].get("query", ()) if not one["disabled"]]
        assert query == "&".join(f"{name}=" for name in needed)
        variables = [one["key"] for one in request["url"].get("variable", ())]
        assert variables == [part[1:] for part in request["url"]["path"] if part.startswith(":")]
        if "body" in request:
            json.loads(request["body"]["raw"])
            assert request["body"]["mode"] == "raw"


def test_it_has_a_request_for_each_operation() -> None:
    asked = sorted(
        (request["method"], "/" + "/".join(request["url"]["path"])) for _tag, request in _requests()
    )
    described = sorted(
        (method.upper(), path.replace("{", ":").replace("}", ""))
        for path, found in openapi.document()["paths"].items()
        for method in found
    )
    assert asked == described


def test_a_token_is_sent_where_one_is_needed_and_nowhere_else() -> None:
    by_path = {(one["method"], "/".join(one["url"]["path"])): one for _tag, one in _requests()}
    assert by_path["POST", "api/auth/login"]["auth"] == {"type": "noauth"}
    assert by_path["GET", "api/products"]["auth"] == {"type": "noauth"}
    assert "auth" not in by_path["POST", "api/orders"]
    assert {"key": "Authorization", "value": "Api-Key {{apiKey}}", "disabled": True} in by_path[
        "POST", "api/stock/restock"
    ]["header"]
