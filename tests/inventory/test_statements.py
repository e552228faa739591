"""What a change of stock costs: a number of statements that does not grow with what is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from inventory import services
from inventory.models import Reservation
from inventory.services.sales import record_trade, sale
from inventory.tasks import sweep_expired_reservations
from tests.inventory.shop import ACTOR, Goods, make_goods

pytestmark = pytest.mark.django_db


def statements_of(work: Callable[[], object]) -> int:
    """How many statements it takes, without savepoints, which only the test's own transaction causes."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def some(count: int) -> list[Goods]:
    return [make_goods(stock=50) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 40])
def test_a_sale_takes_five_statements_however_many_lines_it_has(count: int) -> None:
    lines = [goods.line(1) for goods in some(count)]
    sell = lambda: services.reduce_stock(lines=lines, actor=ACTOR, reference="o-1")  # noqa: E731
    assert statements_of(sell) == 5  # claim, lock, read, write, record


@pytest.mark.parametrize("count", [1, 40])
def test_forty_orders_in_one_transaction_take_the_same_five(count: int) -> None:
    goods = make_goods(stock=50)
    orders = [sale(lines=[goods.line(1)], reference=f"o-{number}") for number in range(count)]
    assert statements_of(lambda: record_trade(operations=orders, actor=ACTOR)) == 5
    assert goods.level().on_hand == 50 - count


def test_a_hold_and_what_becomes_of_it_take_a_fixed_number_too() -> None:
    lines = [goods.line(1) for goods in some(20)]
    held: list[str] = []

    def reserve() -> None:
        held.append(services.reserve_stock(lines=lines, ttl_seconds=60, actor=ACTOR).id)

    assert statements_of(reserve) == 5
    assert statements_of(lambda: services.commit_reservation(reservation_id=held[0], actor=ACTOR)) <= 9
    reserve()
    assert statements_of(lambda: services.release_reservation(reservation_id=held[1], actor=ACTOR)) <= 7


def test_an_expired_hold_costs_a_sale_no_statement_more() -> None:
    goods = make_goods(stock=5)
    services.reserve_stock(lines=[goods.line(3)], ttl_seconds=60, actor=ACTOR)
    Reservation.objects.update(expires_at=F("expires_at") - dt.timedelta(days=1))
    assert statements_of(lambda: services.reduce_stock(lines=[goods.line(5)], actor=ACTOR)) == 4
    assert goods.level().reserved == 0


def test_the_sweep_goes_on_until_nothing_is_left_to_tidy() -> None:
    goods = make_goods(stock=50)
    for _ in range(3):
        services.reserve_stock(lines=[goods.line(1)], ttl_seconds=60, actor=ACTOR)
    Reservation.objects.update(expires_at=F("expires_at") - dt.timedelta(days=1))
    sweep_expired_reservations(timestamp=0)
    assert goods.level().reserved == 0
    assert set(Reservation.objects.values_list("state", flat=True)) == {"expired"}
