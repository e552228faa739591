"""Races of orders. Each has a control, in which the guard is taken out and the race happens, and a proof."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from config.identity.models import Role
from config.kernel import transactions
from config.kernel.actors import Actor
from config.kernel.errors import ConflictingItems, InProgress
from inventory.models import StockMovement
from inventory.selectors.drift import drifts
from inventory.services import doing
from orders import services
from orders.errors import CartEmpty, IllegalTransition
from orders.flow import Status
from orders.models import Cart, CartItem, Disposition, Order, OrderLine, OrderReturn, OrderYear
from orders.order_records import OrderRecord
from orders.owners import CartOwner
from orders.selectors.carts import baskets_of
from orders.services import placing
from orders.services import returns as returning
from orders.services import status as stepping
from orders.services.cart_statements import LockedCart
from tests.inventory.crowds import Meeting, at_once
from tests.inventory.test_races import (
    archived_just_before_the_lock,
    without_condition,
    without_constraints,
    without_head_lock,
)
from tests.orders.asking import wish
from tests.orders.conftest import Person, person
from tests.orders.guards import without_order_lock
from tests.orders.shop import WHERE, Goods, cake, mug

pytestmark = pytest.mark.django_db(transaction=True)

TERMS = services.Terms(shipping_address="Here", phone="0123")
STAFF = Actor(kind="user", id="usr_staff")


def people(count: int) -> list[Person]:
    return [person(name=f"buyer{number}") for number in range(count)]


def buying(buyer: Person, *goods: Goods) -> Callable[[], OrderRecord]:
    """From items where goods are given, else from the cart."""
    return lambda: services.place_order(
        customer=buyer.user,
        terms=TERMS,
        actor=Actor(kind="user", id=buyer.id),
        wishes=[wish(one) for one in goods],
    )


def placed(results: list[Any]) -> list[OrderRecord]:
    return [one for one in results if isinstance(one, OrderRecord)]


def an_order(goods: Goods, quantity: int = 1, *, to: Status = Status.PENDING) -> OrderRecord:
    order = services.place_order(
        customer=person(name="carla").user, terms=TERMS, actor=STAFF, wishes=[wish(goods, quantity)]
    )
    for status in (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED):
        if to == Status.PENDING or Order.objects.get(id=order.id).status == to:
            break
        services.change_status(order_id=order.id, to=status, actor=STAFF, role=Role.ADMIN)
    return order


# -------------------------------------------------------------------------- the last unit, wanted by many


def test_control_without_the_stocks_guards_the_last_unit_is_ordered_more_than_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods, buyers = mug(stock=1), people(10)
    without_head_lock(monkeypatch, 10)
    without_condition(monkeypatch)
    with ExitStack() as guards:
        guards.enter_context(without_constraints("inventory_stockmovement", "movement_balance_not_negative"))
        guards.enter_context(
            without_constraints("inventory_stocklevel", "level_on_hand_not_negative", "level_never_oversold")
        )
        assert len(placed(at_once([buying(buyer, goods) for buyer in buyers], threads=10))) == 10


def test_proof_the_last_unit_that_twenty_check_out_at_once_is_ordered_once() -> None:
    goods, sweet, buyers = mug(stock=1), cake(stock=100), people(20)
    for buyer in buyers:
        for item in (sweet.item(1), goods.item(1)):
            assert buyer("POST", "/api/cart/items", item).status_code == 200
    results = at_once([buying(buyer) for buyer in buyers], threads=20)
    (order,) = placed(results)
    assert sum(isinstance(one, ConflictingItems) for one in results) == 19
    assert (Order.objects.count(), OrderLine.objects.count()) == (1, 2)
    assert (goods.on_hand(), sweet.on_hand()) == (0, 99)
    assert StockMovement.objects.filter(kind="sale").count() == 2
    assert CartItem.objects.count() == 19 * 2, "those who got nothing keep their carts"
    assert drifts() == []
    # Those who got nothing drew no number either.
    following = services.place_order(customer=buyers[0].user, terms=TERMS, actor=STAFF, wishes=[wish(sweet)])
    assert int(following.number[-6:]) == int(order.number[-6:]) + 1


def test_proof_two_goods_wanted_in_opposite_order_deadlock_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)  # no deadlock is hidden by trying again
    one, two, buyers = mug(stock=50), mug(stock=50), people(10)
    works = [buying(buyer, *goods) for buyer in buyers for goods in ((one, two), (two, one))] * 2
    results = at_once(works, threads=10)
    assert len(placed(results)) == 40
    assert (one.on_hand(), two.on_hand()) == (10, 10)


def test_what_is_archived_in_the_last_moment_is_not_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    goods, buyer = mug(), person(name="carla")
    archived_just_before_the_lock(monkeypatch, goods)  # type: ignore[arg-type]  # it needs the id alone
    answer = buyer("POST", "/api/orders", {"items": [goods.item(1)], **WHERE})
    assert (answer.status_code, answer.data["code"]) == (400, "unknown_variant")
    assert (goods.on_hand(), Order.objects.count()) == (10, 0)


# ----------------------------------------------------------------------------------------- double submit


def test_control_without_the_carts_lock_one_cart_is_ordered_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    goods, buyer = mug(), person(name="carla")
    buyer("POST", "/api/cart/items", goods.item(1))

    def look(user_ids: Sequence[str]) -> dict[str, LockedCart]:
        cart = Cart.objects.get(user_id=user_ids[0])
        return {user_ids[0]: LockedCart(cart.id, cart.version)}

    monkeypatch.setattr(placing, "lock_carts", look)
    monkeypatch.setattr(placing, "baskets_of", Meeting(2).after(baskets_of))
    assert len(placed(at_once([buying(buyer)] * 2))) == 2
    assert goods.on_hand() == 8


def test_proof_a_cart_that_is_submitted_twenty_times_at_once_is_ordered_once() -> None:
    goods, buyer = mug(), person(name="carla")
    buyer("POST", "/api/cart/items", goods.item(2))
    results = at_once([buying(buyer)] * 20, threads=10)
    assert Counter(type(one) for one in results) == {OrderRecord: 1, CartEmpty: 19}
    assert (goods.on_hand(), Order.objects.count(), CartItem.objects.count()) == (8, 1, 0)


def test_proof_one_key_gives_one_order_however_often_and_whenever_it_comes() -> None:
    goods, buyer = mug(), person(name="carla")
    body = {"items": [goods.item(1)], **WHERE}

    def submit() -> Any:
        return buyer("POST", "/api/orders", body, **{"Idempotency-Key": "k"})

    answers = [*at_once([submit] * 20, threads=10), submit()]
    statuses = Counter(one.status_code for one in answers if not isinstance(one, Exception))
    assert set(statuses) <= {201, 409}
    assert sum(statuses.values()) == 21
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert {one.data["code"] for one in answers if one.status_code == 409} <= {"in_progress"}
    assert (goods.on_hand(), Order.objects.count()) == (9, 1)


def test_proof_a_cart_that_changes_while_it_is_ordered_loses_nothing() -> None:
    goods, other, buyer = mug(stock=100), mug(stock=100), person(name="carla")
    owner = CartOwner.customer(buyer.id)
    services.add_item(owner=owner, wish=wish(goods, 1))

    def put() -> Any:
        return services.add_item(owner=owner, wish=wish(other, 1))

    results = at_once([buying(buyer), put, put] * 6, threads=6)
    assert all(isinstance(one, OrderRecord | CartEmpty) or not isinstance(one, Exception) for one in results)
    ordered = sum(line.quantity for line in OrderLine.objects.filter(product_id=other.id))
    left = sum(item.quantity for item in CartItem.objects.filter(product_id=other.id))
    assert ordered + left == 12
    assert (goods.on_hand(), other.on_hand()) == (99, 100 - ordered)


# -------------------------------------------------------------------------------------- cancel and ship


def test_control_without_the_orders_lock_it_is_shipped_and_its_stock_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = mug()
    order = an_order(goods, 3, to=Status.PROCESSING)
    without_order_lock(monkeypatch, 2, stepping, returning)
    results = at_once([cancelling(order), shipping(order)])
    assert len(placed(results)) == 2
    assert goods.on_hand() == 10
    assert {entry.status for entry in Order.objects.get().history.all()} >= {"cancelled", "shipped"}


def cancelling(order: OrderRecord) -> Callable[[], OrderRecord]:
    return lambda: services.cancel_order(order_id=order.id, actor=STAFF, role=Role.ADMIN)


def shipping(order: OrderRecord) -> Callable[[], OrderRecord]:
    return lambda: services.change_status(order_id=order.id, to=Status.SHIPPED, actor=STAFF, role=Role.ADMIN)


def test_proof_an_order_is_cancelled_or_shipped_and_never_both() -> None:
    goods = mug(stock=60)
    orders = [
        services.place_order(customer=buyer.user, terms=TERMS, actor=STAFF, wishes=[wish(goods, 3)])
        for buyer in people(10)
    ]
    for order in orders:
        services.change_status(order_id=order.id, to=Status.PROCESSING, actor=STAFF, role=Role.ADMIN)
    works = [work for order in orders for work in (cancelling(order), shipping(order))]
    results = at_once(works, threads=8)
    for first, second in zip(results[::2], results[1::2], strict=True):
        assert {type(first), type(second)} == {OrderRecord, IllegalTransition}
    shipped = Order.objects.filter(status="shipped").count()
    assert Order.objects.filter(status="cancelled").count() == 10 - shipped
    assert goods.on_hand() == 60 - 3 * shipped
    assert drifts() == []


# ------------------------------------------------------------------------------------------ cancel twice


def test_control_without_lock_and_reference_a_cancellation_brings_stock_back_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = mug()
    order = an_order(goods, 3)
    without_order_lock(monkeypatch, 2, stepping, returning)
    monkeypatch.setattr(doing, "claim_all", lambda claims: {})
    with without_constraints("inventory_stockoperation", "operation_once"):
        at_once([cancelling(order)] * 2)
        assert goods.on_hand() == 13


@pytest.mark.parametrize("left_out", ["nothing", "the order's lock"])
def test_proof_an_order_that_is_cancelled_by_many_at_once_comes_back_once(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = mug()
    order = an_order(goods, 3)
    if left_out != "nothing":
        # What is left is the reference, which works once.
        without_order_lock(monkeypatch, 5, stepping, returning)
    results = at_once([cancelling(order)] * 5, threads=5)
    assert goods.on_hand() == 10
    assert StockMovement.objects.filter(reference=order.id, kind="return").count() == 1
    if left_out == "nothing":
        assert Counter(type(one) for one in results) == {OrderRecord: 1, IllegalTransition: 4}
    else:
        assert {type(one) for one in results} <= {OrderRecord, InProgress}
    assert drifts() == []


# ------------------------------------------------------------------------------------------ return twice


def returning_two(order: OrderRecord, goods: Goods) -> Callable[[], OrderRecord]:
    item = services.Returned(variant_id=goods.variants[0], quantity=2, disposition=Disposition.SELLABLE)
    return lambda: services.return_items(order_id=order.id, items=[item], actor=STAFF, role=Role.ADMIN)


def test_control_without_lock_and_check_more_comes_back_than_was_sold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = mug()
    order = an_order(goods, 3, to=Status.SHIPPED)
    without_order_lock(monkeypatch, 2, stepping, returning)
    monkeypatch.setattr(returning, "_parts", Meeting(2).before(returning._parts))
    with without_constraints("orders_orderline", "order_line_returned_at_most_sold"):
        at_once([returning_two(order, goods)] * 2)
        assert OrderLine.objects.get().returned == 4
        OrderReturn.objects.all().delete()
        OrderLine.objects.update(returned=0)


@pytest.mark.parametrize("left_out", ["nothing", "the order's lock"])
def test_proof_no_more_comes_back_than_was_sold_however_many_take_it_back(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = mug()
    order = an_order(goods, 3, to=Status.SHIPPED)
    if left_out != "nothing":
        # What is left is the table's own CHECK: all have read the lines by then.
        without_order_lock(monkeypatch, 4, stepping, returning)
        monkeypatch.setattr(returning, "_parts", Meeting(4).before(returning._parts))
    results = at_once([returning_two(order, goods)] * 4, threads=4)
    assert len(placed(results)) == 1
    assert (goods.on_hand(), OrderLine.objects.get().returned, OrderReturn.objects.count()) == (9, 2, 1)
    if left_out == "nothing":
        assert Counter(type(one) for one in results) == {OrderRecord: 1, ConflictingItems: 3}


# ---------------------------------------------------------------------------------------------- numbers


def test_proof_numbers_are_dense_and_unique_under_load_and_begin_at_one_with_each_year() -> None:
    goods, buyers = mug(stock=100), people(12)
    assert not OrderYear.objects.exists()
    results = at_once([buying(buyer, goods) for buyer in buyers] * 5, threads=12)
    assert len(placed(results)) == 60
    numbers = sorted(order.number for order in placed(results))
    year = placed(results)[0].created_at.year
    assert numbers == [f"ORD-{year}-{number:06d}" for number in range(1, 61)]
    assert OrderYear.objects.count() == 1
    next_year = dt.datetime(year + 1, 6, 1, tzinfo=dt.UTC)

    def in_the_next_year(buyer: Person) -> Callable[[], OrderRecord]:
        return lambda: services.place_order(
            customer=buyer.user, terms=TERMS, actor=STAFF, wishes=[wish(goods)], occurred_at=next_year
        )

    results = at_once([in_the_next_year(buyer) for buyer in buyers], threads=12)
    assert sorted(order.number for order in placed(results)) == [
        f"ORD-{year + 1}-{number:06d}" for number in range(1, 13)
    ]


def test_control_a_number_from_what_is_there_is_given_twice() -> None:
    goods, buyers = mug(stock=100), people(2)
    gate = threading.Barrier(2)

    def count_and_place(buyer: Person) -> Callable[[], int]:
        def work() -> int:
            number = Order.objects.count() + 1
            gate.wait(timeout=10)
            buying(buyer, goods)()
            return number

        return work

    assert at_once([count_and_place(buyer) for buyer in buyers]) == [1, 1]
