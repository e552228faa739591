"""The document of events: valid, complete, and what listeners really get."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
import pytest
from django.test import Client

from config.kernel.events import DomainEvent
from realtime import registry
from realtime.consumers.requests import TYPES as SAID_ON_WS
from realtime.consumers.shop.commands import COMMANDS
from realtime.dialects.catalog import CatalogDialect
from realtime.dialects.shop import SHOP
from realtime.reference import asyncapi, examples
from realtime.reference.listing import heard_events
from realtime.reference.messages import FROM_CLIENTS, TO_CLIENTS
from tests.clients.packages import install
from tests.realtime.happenings import orders, people, products, stock
from tests.realtime.happenings.records import record_of
from tests.reference.witness import problems

#: What each of `happenings` makes, without saying anything to it.
HAPPENINGS = [
    make
    for module in (orders, people, products, stock)
    for make in vars(module).values()
    if callable(make) and getattr(make, "__module__", "") == module.__name__ and make.__name__[0] != "_"
]


def _events() -> list[DomainEvent]:
    made = [make() for make in HAPPENINGS if make.__name__ != "announced"]
    return [*(one for one in made if isinstance(one, DomainEvent)), stock.announced("STOCK_REDUCED")]


@cache
def _components() -> dict[str, Any]:
    found: dict[str, Any] = asyncapi.document()["components"]
    return found


def _messages() -> dict[str, Any]:
    found: dict[str, Any] = _components()["messages"]
    return found


def test_it_is_valid_by_asyncapis_own_schema() -> None:
    schema = json.loads((install() / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    assert [str(error)[:300] for error in validator.iter_errors(orjson.loads(asyncapi.as_json()))] == []


def test_every_reference_leads_somewhere() -> None:
    document = orjson.loads(asyncapi.as_json())
    text = asyncapi.as_json().decode()
    references = set(text.split('"$ref":"#/')[1:])
    for reference in (one.partition('"')[0] for one in references):
        place = document
        for part in reference.split("/"):
            place = place[part]


def test_every_example_is_as_its_schema_says() -> None:
    components = _components()
    wrong = [
        f"{key}: {problem}"
        for key, message in components["messages"].items()
        for problem in problems(message["payload"], message["examples"][0]["payload"], components)
    ]
    assert wrong == []


@pytest.mark.parametrize("entry", registry.TYPES, ids=lambda entry: entry.name)
def test_every_event_has_an_example_and_a_message_on_each_door(entry: registry.EventType) -> None:
    """For a new event, or a new field of one: its value belongs into `realtime.reference.examples`."""
    examples.fields_of(entry)
    keys = set(_messages())
    for dialect, door in ((registry.CATALOG, "ws"), (registry.SHOP, "socketio")):
        for emission in entry.emissions.get(dialect, ()):
            for name in emission.names:
                key = name if name == entry.name else f"{name}.of.{entry.name}"
                assert f"{door}.{key}" in keys


def test_what_listeners_get_is_as_the_schemas_say() -> None:
    components = _components()
    told, wrong = set(), []
    for event in _events():
        entry = registry.BY_NAME[event.name]
        record = record_of(event, seq=7 if entry.durable else 0)
        heard = [
            *(("ws", orjson.loads(message.payload)) for message in CatalogDialect().messages(record)),
            *(("socketio", orjson.loads(message.payload[2:])) for message in SHOP.messages(record)),
        ]
        for door, message in heard:
            name, payload = (message["type"], message) if door == "ws" else (message[0], message[1])
            key = f"{door}.{name if name == event.name else f'{name}.of.{event.name}'}"
            told.add(key)
            wrong += [f"{key}: {one}" for one in problems(_messages()[key]["payload"], payload, components)]
    assert wrong == []
    assert len(told) > 60


def test_what_clients_may_say_is_what_the_doors_take() -> None:
    assert set(FROM_CLIENTS["ws"]) == set(SAID_ON_WS)
    assert set(FROM_CLIENTS["socketio"]) == set(COMMANDS)
    keys = set(_messages())
    for channel, messages in TO_CLIENTS.items():
        assert {f"{channel}.{name}" for name in messages} <= keys
    for channel, messages in FROM_CLIENTS.items():
        assert {f"{channel}.client.{name}" for name in messages} <= keys


def test_the_page_lists_each_name_once_with_its_fields() -> None:
    names = [heard.name for heard in heard_events()]
    assert len(names) == len(set(names))
    assert set(names) == {name for _key, name, _entry, _emission in asyncapi.emitted(registry.CATALOG)}
    reduced = next(heard for heard in heard_events() if heard.name == "stock.reduced")
    assert ("stock", "whole number") in reduced.fields
    assert reduced.topics == ("stock", "product:{id}")
    assert "STOCK_REDUCED" in reduced.on_socketio


@pytest.mark.django_db
def test_anyone_reads_it_and_its_servers_are_those_that_were_asked() -> None:
    answer = Client().get("/api/asyncapi", headers={"host": "localhost:8123"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json()["asyncapi"] == "3.0.0"
    assert answer.json()["servers"]["websocket"] == {"host": "localhost:8123", "protocol": "ws"}
    known = Client().get("/api/asyncapi", headers={"host": "localhost:8123", "if-none-match": answer["ETag"]})
    assert known.status_code == 304
    secure = Client().get("/api/asyncapi", secure=True, headers={"host": "localhost"}).json()["servers"]
    assert (secure["websocket"]["protocol"], secure["http"]["protocol"]) == ("wss", "https")
