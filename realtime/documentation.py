"""`docs/events.md`, made from the registry, the rooms and the events, so that it can't be wrong."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterable, Iterator

from config.identity.models import Role
from realtime import registry
from realtime.principals import GUEST, Principal
from realtime.rooms import NAMES, ROOMS, TOPICS, name_of_room, rooms_of

_INTRODUCTION = """# Events

What happens in the shop, each once; what listeners of `/ws`, `/events` and `GET /api/events` read, and what
Socket.IO clients get. This page is generated from `realtime/registry/`, `realtime/rooms.py` and the events'
own definitions by `manage.py render_docs`.

On `/ws` every event comes as `{"id", "type", "data", "timestamp", "cursor", "version"}`. `cursor` is a place
in the log: a client that resumes from it has missed nothing. Ephemeral events have none, and nobody misses
them. On `/events` the same object is the `data`, its type the `event`, its cursor the `id`.

On Socket.IO one event may come under several names, each with an object. What is in the log also bears its
cursor, a text, as last argument: `socket.io-client` keeps it by itself, and recovers from it.
"""


_ABOUT_SOCKET_IO = """An event's last argument is its place in the log, a text, where it has one. The first
event of each connection is `ready`, which is nothing but such a place: with it a client recovers that has
heard nothing else. What is said to one client alone (`room_joined`, `room_left`, `room_join_error`, `error`,
`token_expired`) has none.
"""


def render() -> str:
    """The whole page."""
    parts = [
        _INTRODUCTION,
        "## Topics\n",
        *_topics(),
        "\n## Socket.IO rooms\n",
        *_socket_rooms(),
        "\n## Events\n",
        *_summary(),
        "\n## Socket.IO events\n",
        _ABOUT_SOCKET_IO,
        *_socket_events(),
        "\n## What `data` holds",
    ]
    for entry in registry.TYPES:
        parts.extend(_event(entry))
    return "\n".join(parts).rstrip() + "\n"


# ---------------------------------------------------------------------------------------- rooms


def _topics() -> list[str]:
    lines = ["| topic | who may hear it | what it brings |", "|---|---|---|"]
    for topic in TOPICS:
        kind = ROOMS["user" if topic == "me" else topic.partition(":")[0]]
        who = "a signed-in user" if topic == "me" else kind.who
        lines.append(f"| `{topic}` | {who} | {kind.hears} |")
    return lines


def _socket_rooms() -> list[str]:
    lines = ["| room | also called | who may be in it | what it brings |", "|---|---|---|---|"]
    for room, names in NAMES.items():
        kind = ROOMS[room.partition(":")[0]]
        lines.append(f"| `{names[0]}` | {_quoted(names[1:])} | {kind.who} | {kind.hears} |")
    everybody = rooms_of(GUEST)
    also = [room for room in rooms_of(Principal("user", id="{id}", role=Role.ADMIN)) if room not in everybody]
    joined, besides = (_quoted(map(str, map(name_of_room, rooms))) for rooms in (everybody, also))
    at_once = f"Joined at once: {joined}; by staff who are signed in also {besides},"
    return [*lines, "", f"{at_once} by other users the room of their role in place of the last."]


# ---------------------------------------------------------------------------------------- events


def _summary() -> list[str]:
    lines = ["| event | on `/ws` it is | for the topics | on Socket.IO | |", "|---|---|---|---|---|"]
    for entry in registry.TYPES:
        emissions = entry.emissions.get(registry.CATALOG, ())
        names = _quoted(name for emission in emissions for name in emission.names)
        topics = _quoted(room for emission in emissions for room in _rooms(emission))
        on_socket_io = ", ".join(_in_short(one) for one in entry.emissions.get(registry.SHOP, ()))
        lasting = "" if entry.durable else "ephemeral"
        lines.append(
            f"| [`{entry.name}`](#{_anchor(entry.name)}) | {names} | {topics} | {on_socket_io} | {lasting} |"
        )
    return lines


def _in_short(emission: registry.Emission) -> str:
    condition = inspect.getdoc(emission.when) if emission.when else None
    return _quoted(emission.names) + (f" ({condition})" if condition else "")


def _socket_events() -> list[str]:
    """Each once, of however many events it tells."""
    lines = ["| event | for the rooms | payload | |", "|---|---|---|---|"]
    for entry in registry.TYPES:
        for emission in entry.emissions.get(registry.SHOP, ()):
            rooms = _quoted(name_of_room(room) or room for room in _rooms(emission)) or "nobody yet"
            payload, meaning = _payload(emission)
            lines.append(f"| {_quoted(emission.names)} | {rooms} | {payload} | {meaning} |")
    return list(dict.fromkeys(lines))


def _payload(emission: registry.Emission) -> tuple[str, str]:
    """Its fields, those with a question mark not always there; and what is to be said of them."""
    assert emission.build is not None  # noqa: S101  every emission of this dialect has one
    payload = typing.get_type_hints(emission.build)["return"]
    if not typing.is_typeddict(payload):
        # A resource as REST gives it: its fields are documented there.
        return inspect.getdoc(emission.build) or "", ""
    hints = typing.get_type_hints(payload, include_extras=True)
    fields = (
        f"{name}?" if typing.get_origin(hint) is typing.NotRequired else name for name, hint in hints.items()
    )
    return f"`{{{', '.join(fields)}}}`", inspect.cleandoc(payload.__doc__ or "").replace("\n", " ")


def _event(entry: registry.EventType) -> list[str]:
    event = entry.event
    lines = [f"\n### {entry.name}\n", inspect.cleandoc(event.__doc__ or "").replace("``", "`"), ""]
    lines += ["| field of `data` | type |", "|---|---|"]
    for field in dataclasses.fields(event):
        if field.name not in event.dialect_only:
            lines.append(f"| `{field.name}` | {type_in_words(field.type)} |")
    return lines


def _rooms(emission: registry.Emission) -> Iterator[str]:
    """Each once: an event may go to several users' rooms."""
    yield from dict.fromkeys(
        f"{template.prefix}{{id}}" if template.field else template.text for template in emission.rooms
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def type_in_words(annotation: object) -> str:
    """An annotation in words that say what its JSON is."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if text.startswith("Literal["):
        return " or ".join(f"`{word}`" for word in re.findall(r"['\"](\w+)['\"]", text))
    if text in ("StockEventName", "CartAction"):
        return "text"
    text = text.replace(" | None", " or null")
    for python, json in (
        (r"^Sequence\[.*\]", "array of objects"),
        (r"^Mapping\[str, str\]", "object of texts"),
        (r"^Mapping\[.*\]", "object"),
        (r"^str\b", "text"),
        (r"^int\b", "whole number"),
        (r"^float\b", "number"),
        (r"^bool\b", "true or false"),
    ):
        text = re.sub(python, json, text)
    return text


def _anchor(name: str) -> str:
    return name.replace(".", "")
