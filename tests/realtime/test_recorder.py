"""The recorder: recorded with the change, or not at all."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.kernel.events import DomainEvent, publish_all
from realtime import recorder
from realtime.courier import courier
from realtime.models import Event
from tests.realtime.log import log_rows, publish, stock_low, stock_reduced, stock_updated


class Unspeakable(DomainEvent):
    """An event that is no JSON."""

    name: ClassVar[str] = "unspeakable"

    @property
    def subject(self) -> str:
        return "x"

    def data(self) -> dict[str, Any]:
        return {"what": object()}

    def extra(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def pokes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(courier, "poke", lambda: found.append(1))
    return found


@pytest.mark.django_db
def test_any_number_of_events_is_one_insert() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        publish_all([stock_reduced(f"prod_{number}", number) for number in range(500)])
    inserts = [query["sql"] for query in queries if "INSERT INTO realtime_event" in query["sql"]]
    assert len(inserts) == 1
    assert [event.version for event in Event.objects.order_by("id")] == list(range(500))


@pytest.mark.django_db
def test_an_event_is_recorded_as_the_catalog_dialect_sends_it_and_what_only_others_need_apart() -> None:
    with transaction.atomic():
        publish_all([stock_updated("prod_é", 7, touch=True)])
    event = Event.objects.get()
    assert (event.type, event.subject, event.version, event.seq) == ("stock.updated", "prod_é", 7, None)
    assert event.public_id.startswith("evt_")
    assert "touch" not in json.loads(event.data)
    assert json.loads(event.extra) == {"touch": True}
    # To the letter: the fields in the order in which the event names them.
    assert list(json.loads(event.data)) == [
        "product_id", "variant_id", "sku", "attributes", "change", "stock", "total_stock", "locations",
        "after_order", "reference", "version",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_undone_leaves_no_event_and_pokes_nobody(pokes: list[int]) -> None:
    def change() -> None:
        with transaction.atomic():
            publish_all([stock_reduced()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert log_rows() == []
    assert pokes == []


@pytest.mark.django_db(transaction=True)
def test_an_event_that_can_not_be_recorded_undoes_the_change(pokes: list[int]) -> None:
    def change() -> None:
        with transaction.atomic():
            publish_all([stock_reduced()])
            recorder.record([Unspeakable()])

    with pytest.raises(TypeError):
        change()
    assert log_rows() == []


@pytest.mark.django_db(transaction=True)
def test_the_relay_is_poked_after_the_commit_and_not_before(pokes: list[int]) -> None:
    with transaction.atomic():
        publish_all([stock_reduced()])
        assert pokes == []
    assert len(pokes) == 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_keeps_the_order_in_which_its_events_were_published(quiet_courier: None) -> None:
    publish(stock_reduced("a", 1), stock_low("a"), stock_updated("b", 2))
    assert [(kind, subject) for _seq, kind, subject, _version in log_rows()] == [
        ("stock.reduced", "a"),
        ("stock.low", "a"),
        ("stock.updated", "b"),
    ]
