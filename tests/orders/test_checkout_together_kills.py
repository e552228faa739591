"""Orders that share a transaction: nothing half-done whatever dies when, and nothing ordered twice.

What could be ordered twice has a control, in which the guard is taken out and it happens, and a proof.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from config.api.models import IdempotencyKey
from config.kernel import transactions
from inventory.selectors.drift import drifts
from orders.models import Order
from orders.services import placing
from realtime.models import Event
from tests.orders.conftest import Person
from tests.orders.gathering import ORDERS, ordering, people, statuses, together, transactions_of_orders
from tests.orders.shop import WHERE, Goods, mug

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("groups")]


def cut_off() -> None:
    """The server ends this thread's connection, as at a restart."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    done = threading.Thread(target=_end, args=(pid,))
    done.start()
    done.join()


def _end(pid: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        connection.close()


def once(patch: pytest.MonkeyPatch, module: Any, name: str, before: Callable[[], None]) -> None:
    """Have ``before`` run before the first call of this, and of no other."""
    original, called = getattr(module, name), threading.Event()

    def wrapped(*args: Any, **more: Any) -> Any:
        if not called.is_set():
            called.set()
            before()
        return original(*args, **more)

    patch.setattr(module, name, wrapped)


def fail() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("dies", [cut_off, fail], ids=["the connection", "the code"])
@pytest.mark.parametrize("before", ["lock_carts", "write_orders", "publish_all"])
def test_a_leader_that_fails_in_the_middle_leaves_nothing_half_done_and_each_goes_alone(
    before: str, dies: Callable[[], None], groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    goods, buyers = mug(stock=3), people(4)
    once(monkeypatch, placing, before, dies)
    answers = together([ordering(buyer, goods.item(1)) for buyer in buyers])
    assert groups == [4]
    assert Counter(statuses(answers)) == {(201, None): 3, (409, "out_of_stock"): 1}
    assert transactions_of_orders() == 3
    assert (goods.on_hand(), Order.objects.count(), IdempotencyKey.objects.count()) == (0, 3, 3)
    assert Event.objects.filter(type="order.placed").count() == 3
    assert drifts() == []


@contextmanager
def lost_after_the_commit() -> Iterator[None]:
    """The first transaction of orders is committed, and nobody hears of it any more."""
    wrapper: Any = BaseDatabaseWrapper
    commit, lost = wrapper._commit, threading.Event()

    def commit_and_lose(self: Any) -> Any:
        commit(self)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM orders_order")
            (count,) = cursor.fetchone()
        self.connection.rollback()
        if count and not lost.is_set():
            lost.set()
            self.connection.close()
            raise OperationalError("server closed the connection unexpectedly")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrapper, "_commit", commit_and_lose)
        yield


def without_keys(goods: Goods, buyers: Sequence[Person]) -> list[Callable[[], Any]]:
    body = {"items": [goods.item(1)], **WHERE}
    return [lambda buyer=buyer: buyer("POST", ORDERS, body) for buyer in buyers]  # type: ignore[misc]  # a default


def test_control_if_a_commit_of_which_nobody_knows_counted_as_none_all_would_be_ordered_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods, buyers = mug(), people(3)
    monkeypatch.setattr(transactions, "_was_refused", lambda error: True)
    with lost_after_the_commit():
        answers = together(without_keys(goods, buyers))
    assert statuses(answers) == [(201, None)] * 3
    assert Order.objects.count() == 6


def test_proof_after_a_commit_of_which_nobody_knows_nothing_is_ordered_again(groups: list[int]) -> None:
    goods, buyers = mug(), people(3)
    with lost_after_the_commit():
        answers = together(without_keys(goods, buyers))
    assert {one.status_code for one in answers} == {503}
    assert (groups, Order.objects.count(), goods.on_hand()) == ([3], 3, 7)


def test_after_such_a_commit_whoever_has_a_key_finds_the_order() -> None:
    goods, buyers = mug(), people(3)
    with lost_after_the_commit():
        answers = together([ordering(buyer, goods.item(1)) for buyer in buyers])
    assert {one.status_code for one in answers} == {503}
    answers = [ordering(buyer, goods.item(1))() for buyer in buyers]
    assert [(one.status_code, one["Idempotent-Replayed"]) for one in answers] == [(201, "true")] * 3
    assert (Order.objects.count(), goods.on_hand()) == (3, 7)
