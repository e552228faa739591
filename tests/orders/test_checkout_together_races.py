"""Orders that share a transaction, and others that want the same locks or the last units."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from config.kernel import transactions
from config.kernel.errors import StockwireError
from inventory.selectors.drift import drifts
from orders import services
from orders.models import CartItem, Order
from orders.order_records import OrderRecord
from tests.orders.conftest import Person
from tests.orders.gathering import asking, ordering, people, statuses, together
from tests.orders.shop import mug

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("groups")]


def test_whoever_would_wait_for_long_does_not_keep_the_others(
    groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody changes a customer's cart and takes their time: the group gives up, and each goes alone."""
    goods, buyers = mug(stock=50), people(4)
    for buyer in buyers:
        buyer("POST", "/api/cart/items", goods.item(1))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM orders_cart WHERE user_id = %s FOR UPDATE", [buyers[1].id])
                held.set()
                assert done.wait(20)
        finally:
            connection.close()

    finished: list[int] = []

    def noting(place: int, work: Callable[[], Any]) -> Callable[[], Any]:
        def noted() -> Any:
            answer = work()
            finished.append(place)
            if len(finished) == 3:
                done.set()
            return answer

        return noted

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    answers = together([noting(place, ordering(buyer)) for place, buyer in enumerate(buyers)])
    holder.join()
    assert statuses(answers) == [(201, None)] * 4
    assert (groups, finished[-1], sorted(finished[:3])) == ([4], 1, [0, 2, 3])
    assert (goods.on_hand(), CartItem.objects.count()) == (46, 0)


def test_proof_groups_that_want_the_same_goods_in_another_order_deadlock_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As two processes would: what leads in each is a thread of its own."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)  # no deadlock is hidden by trying again
    one, two = mug(stock=100), mug(stock=100)
    buyers = people(24)
    gate = threading.Barrier(4)

    def place(some: Sequence[Person]) -> list[OrderRecord | StockwireError]:
        placings = [
            asking(buyer, *((one, two) if number % 2 else (two, one))) for number, buyer in enumerate(some)
        ]
        return transactions.in_shared_transaction(lambda: services.place_orders(placings))

    def group(some: Sequence[Person]) -> list[OrderRecord | StockwireError]:
        outcomes: list[OrderRecord | StockwireError] = []
        try:
            for turn in range(4):
                gate.wait(20)
                outcomes += place([*some[turn:], *some[:turn]])
        finally:
            connection.close()
        return outcomes

    with ThreadPoolExecutor(4) as pool:
        parts = [buyers[first::4] for first in range(4)]
        outcomes = [outcome for part in pool.map(group, parts) for outcome in part]
    assert len(outcomes) == 96
    assert all(isinstance(outcome, OrderRecord) for outcome in outcomes)
    assert (one.on_hand(), two.on_hand(), drifts()) == (4, 4, [])


def test_proof_a_rush_for_few_units_sells_exactly_these_and_refuses_the_rest_for_nothing_else(
    groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.kernel.combining.PATIENCE", 0.25)
    goods, buyers = mug(stock=25), people(60)
    gate = threading.Barrier(20)

    def rush(some: Sequence[Person]) -> list[Any]:
        try:
            gate.wait(20)
            return [ordering(buyer, goods.item(1))() for buyer in some]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = [one for part in pool.map(rush, [buyers[first::20] for first in range(20)]) for one in part]
    assert Counter(statuses(answers)) == {(201, None): 25, (409, "out_of_stock"): 35}
    assert (goods.on_hand(), Order.objects.count(), drifts()) == (0, 25, [])
    assert groups, "some of them were placed together"
