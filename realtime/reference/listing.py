"""The events as a page lists them: a few lines for each name that listeners hear."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from config.api.openapi.shapes import own_doc
from realtime import registry
from realtime.documentation import type_in_words
from realtime.reference import asyncapi, examples


@dataclass(frozen=True, slots=True)
class Heard:
    """An event by the name that it has on `/ws`."""

    name: str
    about: str
    durable: bool
    topics: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    example: str
    on_socketio: tuple[str, ...] = field(default=())


@cache
def heard_events() -> tuple[Heard, ...]:
    """One for each name, in the registry's order; of several events under one name the first."""
    found: dict[str, Heard] = {}
    for _key, name, entry, emission in asyncapi.emitted(registry.CATALOG):
        if name in found:
            continue
        shop = entry.emissions.get(registry.SHOP, ())
        found[name] = Heard(
            name=name,
            about=own_doc(entry.event).replace("`", ""),
            durable=entry.durable,
            topics=tuple(dict.fromkeys(_topics(emission))),
            fields=tuple((one, type_in_words(hint)) for one, hint in asyncapi.written_types(entry).items()),
            example=_pretty(examples.on_ws(name, entry)),
            on_socketio=tuple(dict.fromkeys(one for told in shop for one in told.names)),
        )
    return tuple(found.values())


def _topics(emission: registry.Emission) -> list[str]:
    return [f"{room.prefix}{{id}}" if room.field else room.text for room in emission.rooms]


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
