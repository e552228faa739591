"""Races of those who work on an order. Each has a control, in which the guard is taken out, and a proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from config.identity.models import Role
from config.kernel.actors import Actor
from orders import services
from orders.errors import OrderClosed, OrderNotFound
from orders.flow import TailorStatus
from orders.models import Order
from orders.order_records import OrderRecord
from orders.parties import parties_of
from orders.services import assigning
from orders.services import status as stepping
from tests.hearing import Heard
from tests.inventory.crowds import at_once
from tests.orders.conftest import Person, person
from tests.orders.guards import without_order_lock
from tests.orders.shop import Goods, mug, place

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(kind="user", id="usr_staff")


def an_order(customer: Person, tailor: Person, goods: Goods) -> str:
    """One that the tailor works on."""
    order: str = place(customer, goods.item(1))["_id"]
    assigning_to(order, tailor)()
    return order


def assigning_to(order: str, tailor: Person) -> Callable[[], OrderRecord]:
    return lambda: services.assign_order(order_id=order, actor=STAFF, role=Role.ADMIN, tailor_id=tailor.id)


def sewing(order: str, tailor: Person) -> Callable[[], OrderRecord]:
    return lambda: services.change_tailor_status(
        order_id=order,
        to=TailorStatus.STITCHING,
        actor=Actor(kind="user", id=tailor.id),
        role=Role.TAILOR,
    )


def cancelling(order: str) -> Callable[[], OrderRecord]:
    return lambda: services.cancel_order(order_id=order, actor=STAFF, role=Role.ADMIN)


def versions_of(order: str, heard: Heard) -> list[int | None]:
    return [event.version_number for event in heard.events if event.subject == order]


# ------------------------------------------------------------------- another tailor, and the first goes on


def test_control_without_the_orders_lock_two_changes_are_one_version(
    customer: Person, tailor: Person, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, another = an_order(customer, tailor, mug()), person(Role.TAILOR, "timo")
    without_order_lock(monkeypatch, 2, assigning, stepping)
    results = at_once([assigning_to(order, another), sewing(order, tailor)])
    assert all(isinstance(one, OrderRecord) for one in results), results
    # A listener that goes by versions throws one of the two away.
    assert sorted(map(str, versions_of(order, heard))) == ["1", "2", "3", "3"]


def test_control_without_the_orders_lock_the_new_tailor_has_the_first_ones_work(
    customer: Person, tailor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, another = an_order(customer, tailor, mug()), person(Role.TAILOR, "timo")
    seen = Order.objects.get(id=order)
    assigning_to(order, another)()
    monkeypatch.setattr(
        assigning,
        "lock_order",
        lambda _id, **how: (seen, parties_of(seen, actor=how["actor"], role=how["role"])),
    )
    sewing(order, tailor)()
    found = Order.objects.get(id=order)
    assert (found.tailor_id, found.tailor_status) == (another.id, "stitching")


def test_proof_a_new_tailor_begins_anew_whatever_the_first_one_says_meanwhile(
    customer: Person, tailor: Person, heard: Heard
) -> None:
    goods, another = mug(stock=20), person(Role.TAILOR, "timo")
    orders = [an_order(customer, tailor, goods) for _ in range(20)]
    works = [work for order in orders for work in (assigning_to(order, another), sewing(order, tailor))]
    results: list[Any] = at_once(works, threads=8)
    assert all(isinstance(one, OrderRecord) for one in results[::2])
    assert {type(one) for one in results[1::2]} <= {OrderRecord, OrderNotFound}
    found = Order.objects.values_list("tailor_id", "tailor_status")
    assert set(found) == {(another.id, "assigned")}
    for order, sewn in zip(orders, results[1::2], strict=True):
        told = 4 if isinstance(sewn, OrderRecord) else 3
        assert sorted(map(str, versions_of(order, heard))) == [str(one) for one in range(1, told + 1)]


# ------------------------------------------------------------------------- cancelled, and the tailor goes on


def test_control_without_the_orders_lock_somebody_goes_on_with_what_is_cancelled(
    customer: Person, tailor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = an_order(customer, tailor, mug())
    without_order_lock(monkeypatch, 2, assigning, stepping)
    results = at_once([cancelling(order), sewing(order, tailor)])
    assert Counter(type(one) for one in results) == {OrderRecord: 2}
    assert Order.objects.get(id=order).version == 3, "four were told"


def test_proof_nobody_goes_on_with_what_is_cancelled(customer: Person, tailor: Person, heard: Heard) -> None:
    goods = mug(stock=20)
    orders = [an_order(customer, tailor, goods) for _ in range(20)]
    works = [work for order in orders for work in (cancelling(order), sewing(order, tailor))]
    results: list[Any] = at_once(works, threads=8)
    assert all(isinstance(one, OrderRecord) for one in results[::2])
    assert {type(one) for one in results[1::2]} <= {OrderRecord, OrderClosed}
    for order in orders:
        names = [event.name for event in heard.events if event.subject == order]
        assert names[-1] == "order.status_changed" or "order.tailor_status_changed" not in names
    assert goods.on_hand() == 20
