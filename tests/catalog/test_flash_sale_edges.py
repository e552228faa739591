"""Telling of a sale's edges: once, in order, however late, whoever else tells at the same time."""

from __future__ import annotations

import datetime as dt
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import QuerySet
from django.db.models.functions import Now

from catalog import tasks
from catalog.models import FlashSale
from catalog.selectors.sales import database_now
from catalog.services import (
    SaleDraft,
    change_flash_sale,
    create_flash_sale,
    end_flash_sale,
    sale_edges,
    tell_edges,
)
from catalog.tasks import tell_flash_sales
from config.kernel.transactions import in_transaction
from tests.catalog.goods import draft, made
from tests.catalog.sales import MILLISECOND, on_sale, sale_draft, sale_events, stopped_clock
from tests.hearing import Heard
from tests.inventory.crowds import at_once

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def product_id(db: None) -> str:
    (product_id,) = made(draft())
    return product_id


@pytest.fixture
def sale_id(product_id: str, heard: Heard) -> str:
    """Of one minute, planned; nobody has heard anything yet."""
    sale = on_sale(product_id, starts=600, ends=660)
    heard.events.clear()
    return sale.id


def whens(heard: Heard) -> list[tuple[str, str, int | None]]:
    return [(event.name, event.data()["sale"]["status"], event.version_number) for event in heard.events]


START, END = ("flash_sale.started", "running", 2), ("flash_sale.ended", "ended", 3)


def test_each_edge_is_told_once_when_it_has_come(sale_id: str, heard: Heard) -> None:
    sale = FlashSale.objects.get(id=sale_id)
    with stopped_clock() as clock:
        for moment, expected in [
            (sale.starts_at - MILLISECOND, []),
            (sale.starts_at, [START]),
            (sale.starts_at + MILLISECOND, [START]),
            (sale.ends_at - MILLISECOND, [START]),
            (sale.ends_at, [START, END]),
            (sale.ends_at + MINUTE, [START, END]),
        ]:
            clock.stand_at(moment)
            tell_flash_sales(0)
            assert whens(heard) == expected, moment


def test_an_edge_that_is_near_is_waited_for(
    sale_id: str, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = FlashSale.objects.get(id=sale_id)
    slept: list[float] = []
    with stopped_clock() as clock:

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            clock.stand_at(database_now() + dt.timedelta(seconds=seconds))

        monkeypatch.setattr(tasks, "time", SimpleNamespace(sleep=sleep))
        clock.stand_at(sale.starts_at - dt.timedelta(seconds=1.001))
        tell_flash_sales(0)
        assert (slept, whens(heard)) == ([], [])
        clock.stand_at(sale.starts_at - dt.timedelta(seconds=0.25))
        tell_flash_sales(0)
        assert (slept, whens(heard)) == ([0.25], [START])
        clock.stand_at(sale.ends_at - MILLISECOND)
        tell_flash_sales(0)
        assert (slept, whens(heard)) == ([0.25, 0.001], [START, END])


def test_a_worker_that_was_down_at_the_start_tells_it_late(sale_id: str, heard: Heard) -> None:
    sale = FlashSale.objects.get(id=sale_id)
    with stopped_clock() as clock:
        clock.stand_at(sale.ends_at - MILLISECOND)
        assert tell_edges() == 1
        assert whens(heard) == [START]


def test_a_worker_that_was_down_at_the_end_tells_it_late(sale_id: str, heard: Heard) -> None:
    sale = FlashSale.objects.get(id=sale_id)
    with stopped_clock() as clock:
        clock.stand_at(sale.starts_at)
        assert tell_edges() == 1
        clock.stand_at(sale.ends_at + 60 * MINUTE)
        assert tell_edges() == 1
        assert whens(heard) == [START, END]


def test_a_worker_that_was_down_for_all_of_it_tells_both_in_order(sale_id: str, heard: Heard) -> None:
    sale = FlashSale.objects.get(id=sale_id)
    with stopped_clock() as clock:
        clock.stand_at(sale.ends_at + 60 * MINUTE)
        assert tell_edges() == 2
        assert whens(heard) == [START, END]
        assert tell_edges() == 0


def test_the_edges_of_several_sales_are_told_as_they_came(product_id: str, heard: Heard) -> None:
    long, short, later = (
        on_sale(product_id, starts=starts, ends=ends).id
        for starts, ends in ((600, 900), (660, 720), (780, 960))
    )
    heard.events.clear()
    with stopped_clock() as clock:
        clock.stand_at(FlashSale.objects.get(id=later).ends_at)
        assert tell_edges() == 6
    assert sale_events(heard.events) == [
        ("flash_sale.started", long),
        ("flash_sale.started", short),
        ("flash_sale.ended", short),
        ("flash_sale.started", later),
        ("flash_sale.ended", long),
        ("flash_sale.ended", later),
    ]


def test_many_sales_that_are_due_are_all_told(
    product_id: str, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sale_edges, "_AT_ONCE", 2)
    sales = [on_sale(product_id, starts=600 + number).id for number in range(5)]
    heard.events.clear()
    with stopped_clock() as clock:
        clock.stand_at(FlashSale.objects.get(id=sales[-1]).starts_at)
        assert tell_edges() == 5
    assert sorted(sale_events(heard.events)) == [("flash_sale.started", sale_id) for sale_id in sorted(sales)]


def test_whoever_changes_or_ends_a_sale_tells_first_what_the_clock_has_done(
    product_id: str, heard: Heard
) -> None:
    one, two = (on_sale(product_id, starts=600, ends=900).id for _ in range(2))
    heard.events.clear()
    with stopped_clock() as clock:
        clock.stand_at(FlashSale.objects.get(id=two).starts_at + MINUTE)
        change_flash_sale(sale_id=one, draft=SaleDraft(name="New"))
        end_flash_sale(sale_id=two)
        assert sale_events(heard.events) == [
            ("flash_sale.started", one),
            ("flash_sale.updated", one),
            ("flash_sale.started", two),
            ("flash_sale.ended", two),
        ]
        assert [event.version_number for event in heard.events] == [2, 3, 2, 3]
        assert tell_edges() == 0


def test_a_sale_that_is_moved_is_told_at_its_new_instants(sale_id: str, heard: Heard) -> None:
    sale = FlashSale.objects.get(id=sale_id)
    change_flash_sale(
        sale_id=sale_id, draft=SaleDraft(starts_at=sale.starts_at + MINUTE, ends_at=sale.ends_at + MINUTE)
    )
    with stopped_clock() as clock:
        clock.stand_at(sale.starts_at + MINUTE - MILLISECOND)
        assert tell_edges() == 0
        clock.stand_at(sale.starts_at + MINUTE)
        assert tell_edges() == 1
        clock.stand_at(sale.ends_at + MINUTE)
        assert tell_edges() == 1


# ------------------------------------------------------------------------------------ several workers


def due_sales(product_id: str, heard: Heard, count: int = 20) -> None:
    """Sales of which both edges have passed, and nobody was told."""
    for number in range(count):
        create_flash_sale(draft=sale_draft(product_id, starts=600, ends=700, name=f"Sale {number}"))
    FlashSale.objects.update(starts_at=Now() - 2 * MINUTE, ends_at=Now() - MINUTE)
    heard.events.clear()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_several_workers_tell_the_same(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    (product_id,) = made(draft())
    due_sales(product_id, heard, count=3)
    gate = threading.Barrier(4)

    def meet() -> dt.datetime:
        """All have looked at what is due before the first of them goes on."""
        gate.wait(timeout=10)
        return database_now()

    def unlocked(queryset: Any, **_how: Any) -> Any:
        return queryset

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    monkeypatch.setattr(sale_edges, "database_now", meet)
    at_once([lambda: in_transaction(sale_edges._tell_some)] * 4, threads=4)
    assert len(sale_events(heard.events)) == 4 * 6


@pytest.mark.django_db(transaction=True)
def test_several_workers_tell_each_edge_once(heard: Heard) -> None:
    (product_id,) = made(draft())
    due_sales(product_id, heard)
    told = at_once([tell_edges for _ in range(8)], threads=8)
    assert sum(one for one in told if isinstance(one, int)) == 40
    events = sale_events(heard.events)
    assert len(events) == len(set(events)) == 40
    for sale_id in {sale_id for _name, sale_id in events}:
        its_own = [name for name, other in events if other == sale_id]
        assert its_own == ["flash_sale.started", "flash_sale.ended"]
