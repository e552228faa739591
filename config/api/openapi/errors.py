"""The one error shape, as the document has it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal, NotRequired, TypedDict

from config.api.openapi.shapes import Moment, Schema, Shapes


class Error(TypedDict):
    """`error` and `message` carry the same text, `code` is for programs. Further fields come where they help:
    `details` names the places of a 400, `total` the present total of an order, `allowed` the steps that are
    open."""

    error: str
    message: str
    code: str
    details: NotRequired[Mapping[str, list[str]]]
    timestamp: Moment


class ItemError(TypedDict):
    """An item as it was sent, and what is wrong with it. Further fields come where they help: `available`,
    `current`."""

    item: Any
    error: str
    code: str
    available: NotRequired[int]
    current: NotRequired[int]


class BatchError(TypedDict):
    """A refusal of several items: nothing was changed."""

    success: Literal[False]
    error: str
    message: str
    code: str
    errors: list[ItemError]
    timestamp: Moment


_AT = "2026-11-21T10:00:00.000Z"
#: Status → what it means, and code and text of an example.
_MEANINGS: dict[int, tuple[str, str, str]] = {
    400: ("Something in the request is wrong; `details` names the places", "invalid", "quantity: required"),
    401: ("Credentials are missing, wrong or expired", "not_authenticated", "Sign in first"),
    403: ("These credentials may not do this", "not_permitted", "You may not do this"),
    404: ("There is no such thing, or none that the caller may see", "not_found", "Not found"),
    406: ("Only what the answer's `content` names can be given", "not_acceptable", "This can't be given"),
    409: ("It can't be done as things stand", "illegal_transition", "That step is not allowed"),
    410: ("The log does not reach back that far: fetch state", "expired", "The cursor is too old"),
    412: (
        "It has changed since it was read; the present `ETag` comes along",
        "precondition_failed",
        "It changed",
    ),
    413: ("The body is too large", "payload_too_large", "The request body is too large"),
    415: ("The body is not JSON", "unsupported_media_type", "Only application/json is taken"),
    422: ("The key came with another request before", "idempotency_key_reused", "This key was used before"),
    429: ("Too many attempts", "rate_limited", "Too many requests"),
    502: ("A payment provider can't be reached", "provider_unavailable", "The provider can't be reached"),
    503: ("The database or the house is not available", "unavailable", "The service is not available"),
}
_GIVES = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    412: ("ETag",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_BATCH = "Some items can't be done, so none was"


def response_name(status: int, *, batch: bool = False) -> str:
    """The component's name: `NotFound`, `ConflictOfItems`."""
    return HTTPStatus(status).phrase.title().replace(" ", "") + ("OfItems" if batch else "")


def responses(shapes: Shapes) -> dict[str, Schema]:
    """Every refusal once, to be referred to."""
    found = {}
    for status, (meaning, code, text) in _MEANINGS.items():
        example = {"error": text, "message": text, "code": code, "timestamp": _AT}
        if status == HTTPStatus.BAD_REQUEST:
            example["details"] = {"quantity": ["required"]}  # type: ignore[assignment]
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _GIVES.get(status, ())}
        plain = {"schema": shapes.schema(Error), "example": example}
        found[response_name(status)] = {
            "description": meaning,
            **({"headers": headers} if headers else {}),
            "content": {"application/json": plain},
        }
    for status in (400, 409):
        either = {"anyOf": [shapes.schema(BatchError), shapes.schema(Error)]}
        found[response_name(status, batch=True)] = {
            "description": f"{_BATCH}; or {_MEANINGS[status][0][0].lower()}{_MEANINGS[status][0][1:]}",
            "content": {"application/json": {"schema": either, "example": _batch_example(status)}},
        }
    return found


def _batch_example(status: int) -> Schema:
    code, text = ("out_of_stock", "Item out of stock") if status == HTTPStatus.CONFLICT else (
        "unknown_variant", "Unknown variant"
    )  # fmt: skip
    error: Schema = {
        "item": {"productId": "prod_123", "size": "M", "quantity": 2},
        "error": text,
        "code": code,
    }
    if status == HTTPStatus.CONFLICT:
        error["available"] = 1
    return {
        "success": False,
        "error": text,
        "message": text,
        "code": code,
        "errors": [error],
        "timestamp": _AT,
    }
