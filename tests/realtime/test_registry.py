"""The registry is complete, and the documentation made from it is up to date."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import RequestFactory

from config.kernel import events
from realtime import documentation, registry
from realtime.cursor import parse_cursor, to_cursor
from realtime.dialects.catalog import CATALOG, log_entry
from realtime.hub.source import Interest
from realtime.models import Event
from realtime.records import Position, Record
from realtime.rooms import ROOMS


def a_record(kind: str, *, data: str = '{"a":1}', extra: str = "", seq: int = 7) -> Record:
    return Record(seq, "evt_1", kind, "prod_1", 3, data, extra, "2026-11-21T10:00:00.000Z", "abcd")


def test_every_event_that_can_be_published_is_in_the_registry() -> None:
    for app in ("catalog", "inventory", "orders", "realtime"):
        if importlib.util.find_spec(f"{app}.signals"):
            importlib.import_module(f"{app}.signals")
    ours = {kind for kind in events.signals() if not kind.__module__.startswith("tests.")}
    assert {entry.event for entry in registry.TYPES if entry.durable} == ours


def test_every_room_that_an_event_goes_to_is_one_that_somebody_may_be_in() -> None:
    for entry in registry.TYPES:
        for emissions in entry.emissions.values():
            for emission in emissions:
                for template in emission.rooms:
                    assert template.text.partition(":")[0] in ROOMS


def test_names_are_unique() -> None:
    assert len(registry.BY_NAME) == len(registry.TYPES)


@pytest.mark.parametrize(
    ("kind", "rooms"),
    [
        ("product.created", ("products", "product:prod_1")),
        ("product.updated", ("products", "product:prod_1")),
        ("product.deleted", ("products", "product:prod_1")),
        ("stock.reduced", ("stock", "product:prod_1")),
        ("stock.updated", ("stock", "product:prod_1")),
        ("stock.reserved", ("stock", "product:prod_1")),
        ("stock.released", ("stock", "product:prod_1")),
        ("stock.low", ("admin",)),
        ("stock.back", ("product:prod_1",)),
        ("stock.validated", ("product:prod_1", "admin")),
        ("stock.announced", ("stock", "product:prod_1", "admin")),
        ("never.heard.of", None),
    ],
)
def test_each_event_goes_to_its_rooms(kind: str, rooms: tuple[str, ...] | None) -> None:
    messages = CATALOG.messages(a_record(kind, extra='{"event": "STOCK_UPDATED"}'))
    assert [message.rooms for message in messages] == ([rooms] if rooms else [])


def test_data_is_passed_on_to_the_letter() -> None:
    (message,) = CATALOG.messages(a_record("stock.reduced", data='{"z":1.50,"a":"é\\u0000"}'))
    assert message.payload.decode() == (
        '{"id":"evt_1","type":"stock.reduced","data":{"z":1.50,"a":"é\\u0000"},'
        '"timestamp":"2026-11-21T10:00:00.000Z","cursor":"abcd-7","version":3}'
    )


def test_what_is_ephemeral_bears_no_cursor() -> None:
    (message,) = CATALOG.messages(a_record("stock.validated", seq=0))
    assert "cursor" not in json.loads(message.payload)


def test_an_event_that_nobody_hears_is_still_in_the_log() -> None:
    assert log_entry(a_record("never.heard.of"))["type"] == "never.heard.of"


def test_the_interest_of_rooms_narrows_what_is_read() -> None:
    assert CATALOG.interest(["products"]) == Interest(
        frozenset({"product.created", "product.updated", "product.deleted"})
    )
    narrow = CATALOG.interest(["product:a", "stock"])
    assert ("product.updated", "a") in narrow.subjects
    assert ("stock.back", "a") in narrow.subjects
    # The whole type is read already.
    assert ("stock.reduced", "a") not in narrow.subjects
    assert narrow.types == {
        "stock.reduced", "stock.updated", "stock.reserved", "stock.released", "stock.announced"
    }  # fmt: skip


def test_a_template_may_name_any_field_and_a_list_of_them() -> None:
    record = a_record("x", data='{"customer_id": "usr_1", "watchers": ["usr_2", "usr_3"], "none": null}')
    rooms = [
        room
        for text in ("user:{customer_id}", "user:{watchers}", "user:{none}", "user:{missing}", "admin")
        for room in registry.RoomTemplate(text).rooms(registry.Reading(record))
    ]
    assert rooms == ["user:usr_1", "user:usr_2", "user:usr_3", "admin"]


@pytest.mark.parametrize(
    "text",
    ["", "abcd", "abcd-", "-1", "abcd--1", "abcd-01", "abcd-1 ", "abcd-1\n", "ABCD-1", "abc-1", "abcd-٣", 5,
     None, "abcd-" + "9" * 19],
)  # fmt: skip
def test_a_cursor_that_we_did_not_make_is_none(text: object) -> None:
    assert parse_cursor(text) is None


def test_a_cursor_survives_the_way_to_the_client_and_back() -> None:
    assert parse_cursor(to_cursor("1a2b3c4d", 0)) == Position("1a2b3c4d", 0)
    assert parse_cursor(to_cursor("1a2b3c4d", 10**17)) == Position("1a2b3c4d", 10**17)


def test_the_page_about_events_is_up_to_date() -> None:
    page = Path(settings.BASE_DIR) / "docs" / "events.md"
    assert page.read_text() == documentation.render()


def test_the_event_log_in_the_admin_can_only_be_looked_at() -> None:
    shown = admin.site._registry[Event]
    request = RequestFactory().get("/")
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)
