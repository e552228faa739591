"""Orders that share a transaction: each answered for itself, and nothing half-done whatever dies.

Each race has a control, in which the guard is taken out and the race happens, and a proof.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from config.api.models import IdempotencyKey
from config.kernel import transactions
from config.kernel.actors import Actor
from config.kernel.combining import Combiner
from config.kernel.errors import Conflict, StockwireError
from inventory.models import StockMovement
from inventory.selectors.drift import drifts
from orders import services
from orders.api import checkout
from orders.models import CartItem, Order
from orders.order_records import OrderRecord
from orders.services import placing
from realtime.models import Event, Notification
from tests.orders.asking import wish
from tests.orders.conftest import Person, person
from tests.orders.shop import WHERE, Goods, cake, mug

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "/api/orders"


class Held(Exception):
    """Whoever was only there to keep the others waiting."""


@pytest.fixture(autouse=True)
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders were tried together, each time. Nobody loses patience while a test gathers a crowd."""
    tried: list[int] = []
    together = checkout._together

    def noted(checkouts: Any) -> Any:
        tried.append(len(checkouts))
        return together(checkouts)

    monkeypatch.setattr(checkout, "_together", noted)
    monkeypatch.setattr(checkout._combined, "_together", noted)
    monkeypatch.setattr("config.kernel.combining.PATIENCE", 60)
    return tried


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of these so that they share one transaction; the answer to each, in their order."""
    gate = threading.Event()
    first = object()

    def alone(asked: Any) -> Any:
        if asked is first:
            assert gate.wait(20)
            raise Held
        return checkout._alone(asked)

    def key(asked: Any) -> Any:
        return asked if asked is first else checkout._customer(asked)

    combiner: Any = Combiner(checkout._together, alone=alone, key=key, most=checkout.MOST)

    def hold() -> None:
        with pytest.raises(Held):
            combiner(first)

    def closing(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(works) + 1) as pool:
        patch.setattr(checkout, "_combined", combiner)
        holding = pool.submit(hold)
        until(lambda: combiner._leaders == 1 and not combiner._waiting)
        futures = []
        for count, work in enumerate(works, start=1):
            futures.append(pool.submit(closing, work))
            until(partial(waits_for, combiner, count))
        gate.set()
        holding.result(20)
        return [future.result(30) for future in futures]


def waits_for(combiner: Any, count: int) -> bool:
    return len(combiner._waiting) == count


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def people(count: int) -> list[Person]:
    return [person(name=f"buyer{number}", phone="0123") for number in range(count)]


def ordering(buyer: Person, *items: dict[str, Any], key: str = "k", **more: Any) -> Callable[[], Any]:
    body = {"items": list(items), **WHERE, **more} if items else {**WHERE, **more}
    return lambda: buyer("POST", ORDERS, body, **{"Idempotency-Key": key})


def statuses(answers: Sequence[Any]) -> list[tuple[int, str | None]]:
    return [(one.status_code, one.data.get("code") if one.status_code >= 400 else None) for one in answers]


def transactions_of_orders() -> int:
    """How many transactions wrote the orders that there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM orders_order")
        count: int = cursor.fetchone()[0]
    return count


# ---------------------------------------------------------------------------------- each for itself


def test_orders_that_come_together_share_a_transaction_and_are_each_as_if_alone(groups: list[int]) -> None:
    goods, sweet, buyers = mug(stock=50), cake(stock=50), people(8)
    for number, buyer in enumerate(buyers):
        buyer("POST", "/api/cart/items", goods.item(number + 1))
        buyer("POST", "/api/cart/items", sweet.item(1))
    events = Event.objects.count()
    answers = together([ordering(buyer) for buyer in buyers])
    assert statuses(answers) == [(201, None)] * 8
    assert (groups, transactions_of_orders()) == ([8], 1)
    for number, (buyer, answer) in enumerate(zip(buyers, answers, strict=True)):
        order = answer.data
        assert (order["userId"], order["itemCount"]) == (buyer.id, number + 2)
        assert [item["quantity"] for item in order["items"]] == [number + 1, 1]
        assert answer["Location"] == f"/api/orders/{order['id']}"
        assert buyer("GET", f"{ORDERS}/{order['id']}").data == order
        assert buyer("GET", "/api/cart").data["items"] == []
        # Its own movements, under its own name, and its own history, events and notification.
        movements = StockMovement.objects.filter(reference=order["id"])
        assert sorted(movements.values_list("delta", "actor", "source")) == sorted(
            [(-number - 1, f"user:{buyer.id}", "api"), (-1, f"user:{buyer.id}", "api")]
        )
        assert [entry["by"] for entry in order["statusHistory"]] == [buyer.id]
        assert Event.objects.filter(type="order.placed", subject=order["id"]).count() == 1
        assert Event.objects.filter(type="cart.updated", data__contains=buyer.id).count() == 3
        assert Notification.objects.filter(user_id=buyer.id, related_order=order["id"]).count() == 1
    # Two stock.reduced, order.placed, cart.updated, notification.created.
    assert Event.objects.count() == events + 8 * 5
    numbers = [int(answer.data["orderNumber"][-6:]) for answer in answers]
    assert sorted(numbers) == list(range(1, 9))
    assert (goods.on_hand(), sweet.on_hand()) == (50 - 36, 42)
    assert drifts() == []


def test_those_who_are_refused_undo_nothing_of_the_others(groups: list[int]) -> None:
    goods, scarce, gone, buyers = mug(stock=20), mug(stock=1), mug(), people(8)
    gone.archive()
    answers = together(
        [
            ordering(buyers[0], goods.item(1)),
            ordering(buyers[1], scarce.item(1), goods.item(1)),
            ordering(buyers[2], goods.item(1), scarce.item(1)),
            ordering(buyers[3]),
            ordering(buyers[4], goods.item(1), totalPrice=1),
            ordering(buyers[5], gone.item(1)),
            ordering(buyers[6], goods.item(0)),
            ordering(buyers[7], goods.item(2), key="x" * 100),
        ]
    )
    assert groups == [8]
    assert statuses(answers) == [
        (201, None),
        (201, None),
        (409, "out_of_stock"),
        (400, "cart_empty"),
        (409, "price_changed"),
        (400, "unknown_product"),
        (400, "invalid"),
        (201, None),
    ]
    assert (goods.on_hand(), scarce.on_hand()) == (16, 0)
    assert (Order.objects.count(), transactions_of_orders(), IdempotencyKey.objects.count()) == (3, 1, 3)
    assert (
        Order.objects.count()
        == StockMovement.objects.filter(kind="sale").values("reference").distinct().count()
    )
    assert drifts() == []
    # A refusal is not remembered: the same request, when it can be met, is.
    again = buyers[4]("POST", ORDERS, {"items": [goods.item(1)], **WHERE}, **{"Idempotency-Key": "k"})
    assert again.status_code == 201


def test_of_the_last_units_the_first_who_came_get_them_and_the_others_draw_no_number() -> None:
    goods, buyers = mug(stock=4), people(10)
    answers = together([ordering(buyer, goods.item(1)) for buyer in buyers])
    assert statuses(answers) == [(201, None)] * 4 + [(409, "out_of_stock")] * 6
    assert [int(one.data["orderNumber"][-6:]) for one in answers[:4]] == [1, 2, 3, 4]
    following = buyers[0]("POST", ORDERS, {"items": [cake().item(1)], **WHERE})
    assert following.data["orderNumber"].endswith("000005")
    assert (goods.on_hand(), drifts()) == (0, [])


def test_what_is_still_needed_besides_stock_is_asked_last_and_refuses_one_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pool of two units in the transaction that sells, as a flash sale has one."""
    goods, scarce, buyers = mug(stock=50), mug(stock=1), people(5)
    pool = mug(stock=0).id  # any row that can be counted down
    asked: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE pool (product text PRIMARY KEY, units int, taken int)")
        cursor.execute("INSERT INTO pool VALUES (%s, 2, 0)", [pool])

    def condition(draft: Any) -> Callable[[], None]:
        def hold() -> None:
            asked.append(draft.placing.customer.pk)
            with connection.cursor() as cursor:
                # What it has written before it refuses is undone with it.
                cursor.execute("UPDATE pool SET taken = taken + 1 WHERE product = %s", [pool])
                cursor.execute("UPDATE pool SET units = units - 1 WHERE product = %s AND units > 0", [pool])
                if not cursor.rowcount:
                    raise Conflict("The sale is over", code="sold_out")

        return hold

    monkeypatch.setattr(placing, "_condition", condition)
    try:
        items = [goods.item(1), scarce.item(2), goods.item(1), goods.item(1), goods.item(1)]
        answers = together([ordering(buyer, item) for buyer, item in zip(buyers, items, strict=True)])
        sold, gone = (201, None), (409, "sold_out")
        assert statuses(answers) == [sold, (409, "out_of_stock"), sold, gone, gone]
        assert asked == [buyers[place].id for place in (0, 2, 3, 4)], "not where the stock is short"
        assert (goods.on_hand(), Order.objects.count(), transactions_of_orders()) == (48, 2, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT units, taken FROM pool")
            assert cursor.fetchone() == (0, 2)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE pool")


# ------------------------------------------------------------------------------------------ keys


def test_a_key_that_was_answered_is_answered_again_byte_for_byte_among_others(groups: list[int]) -> None:
    goods, (first, second, third) = mug(), people(3)
    before = ordering(first, goods.item(1))()
    answers = together(
        [
            ordering(first, goods.item(1)),
            ordering(second, goods.item(1)),
            ordering(third, goods.item(1), key="other"),
        ]
    )
    assert (groups, statuses(answers)) == ([3], [(201, None)] * 3)
    assert answers[0].content == before.content
    assert answers[0]["Idempotent-Replayed"] == "true"
    for name in ("Location", "ETag", "Last-Modified", "Content-Type"):
        assert answers[0][name] == before[name]
    # And what was answered in a group is answered again alone.
    again = ordering(second, goods.item(1))()
    assert (again.content, again["Idempotent-Replayed"]) == (answers[1].content, "true")
    assert (goods.on_hand(), Order.objects.count()) == (7, 3)


def test_a_key_that_was_used_for_something_else_is_refused_among_others(groups: list[int]) -> None:
    goods, (first, second) = mug(), people(2)
    ordering(first, goods.item(1))()
    answers = together([ordering(first, goods.item(2)), ordering(second, goods.item(1))])
    assert groups == [2]
    assert statuses(answers) == [(422, "idempotency_key_reused"), (201, None)]
    # Also with a body that can't be right: the key is looked at first.
    answers = together([ordering(first, goods.item(0)), ordering(second, goods.item(0), key="new")])
    assert statuses(answers) == [(422, "idempotency_key_reused"), (400, "invalid")]
    assert goods.on_hand() == 8


def test_a_customers_double_click_is_one_order_and_shares_with_others(groups: list[int]) -> None:
    goods, (first, second) = mug(), people(2)
    first("POST", "/api/cart/items", goods.item(1))
    answers = together([ordering(first), ordering(first), ordering(second, goods.item(1)), ordering(first)])
    assert groups == [2], "a customer's second one goes after the first"
    assert statuses(answers) == [(201, None)] * 4
    assert len({one.content for one in (answers[0], answers[1], answers[3])}) == 1
    assert (goods.on_hand(), Order.objects.count()) == (8, 2)


# ------------------------------------------------------------------------------ whatever dies when


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


# ----------------------------------------------------------------------------------- locks of others


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


def asking(buyer: Person, *goods: Goods) -> services.Placing:
    return services.Placing(
        customer=buyer.user,
        terms=services.Terms(shipping_address="Here", phone="0123"),
        actor=Actor(kind="user", id=buyer.id),
        wishes=[wish(one) for one in goods],
    )


def test_two_orders_of_one_customer_are_not_placed_together() -> None:
    goods, (buyer,) = mug(), people(1)
    with pytest.raises(ValueError, match="of one customer"):
        services.place_orders([asking(buyer, goods), asking(buyer, goods)])
    assert goods.on_hand() == 10


# -------------------------------------------------------------------------------------------- a rush


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
