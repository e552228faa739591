"""Races. Each has a control, in which the guard is taken out and the race happens, and the proof."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from catalog.services import archive_product
from config.identity.models import Scope
from config.kernel import transactions
from config.kernel.errors import Conflict, ConflictingItems, InProgress, Unavailable
from inventory import services
from inventory.models import Reservation, ReservationState, StockMovement, StockOperation
from inventory.selectors.drift import drifts
from inventory.services import doing, hold_statements, statements
from inventory.services.doing import StockResult
from tests.inventory.conftest import caller, key_caller
from tests.inventory.crowds import Meeting, at_once, buy_one_by_one, in_processes
from tests.inventory.shop import ACTOR, Goods, deltas, make_goods

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS, UNITS = 200, 50
#: Buyers who have all looked before the first of them takes; and what there is for them.
CROWD, FEW = 16, 5


@contextmanager
def without_constraints(table: str, *names: str) -> Iterator[None]:
    """The database's own guards, taken out; a table that was left wrong gets them back unchecked."""
    with connection.cursor() as cursor:
        found = {}
        for name in names:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
            found[name] = cursor.fetchone()[0]
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE inventory_stockmovement, inventory_stockoperation, inventory_stocklevel CASCADE"
            )
            for name, definition in found.items():
                cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def buyers_of(goods: Goods) -> list[Callable[[], StockResult]]:
    return [lambda: services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)] * BUYERS


def without_head_lock(patch: pytest.MonkeyPatch, crowd: int) -> None:
    """The first ``crowd`` have all looked before one of them takes; whoever follows hesitates in between, as
    in every system that decides in code."""
    patch.setattr(statements, "_LOCK", statements._LOCK.replace("FOR UPDATE", ""))
    read = Meeting(crowd).after(statements.read_book)

    def read_and_hesitate(product_ids: Any) -> Any:
        reading = read(product_ids)
        time.sleep(0.005)
        return reading

    patch.setattr(statements, "read_book", read_and_hesitate)


def without_condition(patch: pytest.MonkeyPatch) -> None:
    guarded = statements._WRITE
    begin = guarded.index("      AND level.on_hand + change.delta >= 0")
    end = guarded.index("    RETURNING level.id")
    patch.setattr(statements, "_WRITE", guarded[:begin] + guarded[end:])


# ------------------------------------------------------------------------------- buyers for few units


def test_control_without_any_guard_more_is_sold_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    goods = make_goods(stock=FEW)
    without_head_lock(monkeypatch, CROWD)
    without_condition(monkeypatch)
    with (
        without_constraints("inventory_stockmovement", "movement_balance_not_negative"),
        without_constraints("inventory_stocklevel", "level_on_hand_not_negative", "level_never_oversold"),
    ):
        results = at_once(buyers_of(goods)[:CROWD], threads=CROWD)
        assert sum(isinstance(one, StockResult) for one in results) == CROWD
        assert goods.level().on_hand == FEW - CROWD


@pytest.mark.parametrize("left_out", ["nothing", "the head lock", "the head lock and the condition"])
def test_proof_two_hundred_buyers_get_exactly_the_fifty_units(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = make_goods(stock=UNITS)
    if left_out != "nothing":
        without_head_lock(monkeypatch, CROWD)
    if left_out.endswith("condition"):
        without_condition(monkeypatch)  # what is left is the database's own CHECK
    results = at_once(buyers_of(goods), threads=CROWD)
    sold = sum(isinstance(one, StockResult) for one in results)
    assert goods.level().on_hand == UNITS - sold >= 0
    assert -sum(delta for _, delta, _, kind in deltas(goods) if kind == "sale") == sold
    if left_out == "nothing":
        assert sold == UNITS
        assert all(isinstance(one, StockResult | ConflictingItems) for one in results)
        assert drifts() == []


def test_proof_several_processes_sell_exactly_what_there_is() -> None:
    goods = make_goods(stock=UNITS)
    buyers = [(goods.id, goods.variants[0].id, BUYERS // 4)] * 4
    assert sum(in_processes(buy_one_by_one, buyers)) == UNITS
    assert goods.level().on_hand == 0
    assert len(deltas(goods)) == UNITS + 1
    assert drifts() == []


# ------------------------------------------------------------------------- duplicates of one order id


def duplicates_of(goods: Goods) -> list[Callable[[], StockResult]]:
    return [lambda: services.reduce_stock(lines=[goods.line(2)], actor=ACTOR, reference="o-1")] * 50


def test_control_without_the_natural_key_an_order_is_sold_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    goods = make_goods(stock=500)
    monkeypatch.setattr(doing, "claim_all", lambda claims: {})
    with without_constraints("inventory_stockoperation", "operation_once"):
        at_once(duplicates_of(goods))
        assert goods.level().on_hand < 498


@pytest.mark.parametrize("left_out", ["nothing", "the claim"])
def test_proof_fifty_duplicates_of_one_order_have_one_effect(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = make_goods(stock=500)
    if left_out == "the claim":
        monkeypatch.setattr(doing, "claim_all", lambda claims: {})
    results = at_once(duplicates_of(goods))
    assert goods.level().on_hand == 498
    assert len(deltas(goods)) == 2
    first = [one for one in results if isinstance(one, StockResult) and not one.replayed]
    assert len(first) == 1
    again = [one for one in results if isinstance(one, StockResult) and one.replayed]
    assert all(one.operation_id == first[0].operation_id for one in again)
    assert all(isinstance(one, StockResult | InProgress) for one in results)


def test_proof_two_bodies_under_one_key_have_one_effect() -> None:
    goods = make_goods(stock=500)
    secret = key_caller(Scope.STOCK_WRITE)

    def post(quantity: int) -> Callable[[], tuple[int, bytes]]:
        def work() -> tuple[int, bytes]:
            body = {"items": [{"productId": goods.id, "quantity": quantity}]}
            answer = secret("POST", "/api/stock/reduce", body, **{"Idempotency-Key": "k"})
            return answer.status_code, answer.content

        return work

    answers = at_once([post(1), post(2)] * 20)
    statuses = Counter(one[0] for one in answers if isinstance(one, tuple))
    assert set(statuses) <= {200, 409, 422}
    assert len({one[1] for one in answers if isinstance(one, tuple) and one[0] == 200}) == 1
    assert goods.level().on_hand in {498, 499}
    assert len(deltas(goods)) == 2


# ------------------------------------------------------------------------------------- opposite order


def test_control_heads_locked_in_the_order_of_the_items_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    mug, plate = make_goods(stock=500), make_goods(stock=500)
    in_order = statements.lock_heads
    orders = itertools.cycle([(mug.id, plate.id), (plate.id, mug.id)])
    gate = threading.Barrier(2)

    def lock_one_by_one(product_ids: Sequence[str]) -> dict[str, statements.Head]:
        first, second = next(orders)
        heads = in_order([first])
        gate.wait(timeout=10)
        return heads | in_order([second])

    monkeypatch.setattr(statements, "lock_heads", lock_one_by_one)
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    work = [lambda: services.reduce_stock(lines=[mug.line(1), plate.line(1)], actor=ACTOR)] * 2
    results = at_once(work)
    assert Counter(type(one) for one in results) == {StockResult: 1, Unavailable: 1}


def test_proof_five_hundred_reductions_in_opposite_order_lose_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mug, plate = make_goods(stock=1000), make_goods(stock=1000)
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)  # no deadlock is hidden by trying again
    there = [lambda: services.reduce_stock(lines=[mug.line(1), plate.line(2)], actor=ACTOR)] * 250
    back = [lambda: services.reduce_stock(lines=[plate.line(2), mug.line(1)], actor=ACTOR)] * 250
    results = at_once([work for pair in zip(there, back, strict=True) for work in pair])
    assert all(isinstance(one, StockResult) for one in results)
    assert (mug.level().on_hand, plate.level().on_hand) == (500, 0)
    assert (len(deltas(mug)), len(deltas(plate))) == (501, 501)
    assert drifts() == []


# ----------------------------------------------------------------------------- holds against the clock


def test_control_a_commit_that_does_not_ask_the_clock_sells_what_is_no_longer_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = make_goods(stock=2)
    hold = services.reserve_stock(lines=[goods.line(2)], ttl_seconds=60, actor=ACTOR)
    past = hold.expires_at - dt.timedelta(days=1)
    Reservation.objects.filter(id=hold.id).update(expires_at=past)

    ask = hold_statements.end

    def end_whatever_the_clock_says(reservation_id: str, state: ReservationState) -> Any:
        Reservation.objects.filter(id=reservation_id).update(expires_at=hold.expires_at)
        return ask(reservation_id, state)

    monkeypatch.setattr(hold_statements, "end", end_whatever_the_clock_says)
    services.commit_reservation(reservation_id=hold.id, actor=ACTOR)
    assert goods.level().on_hand == 0


def test_proof_each_hold_is_sold_to_its_holder_or_to_others_and_never_to_both() -> None:
    goods = make_goods(stock=40)
    made = [services.reserve_stock(lines=[goods.line(1)], ttl_seconds=1, actor=ACTOR) for _ in range(40)]
    first_end, last_end = made[0].expires_at, made[-1].expires_at
    time.sleep(max(0.0, (first_end - dt.datetime.now(dt.UTC)).total_seconds() - 0.05))

    def commit(reservation_id: str) -> Callable[[], Any]:
        return lambda: services.commit_reservation(reservation_id=reservation_id, actor=ACTOR)

    def buy() -> Any:
        return services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)

    works = [work for hold in made for work in (commit(hold.id), buy)]
    results = at_once(works, threads=8)
    assert all(isinstance(one, StockResult | Conflict) for one in results), results
    time.sleep(max(0.0, (last_end - dt.datetime.now(dt.UTC)).total_seconds()))
    services.release_expired()
    sold = sum(isinstance(one, StockResult) for one in results)
    committed = Reservation.objects.filter(state=ReservationState.COMMITTED).count()
    assert sum(isinstance(one, StockResult) for one in results[::2]) == committed
    assert (goods.level().on_hand, goods.level().reserved) == (40 - sold, 0)
    assert StockMovement.objects.filter(kind="sale").count() == sold
    assert drifts() == []


# ------------------------------------------------------------------------------- counts against sales


def test_control_a_count_that_does_not_say_what_it_was_based_on_undoes_a_sale() -> None:
    goods = make_goods(stock=10)
    seen = goods.level().on_hand
    services.reduce_stock(lines=[goods.line(3)], actor=ACTOR)
    services.sync_stock(touched=[], lines=[goods.count(seen + 2)], actor=ACTOR)
    assert goods.level().on_hand == 12, "two were found and three were sold: nine are there"


def test_proof_counts_and_sales_at_once_lose_neither() -> None:
    goods = make_goods(stock=500)

    def find_one_more() -> None:
        while True:
            seen = goods.level().on_hand
            try:
                services.adjust_stock(lines=[goods.count(seen + 1, expected=seen)], actor=ACTOR)
            except ConflictingItems:
                continue
            return

    def sell_one() -> None:
        services.reduce_stock(lines=[goods.line(1)], actor=ACTOR)

    results = at_once([work for _ in range(50) for work in (find_one_more, sell_one, sell_one)], threads=6)
    assert results == [None] * 150
    assert goods.level().on_hand == 450
    assert Counter(kind for *_, kind in deltas(goods)) == {"restock": 1, "adjustment": 50, "sale": 100}
    assert drifts() == []


# ------------------------------------------------------------------------------ archived meanwhile


def archived_just_before_the_lock(monkeypatch: pytest.MonkeyPatch, goods: Goods) -> None:
    """Somebody archives the product after the items of a request were named, before its stock is locked."""
    lock = statements.lock_heads
    archived: list[Any] = []

    def lock_when_it_is_gone(product_ids: Sequence[str]) -> dict[str, statements.Head]:
        if not archived:
            archived.append(True)
            at_once([lambda: archive_product(product_id=goods.id)])
        return lock(product_ids)

    monkeypatch.setattr(statements, "lock_heads", lock_when_it_is_gone)


def test_control_without_the_second_look_what_is_archived_is_still_sold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = make_goods(stock=5)
    archived_just_before_the_lock(monkeypatch, goods)
    monkeypatch.setattr(statements, "_READ", statements._READ.replace("archived_at IS NULL", "true"))
    shop = key_caller(Scope.STOCK_WRITE)
    body = {"items": [{"productId": goods.id, "quantity": 1}]}
    assert shop("POST", "/api/stock/reduce", body).status_code == 200
    assert goods.level().on_hand == 4


@pytest.mark.parametrize("path", ["reduce", "reserve"])
def test_proof_what_was_archived_a_moment_before_is_neither_sold_nor_held(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    goods = make_goods(stock=5)
    archived_just_before_the_lock(monkeypatch, goods)
    shop = key_caller(Scope.STOCK_WRITE)
    answer = shop("POST", f"/api/stock/{path}", {"items": [{"productId": goods.id, "quantity": 1}]})
    assert (answer.status_code, answer.data["code"]) == (400, "unknown_variant")
    assert (goods.level().on_hand, goods.level().reserved) == (5, 0)
    assert len(deltas(goods)) == 1


# -------------------------------------------------------------------------------- past the ledger


def test_a_change_past_the_ledger_between_look_and_write_is_refused_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = make_goods(stock=5)
    read = statements.read_book
    meddled: list[Any] = []

    def read_then_somebody_meddles(product_ids: Any) -> Any:
        reading = read(product_ids)
        if not meddled:
            meddled.append(at_once([lambda: type(goods.level()).objects.update(on_hand=1)]))
        return reading

    monkeypatch.setattr(statements, "read_book", read_then_somebody_meddles)
    with pytest.raises(ConflictingItems) as refusal:
        services.reduce_stock(lines=[goods.line(3)], actor=ACTOR)
    assert refusal.value.errors[0].extra == {"available": 1}
    assert goods.level().on_hand == 1


def test_the_crowd_through_rest_gets_clear_answers_only() -> None:
    goods = make_goods(stock=20)
    shop = key_caller(Scope.STOCK_WRITE)
    body = {"items": [{"productId": goods.id, "quantity": 1}]}
    answers = at_once([lambda: shop("POST", "/api/stock/reduce", body).status_code] * 60)
    assert Counter(answers) == {200: 20, 409: 40}
    assert json.loads(caller()("GET", f"/api/products/{goods.id}/stock").content)["stock"] == 0
    assert StockOperation.objects.filter(kind="sale").count() == 20
