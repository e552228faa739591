"""The registry is complete, and the documentation made from it is up to date."""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import RequestFactory

from config.identity.models import Role
from config.kernel import events
from config.kernel.events import DomainEvent
from realtime import documentation, registry
from realtime.dialects.catalog import CATALOG, log_entry
from realtime.dialects.shop import SHOP
from realtime.hub.source import Interest
from realtime.hub.wire import Dialect
from realtime.models import Event
from realtime.principals import Principal
from realtime.records import Record
from realtime.rooms import ROOMS, name_of_room
from tests.realtime.happenings.people import came_online, counted, measured, viewed, was_active, went_offline
from tests.realtime.happenings.records import record_of

#: Of each there is a message for an order's room.
OF_ORDERS = [entry for entry in registry.TYPES if entry.name.startswith(("order.", "payment."))]


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


def test_every_room_that_socket_io_clients_hear_an_event_in_has_a_name_there() -> None:
    for entry in registry.TYPES:
        for emission in entry.emissions[registry.SHOP]:
            for template in emission.rooms:
                room = f"{template.prefix}1" if template.field else template.text
                assert name_of_room(room) is not None, (entry.name, room)


def test_a_template_names_a_field_that_the_event_has() -> None:
    for entry in registry.TYPES:
        fields = {field.name for field in dataclasses.fields(entry.event)}
        for emission in itertools.chain.from_iterable(entry.emissions.values()):
            for template in emission.rooms:
                assert template.field in {"", "subject", *fields}, (entry.name, template.text)


def test_every_event_has_an_entry_for_either_dialect() -> None:
    for entry in registry.TYPES:
        assert set(entry.emissions) == {registry.CATALOG, registry.SHOP}
        assert all(emission.build for emission in entry.emissions[registry.SHOP])
        # What is recorded goes out as it is.
        assert not any(emission.build for emission in entry.emissions[registry.CATALOG])


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
        ("price.dropped", ("product:prod_1",)),
        ("wishers.price_dropped", ("user:usr_5", "user:usr_6")),
        ("wishers.stock_back", ("user:usr_5", "user:usr_6")),
        ("wishlist.updated", ("user:usr_1",)),
        ("review.submitted", ("admin",)),
        ("review.approved", ("product:prod_1",)),
        ("stock.validated", ("product:prod_1", "admin")),
        ("stock.announced", ("stock", "product:prod_1", "admin")),
        ("flash_sale.started", ("flash_sales",)),
        ("flash_sale.ended", ("flash_sales",)),
        ("flash_sale.updated", ("flash_sales",)),
        ("cart.updated", ("user:usr_1",)),
        ("order.placed", ("order:prod_1", "user:usr_1", "admin", "user:usr_3", "user:usr_4")),
        ("order.status_changed", ("order:prod_1", "user:usr_1", "admin", "user:usr_3", "user:usr_4")),
        ("order.assigned", ("order:prod_1", "user:usr_1", "admin", "user:usr_3", "user:usr_4")),
        ("order.tailor_status_changed", ("order:prod_1", "user:usr_1", "admin", "user:usr_3", "user:usr_4")),
        ("payment.completed", ("user:usr_1", "order:prod_1", "admin")),
        ("payment.failed", ("user:usr_1", "order:prod_1", "admin")),
        ("payment.refunded", ("user:usr_1", "order:prod_1", "admin")),
        ("notification.created", ("user:usr_1",)),
        ("chat.opened", ("chat:prod_1", "admin")),
        ("chat.message", ("chat:prod_1",)),
        ("chat.status_changed", ("chat:prod_1", "admin")),
        ("typing", ("chat:prod_1",)),
        ("presence.online", ("admin",)),
        ("presence.offline", ("admin",)),
        ("stats", ("admin",)),
        ("view", ("admin",)),
        ("activity", ("admin",)),
        ("never.heard.of", None),
    ],
)
def test_each_event_goes_to_its_rooms(kind: str, rooms: tuple[str, ...] | None) -> None:
    data = '{"user_id": "usr_1", "tailor_id": "usr_3", "delivery_partner_id": "usr_4"}'
    extra = '{"event": "STOCK_UPDATED", "user_ids": ["usr_5", "usr_6"], "cause": 3}'
    messages = CATALOG.messages(a_record(kind, data=data, extra=extra))
    assert [message.rooms for message in messages] == ([rooms] if rooms else [])


@pytest.mark.parametrize("entry", OF_ORDERS, ids=lambda entry: entry.name)
@pytest.mark.parametrize("dialect", [CATALOG, SHOP], ids=lambda dialect: dialect.name)
def test_what_goes_to_an_orders_room_is_for_those_whose_order_it_is_by_then(
    entry: registry.EventType, dialect: Dialect
) -> None:
    data = '{"user_id": "usr_1", "tailor_id": "usr_3", "delivery_partner_id": null}'
    emissions = entry.emissions[dialect.name]
    admits = [
        emission.admits(registry.Reading(a_record(entry.name, data=data)))
        for emission in emissions
        if any(template.text == "order:{subject}" for template in emission.rooms)
    ]
    assert admits
    who = {
        "customer": Principal("user", id="usr_1", role=Role.CUSTOMER),
        "tailor": Principal("user", id="usr_3", role=Role.TAILOR),
        "staff": Principal("user", id="usr_9", role=Role.ADMIN),
        "former tailor": Principal("user", id="usr_5", role=Role.TAILOR),
        "other customer": Principal("user", id="usr_2", role=Role.CUSTOMER),
    }
    for test in admits:
        sessions: Any = {name: SimpleNamespace(principal=principal) for name, principal in who.items()}
        heard = {name for name, session in sessions.items() if test is None or test(session)}
        assert heard == {"customer", "tailor", "staff"}


def test_data_is_passed_on_to_the_letter() -> None:
    (message,) = CATALOG.messages(a_record("stock.reduced", data='{"z":1.50,"a":"é\\u0000"}'))
    assert message.payload.decode() == (
        '{"id":"evt_1","type":"stock.reduced","data":{"z":1.50,"a":"é\\u0000"},'
        '"timestamp":"2026-11-21T10:00:00.000Z","cursor":"abcd-7","version":3}'
    )


def test_what_is_ephemeral_bears_no_cursor() -> None:
    (message,) = CATALOG.messages(a_record("stock.validated", seq=0))
    assert "cursor" not in json.loads(message.payload)


@pytest.mark.parametrize(
    ("event", "name", "data"),
    [
        (came_online(), "presence", {"user_id": "usr_1", "online": True}),
        (went_offline(), "presence", {"user_id": "usr_1", "online": False}),
        (counted(), "stats", {"total_connections": 12, "authenticated_users": 5, "admin_connections": 2}),
        (
            viewed(),
            "view",
            {"product_id": "prod_1", "category": "cups", "duration": 1_500, "user_id": "usr_1", "count": 1},
        ),
        (measured(), "metric", {"metric": "revenue_today", "value": 1_234.5}),
        (was_active(), "activity", {"user_id": "usr_1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_staff_on_ws_are_told_who_is_here(event: DomainEvent, name: str, data: dict[str, Any]) -> None:
    (message,) = CATALOG.messages(record_of(event, seq=0))
    told = json.loads(message.payload)
    assert (message.rooms, told["type"], told["data"]) == (("admin",), name, data)
    assert (told["version"], "cursor" in told) == (None, False)


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


def test_the_page_about_events_is_up_to_date() -> None:
    page = Path(settings.BASE_DIR) / "docs" / "events.md"
    assert page.read_text() == documentation.render()


def test_what_every_payload_means_is_written_down() -> None:
    page = documentation.render()
    for entry in registry.TYPES:
        for emission in entry.emissions[registry.SHOP]:
            payload, meaning = documentation._payload(emission)
            assert payload.startswith("`{")
            assert meaning
            assert f"| `{emission.names[0]}` |" in page


def test_a_payload_that_is_a_resource_is_described_by_what_makes_it() -> None:
    def the_order(event: registry.Fields) -> Mapping[str, object]:
        """the order, as REST gives it"""
        return {}

    emission = registry.Emission(rooms=(), names=("order_update",), build=the_order)
    assert documentation._payload(emission) == ("the order, as REST gives it", "")


def test_the_event_log_in_the_admin_can_only_be_looked_at() -> None:
    shown = admin.site._registry[Event]
    request = RequestFactory().get("/")
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)
