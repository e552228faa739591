"""What a table says of an operation, and where the tables are found."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps

#: What an operation gives where nothing else is said.
OK = 200


@dataclass(frozen=True)
class Query:
    """A parameter of the query."""

    name: str
    meaning: str
    kind: Any = str
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation: what can't be read off its view.

    `answer` is the type of what it gives (`None`: no body), `body` the serializer of what it takes, or the
    type (`list[…]` of a serializer too). `also` are other answers than the usual one, by status.
    """

    summary: str
    tag: str
    answer: Any = None
    status: int = OK
    body: Any = None
    notes: str = ""
    also: Mapping[int, Any] = field(default_factory=dict)
    query: tuple[Query, ...] = ()
    #: Refusals that its traits don't bring about: `404`, `409`.
    refusals: tuple[int, ...] = ()
    #: Refusals that come in the shape for several items.
    batch: tuple[int, ...] = ()
    #: Headers of the request and of the answer, by the names in `headers`.
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    #: A list in pages: `limit`, `cursor`, `Link`.
    paged: bool = False
    #: `ETag`, `Last-Modified`, and 304 for who has it.
    conditional: bool = False
    #: Validators alone: an answer to a write.
    stamped: bool = False
    #: `If-Match`, and 412.
    guarded: bool = False
    #: `Idempotency-Key`.
    once: bool = False
    #: It bears `X-Event-Cursor`.
    cursor: bool = False
    #: A view that is no DRF view: anyone may, and the generator can't find it by itself.
    plain: bool = False
    #: What it gives and takes, if not JSON.
    media_types: tuple[str, ...] = ("application/json",)
    #: An example of its body or its answer, where that of the type would not do.
    body_example: Any = None
    answer_example: Any = None


#: Path → method → operation.
Table = Mapping[str, Mapping[str, Operation]]


@cache
def table() -> Table:
    """All operations of all apps. Raises `ValueError` where two apps describe the same."""
    found: dict[str, dict[str, Operation]] = {}
    for module in _modules():
        for path, operations in module.TABLE.items():
            for method, operation in operations.items():
                if method in found.setdefault(path, {}):
                    raise ValueError(f"{method} {path} is described twice")
                found[path][method] = operation
    return found


@cache
def examples() -> Mapping[Any, Any]:
    """An example of each shape and each body, by its class."""
    return {shape: example for module in _modules() for shape, example in module.EXAMPLES.items()}


def _modules() -> list[Any]:
    return [
        importlib.import_module(f"{config.name}.api.schema")
        for config in apps.get_app_configs()
        if (Path(config.path) / "api" / "schema.py").exists()
    ]
