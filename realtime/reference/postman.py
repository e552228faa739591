"""The REST document as a Postman collection (v2.1): one request with its example for each operation.

Variables: `baseUrl`, and `token` or `apiKey`. What Postman can't say stays in the OpenAPI document.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from config.api.openapi import headers
from realtime.reference import openapi

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

_VARIABLES = {
    "baseUrl": "http://127.0.0.1:8000",
    "token": "",
    "apiKey": "",
}
_BEARER = {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]}
#: So that the same collection has the same id wherever it is made.
_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "https://stockwire.invalid/postman")


def render() -> str:
    """The collection, as the file's text."""
    return json.dumps(collection(), ensure_ascii=False, indent=1) + "\n"


def collection() -> Mapping[str, Any]:
    """The collection: a folder for each tag, in the document's order."""
    document = openapi.document()
    folders: dict[str, list[Any]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            folders.setdefault(operation["tags"][0], []).append(_request(path, method.upper(), operation))
    return {
        "info": {
            "_postman_id": str(_OURS),
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": SCHEMA,
        },
        "auth": _BEARER,
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in _VARIABLES.items()],
        "item": [{"name": tag, "item": items} for tag, items in sorted(folders.items())],
    }


def _request(path: str, method: str, operation: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = operation.get("parameters", [])
    request: dict[str, Any] = {
        "method": method,
        "header": list(_headers(parameters)),
        "url": _url(path, parameters),
        "description": operation["description"],
    }
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(content["example"], ensure_ascii=False, indent=2),
            "options": {"raw": {"language": "json"}},
        }
    if auth := _auth(operation["security"], request["header"]):
        request["auth"] = auth
    return {"name": operation["summary"], "request": request, "response": []}


def _url(path: str, parameters: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    segments = [re.sub(r"^{(\w+)}$", r":\1", part) for part in path.strip("/").split("/")]
    query = [
        {
            "key": one["name"],
            "value": "",
            "description": one.get("description", ""),
            "disabled": not one.get("required", False),
        }
        for one in parameters
        if one.get("in") == "query"
    ]
    needed = "&".join(f"{one['key']}=" for one in query if not one["disabled"])
    url: dict[str, Any] = {
        "raw": f"{{{{baseUrl}}}}/{'/'.join(segments)}" + (f"?{needed}" if needed else ""),
        "host": ["{{baseUrl}}"],
        "path": segments,
    }
    if query:
        url["query"] = query
    if variables := [{"key": part[1:], "value": ""} for part in segments if part.startswith(":")]:
        url["variable"] = variables
    return url


def _headers(parameters: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Headers that may be sent, all of them switched off: each changes what is done."""
    for one in parameters:
        if "$ref" in one:
            name = one["$ref"].rpartition("/")[2]
            text, example = headers.REQUEST[name]
            yield {"key": name, "value": example, "description": text, "disabled": True}


def _auth(security: list[Mapping[str, Any]], written: list[Any]) -> Mapping[str, Any] | None:
    """Where no token is needed none is sent; where a key would do as well, it stands by, switched off."""
    names = {name for one in security for name in one}
    if headers.API_KEY in names:
        written.append({"key": "Authorization", "value": "Api-Key {{apiKey}}", "disabled": True})
    return {"type": "noauth"} if not names or {} in security else None
