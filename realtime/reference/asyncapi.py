"""The AsyncAPI 3.0 document of `/ws`, `/events` and Socket.IO, made from `realtime.registry`.

Payloads are read off the events' own definitions and the types that the registry's builders return; what
clients say stands in `messages`.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson
from django.conf import settings

from config.api.openapi.shapes import Schema, Shapes, own_doc
from realtime import registry
from realtime.reference import examples
from realtime.reference.messages import FROM_CLIENTS, TO_CLIENTS
from realtime.registry.emissions import Emission, EventType
from realtime.rooms import name_of_room

_CHANNELS: dict[str, tuple[str, str, str]] = {
    "ws": (
        "/ws",
        "WebSocket",
        (
            "One JSON object in each message. `?topics=` and `&cursor=` subscribe and resume before anything "
            "live is sent; who says nothing hears `product.*`."
        ),
    ),
    "events": (
        "/events",
        "Server-sent events",
        "`id:` is the cursor, `event:` the type, `data:` the event. `?topics=`; `Last-Event-ID` resumes.",
    ),
    "socketio": (
        "/socket.io/",
        "Socket.IO 4 (protocol 5)",
        (
            "Unmodified clients, by WebSocket and long polling. An event of the log has its cursor, a text, "
            "as last argument: clients keep it, and recover by it."
        ),
    ),
}


@cache
def as_json(host: str = "127.0.0.1:8000", *, secure: bool = False) -> bytes:
    """The document as JSON."""
    return orjson.dumps(document(host, secure=secure))


def document(host: str = "127.0.0.1:8000", *, secure: bool = False) -> Mapping[str, Any]:
    """The document, as plain values."""
    shapes = Shapes()
    messages = {
        "ws": {**_events_on_ws(shapes), **_told(shapes, "ws")},
        "events": {**_events_on_ws(shapes), **_told(shapes, "events")},
        "socketio": {**_events_on_socketio(shapes), **_told(shapes, "socketio")},
    }
    heard = {channel: list(found) for channel, found in messages.items()}
    said = {
        channel: _said(shapes, channel, FROM_CLIENTS[channel], mark="client.") for channel in FROM_CLIENTS
    }
    for channel, found in said.items():
        messages[channel] |= found
    all_messages = {
        _component(channel, key): message
        for channel, found in messages.items()
        if channel != "events"
        for key, message in found.items()
    } | {
        _component("events", key): message
        for key, message in messages["events"].items()
        if key not in messages["ws"]
    }
    spectacular: Mapping[str, Any] = settings.SPECTACULAR_SETTINGS
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stockwire, live",
            "version": spectacular["VERSION"],
            "description": "What happens in the shop, each change once and in order, and what clients may "
            "say. REST is in `/api/schema`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "websocket": {"host": host, "protocol": "wss" if secure else "ws"},
            "http": {"host": host, "protocol": "https" if secure else "http"},
        },
        "channels": {
            channel: _channel(channel, found, messages["ws"]) for channel, found in messages.items()
        },
        "operations": {
            **{f"hear.{channel}": _operation("send", channel, keys) for channel, keys in heard.items()},
            **{
                f"say.{channel}": _operation("receive", channel, list(found))
                for channel, found in said.items()
            },
        },
        "components": {
            "messages": all_messages,
            "schemas": shapes.components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "subprotocol": {
                    "type": "userPassword",
                    "description": "`bearer.<JWT>` beside `stockwire.v1` as WebSocket subprotocol: a browser "
                    "can set no headers.",
                },
                "ticket": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "ticket",
                    "description": "From `POST /api/auth/ticket`: good once, for 30 seconds.",
                },
            },
        },
    }


# ---------------------------------------------------------------------------------------- channels


def _channel(channel: str, messages: Mapping[str, Any], on_ws: Mapping[str, Any]) -> Schema:
    address, title, description = _CHANNELS[channel]
    server = "http" if channel == "events" else "websocket"
    return {
        "address": address,
        "title": title,
        "description": description,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "messages": {
            key: {
                "$ref": "#/components/messages/"
                + _component("ws" if channel == "events" and key in on_ws else channel, key)
            }
            for key in messages
        },
    }


def _operation(action: str, channel: str, keys: list[str]) -> Schema:
    # As the application sees it: it sends what clients hear.
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": "What the server tells" if action == "send" else "What a client may say",
        "messages": [{"$ref": f"#/channels/{channel}/messages/{key}"} for key in keys],
    }


def _component(channel: str, key: str) -> str:
    return f"{channel}.{key}"


# ------------------------------------------------------------------------------------------ events


def emitted(dialect: str) -> Iterator[tuple[str, str, EventType, Emission]]:
    """Each message that an event becomes: its key in the document, its name on the wire, whose it is."""
    for entry in registry.TYPES:
        for emission in entry.emissions.get(dialect, ()):
            for name in emission.names:
                yield (name if name == entry.name else f"{name}.of.{entry.name}"), name, entry, emission


def _events_on_ws(shapes: Shapes) -> dict[str, Schema]:
    return {
        key: {
            **_about(name, entry, emission),
            "payload": _envelope(shapes, name, entry),
            "examples": [{"payload": examples.on_ws(name, entry)}],
        }
        for key, name, entry, emission in emitted(registry.CATALOG)
    }


def _events_on_socketio(shapes: Shapes) -> dict[str, Schema]:
    found = {}
    for key, name, entry, emission in emitted(registry.SHOP):
        found[key] = {
            **_about(name, entry, emission),
            "payload": shapes.schema(shop_payload(emission)),
            "examples": [{"payload": examples.on_socketio(entry, emission)}],
        }
    return found


def _about(name: str, entry: EventType, emission: Emission) -> Schema:
    to = ", ".join(f"`{room}`" for room in dict.fromkeys(_rooms(emission)))
    condition = inspect.getdoc(emission.when) if emission.when else ""
    parts = [own_doc(entry.event), f"To {to}." if to else "", f"Only {condition}." if condition else ""]
    lasting = "In the log: it is replayed." if entry.durable else "Ephemeral: nobody misses it."
    return {
        "name": name,
        "title": name,
        "summary": f"`{entry.name}`",
        "description": " ".join(part for part in (*parts, lasting) if part),
    }


def _rooms(emission: Emission) -> Iterator[str]:
    for template in emission.rooms:
        room = f"{template.prefix}{{id}}" if template.field else template.text
        yield name_of_room(room) or room if emission.build else room


def data_fields(entry: EventType) -> dict[str, Any]:
    """The fields of an event's `data` in the catalog dialect, with their types."""
    hints = typing.get_type_hints(entry.event)
    return {
        field.name: hints[field.name]
        for field in dataclasses.fields(entry.event)
        if field.name not in entry.event.dialect_only
    }


def written_types(entry: EventType) -> dict[str, Any]:
    """The same fields, with their types as they are written."""
    written = {field.name: field.type for field in dataclasses.fields(entry.event)}
    return {name: written[name] for name in data_fields(entry)}


def _envelope(shapes: Shapes, name: str, entry: EventType) -> Schema:
    fields = data_fields(entry)
    properties: Schema = {
        "id": {"type": "string", "description": "The same however often it is delivered"},
        "type": {"type": "string", "const": name},
        "data": {
            "type": "object",
            "properties": {field: shapes.schema(hint) for field, hint in fields.items()},
            "required": list(fields),
        },
        "timestamp": {"type": "string", "format": "date-time"},
        "version": {"type": ["integer", "null"], "description": "Grows with each change of what it is about"},
    }
    if entry.durable:
        properties["cursor"] = {"type": "string", "description": "Its place in the log"}
    return {"type": "object", "properties": properties, "required": list(properties)}


def shop_payload(emission: Emission) -> Any:
    """The type of what Socket.IO clients get."""
    assert emission.build is not None  # noqa: S101  every emission of this dialect has one
    return typing.get_type_hints(emission.build, include_extras=True)["return"]


# ----------------------------------------------------------------------------------- what is said


def _said(shapes: Shapes, channel: str, messages: Mapping[str, Any], *, mark: str = "") -> dict[str, Schema]:
    return {
        mark + name: {
            "name": name,
            "title": name,
            "description": (own_doc(payload) if typing.is_typeddict(payload) else "") or name,
            "payload": shapes.schema(payload),
            "examples": [{"payload": examples.said(channel, name)}],
        }
        for name, payload in messages.items()
    }


def _told(shapes: Shapes, channel: str) -> dict[str, Schema]:
    return _said(shapes, channel, TO_CLIENTS[channel])
