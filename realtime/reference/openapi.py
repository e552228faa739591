"""The OpenAPI document of everything under `/api` and `/products`, made once in each process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
import yaml

from config.api.openapi.inspection import Generator


@cache
def document() -> Mapping[str, Any]:
    """The document, as plain values."""
    made = Generator().get_schema(public=True)
    # Texts that are lazy or enumerations are texts from here on.
    plain: dict[str, Any] = orjson.loads(orjson.dumps(made, default=str))
    return plain


@cache
def as_json() -> bytes:
    """The document as JSON."""
    return orjson.dumps(document())


@cache
def as_yaml() -> bytes:
    """The document as YAML."""
    # Written in C where PyYAML has that: ten times as quick.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(document(), Dumper=dumper, allow_unicode=True, sort_keys=False, width=110)
    return text.encode()
