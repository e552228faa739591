"""`docs/events.md`, made from the registry and the events themselves, so that it can't be wrong."""

from __future__ import annotations

import dataclasses
import inspect
import re

from realtime import registry
from realtime.rooms import ROOMS, TOPICS

_INTRODUCTION = """# Events

What happens in the shop, each once, and what listeners of `/ws`, `/events` and `GET /api/events` read. This
page is generated from `realtime/registry.py` and the events' own definitions by `manage.py render_docs`.

Every event comes as `{"id", "type", "data", "timestamp", "cursor", "version"}`. `cursor` is a place in the
log: a client that resumes from it has missed nothing. Ephemeral events have none, and nobody misses them.
"""


def render() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, "## Topics\n", *_topics(), "\n## Events\n", *_summary(), ""]
    for entry in registry.TYPES:
        parts.extend(_event(entry))
    return "\n".join(parts).rstrip() + "\n"


def _topics() -> list[str]:
    lines = ["| topic | who may hear it | what it brings |", "|---|---|---|"]
    for topic in TOPICS:
        kind = ROOMS["user" if topic == "me" else topic.partition(":")[0]]
        who = "a signed-in user" if topic == "me" else kind.who
        lines.append(f"| `{topic}` | {who} | {kind.hears} |")
    return lines


def _summary() -> list[str]:
    lines = ["| event | goes out as | to the topics | |", "|---|---|---|---|"]
    for entry in registry.TYPES:
        names = ", ".join(f"`{name}`" for name in _names(entry))
        lasting = "" if entry.durable else "ephemeral"
        lines.append(f"| [`{entry.name}`](#{_anchor(entry.name)}) | {names} | {_rooms(entry)} | {lasting} |")
    return lines


def _event(entry: registry.EventType) -> list[str]:
    event = entry.event
    lines = [f"\n### {entry.name}\n", inspect.cleandoc(event.__doc__ or "").replace("``", "`"), ""]
    lines += ["| field of `data` | type |", "|---|---|"]
    for field in dataclasses.fields(event):
        if field.name not in event.dialect_only:
            lines.append(f"| `{field.name}` | {_type(field.type)} |")
    return lines


def _names(entry: registry.EventType) -> list[str]:
    return [name for emission in entry.emissions.get(registry.CATALOG, ()) for name in emission.names]


def _rooms(entry: registry.EventType) -> str:
    found = (
        template.text.replace("{subject}", "{id}")
        for emission in entry.emissions.get(registry.CATALOG, ())
        for template in emission.rooms
    )
    return ", ".join(f"`{room}`" for room in found)


def _type(annotation: object) -> str:
    """An annotation in words that say what its JSON is."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if text.startswith("Literal["):
        return " or ".join(f"`{word}`" for word in re.findall(r"['\"](\w+)['\"]", text))
    if text == "StockEventName":
        return "text"
    text = text.replace(" | None", " or null")
    for python, json in (
        (r"^Sequence\[.*\]", "array of objects"),
        (r"^Mapping\[str, str\]", "object of texts"),
        (r"^Mapping\[.*\]", "object"),
        (r"^str\b", "text"),
        (r"^int\b", "whole number"),
        (r"^bool\b", "true or false"),
    ):
        text = re.sub(python, json, text)
    return text


def _anchor(name: str) -> str:
    return name.replace(".", "")
