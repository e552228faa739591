"""Who is told that what they wished for costs less or is back: each once, whatever happens meanwhile."""

from __future__ import annotations

import datetime as dt
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from statistics import median

import orjson
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import FlashSale
from catalog.services import PriceDraft, add_wish, end_flash_sale, remove_wish, tell_edges
from config.kernel.clock import now
from inventory import services as stock
from realtime import registry, selectors
from realtime.models import WishersPlace
from realtime.wishers import telling
from realtime.wishers.telling import tell_wishers
from tests.catalog.goods import ACTOR
from tests.catalog.sales import on_sale
from tests.inventory.crowds import at_once
from tests.orders.conftest import person
from tests.orders.shop import Goods, mug, shirt
from tests.realtime import wishing
from tests.realtime.wishing import crowd, number, tell_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("told")]

PRICE, BACK = "wishers.price_dropped", "wishers.stock_back"


def people(count: int, *, wish_for: Goods) -> list[str]:
    found = [person(name=f"w{number}") for number in range(count)]
    for one in found:
        add_wish(user_id=one.id, product_id=wish_for.id)
    return [one.id for one in found]


def cheaper(goods: Goods, price: str = "50") -> None:
    goods.change(price=PriceDraft("EGP", Decimal(price)))


def sell_out_and_restock(goods: Goods, variant: int = 0) -> None:
    stock.reduce_stock(lines=[goods.line(goods.on_hand(variant), variant=variant)], actor=ACTOR)
    stock.restock(lines=[goods.line(3, variant=variant)], actor=ACTOR)


def told_names() -> list[str]:
    return [kind for kind, _users in wishing.told()]


def test_those_who_wished_for_it_are_told_and_nobody_else() -> None:
    tea, other = mug(), mug()
    ids = people(3, wish_for=tea)
    add_wish(user_id=person(name="omar").id, product_id=other.id)
    cheaper(tea)
    tell_all()
    ((kind, users),) = wishing.told()
    assert (kind, sorted(users)) == (PRICE, sorted(ids))
    assert tell_all() == 0, "once"
    assert len(wishing.told()) == 1


def test_what_is_told_says_what_the_event_said_and_which_it_was() -> None:
    tea = mug()
    (one,) = people(1, wish_for=tea)
    sell_out_and_restock(tea)
    cheaper(tea)
    tell_all()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, subject, version, data, extra FROM realtime_event"
            " WHERE type IN ('stock.back', 'price.dropped', %s, %s) ORDER BY seq",
            [BACK, PRICE],
        )
        back, drop, told_back, told_drop = cursor.fetchall()
    for cause, repeated in ((back, told_back), (drop, told_drop)):
        assert repeated[1:4] == cause[1:4], "the same, to the letter"
        assert repeated[0] > cause[0]
        extra = orjson.loads(repeated[4])
        assert (extra["user_ids"], extra["cause"]) == ([one], cause[0])


def test_whoever_wishes_for_what_was_never_there_is_told_of_its_first_stock() -> None:
    tea, cup = mug(stock=0), mug(stock=3)
    (wisher,) = people(1, wish_for=tea)
    add_wish(user_id=person(name="omar").id, product_id=cup.id)
    stock.restock(lines=[tea.line(3), cup.line(3)], actor=ACTOR)
    tell_all()
    assert wishing.told() == [(BACK, [wisher])]


def test_each_variant_that_comes_back_is_told_of_and_each_fall_each_time() -> None:
    goods = shirt()
    people(2, wish_for=goods)
    sell_out_and_restock(goods, 0)
    sell_out_and_restock(goods, 2)
    for price in ("200", "150", "150"):
        cheaper(goods, price)
    tell_all()
    assert told_names() == [BACK, BACK, PRICE, PRICE]


def test_whoever_wished_only_afterwards_or_no_longer_wishes_is_not_told() -> None:
    tea = mug()
    early, regretful = people(2, wish_for=tea)
    cheaper(tea)
    late = person(name="late").id
    add_wish(user_id=late, product_id=tea.id)
    remove_wish(user_id=regretful, product_id=tea.id)
    tell_all()
    assert wishing.told() == [(PRICE, [early])]
    cheaper(tea, "40")
    tell_all()
    assert sorted(wishing.told()[1][1]) == sorted([early, late])


def test_where_nobody_wished_nothing_is_recorded() -> None:
    tea = mug()
    cheaper(tea)
    sell_out_and_restock(tea)
    assert tell_all() == 2
    assert wishing.told() == []
    assert WishersPlace.objects.get().seq == selectors.head().top


def test_a_change_that_is_undone_is_told_to_nobody() -> None:
    tea = mug()
    people(1, wish_for=tea)
    with transaction.atomic():
        cheaper(tea)
        transaction.set_rollback(True)
    tell_all()
    assert wishing.told() == []


def test_what_has_no_number_yet_waits_for_it() -> None:
    tea = mug()
    people(1, wish_for=tea)
    number()
    cheaper(tea)
    assert tell_wishers() is False
    assert wishing.told() == []
    tell_all()
    assert told_names() == [PRICE]


def test_many_are_told_in_steps_and_rows_each_of_them_once() -> None:
    tea = mug()
    ids = crowd(25, product_id=tea.id)
    cheaper(tea)
    assert tell_all(at_once=10, in_a_row=4) == 3
    rows = [users for _kind, users in wishing.told()]
    assert [len(users) for users in rows] == [4, 4, 2, 4, 4, 2, 4, 1]
    assert sorted(user for users in rows for user in users) == sorted(ids)


def test_a_crowd_of_exactly_one_step_is_told_once() -> None:
    tea = mug()
    ids = crowd(10, product_id=tea.id)
    cheaper(tea)
    assert tell_all(at_once=10, in_a_row=10) == 2
    assert [len(users) for _kind, users in wishing.told()] == [len(ids)]


@pytest.mark.parametrize("dies", [1, 2, 3, 4, 5, 6])
def test_whenever_it_dies_each_is_told_once(monkeypatch: pytest.MonkeyPatch, dies: int) -> None:
    """Between what is told and the place that says so, whichever step it is in."""
    tea = mug()
    ids = crowd(25, product_id=tea.id)
    cheaper(tea)
    sell_out_and_restock(tea)
    number()
    steps = iter(range(1, 100))
    move = telling._move

    def die(**place: object) -> None:
        if next(steps) == dies:
            raise KeyboardInterrupt
        move(**place)  # type: ignore[arg-type]

    monkeypatch.setattr(telling, "_move", die)
    with pytest.raises(KeyboardInterrupt):
        tell_all(at_once=10, in_a_row=4)
    tell_all(at_once=10, in_a_row=4)
    for kind in (PRICE, BACK):
        users = [user for told, some in wishing.told() if told == kind for user in some]
        assert sorted(users) == sorted(ids), kind


def test_control_two_that_tell_without_the_lock_tell_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tea = mug()
    people(1, wish_for=tea)
    cheaper(tea)
    number()
    WishersPlace.objects.create()
    gate = threading.Barrier(2)

    def unlocked() -> WishersPlace:
        place = WishersPlace.objects.get()
        gate.wait(timeout=10)
        return place

    monkeypatch.setattr(telling, "_locked_place", unlocked)
    at_once([tell_wishers] * 2)
    assert told_names() == [PRICE, PRICE]


def test_proof_of_many_that_tell_at_once_one_tells() -> None:
    tea = mug()
    ids = crowd(60, product_id=tea.id)
    cheaper(tea)
    number()
    results = at_once([lambda: tell_wishers(at_once=5, in_a_row=5)] * 60, threads=8)
    assert [one for one in results if isinstance(one, Exception)] == []
    tell_all(at_once=5, in_a_row=5)
    assert sorted(user for _kind, users in wishing.told() for user in users) == sorted(ids)


def test_an_event_of_another_shape_does_not_hold_up_what_follows() -> None:
    tea = mug()
    people(1, wish_for=tea)
    cheaper(tea)
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE realtime_event SET data = \'{"product_id": "\' || subject || \'", "sort": 1}\''
            " WHERE type = 'price.dropped'"
        )
    cheaper(tea, "40")
    tell_all()
    assert told_names() == [PRICE]


def test_who_polls_the_log_reads_of_each_drop_once_and_goes_on_behind_it() -> None:
    tea = mug()
    people(3, wish_for=tea)
    number()
    start = selectors.head().top
    cheaper(tea)
    tell_all(at_once=2, in_a_row=1)
    records, epoch, seq = selectors.events_after(cursor=None, limit=500)
    assert [record.type for record in records if record.seq > start] == ["product.updated", "price.dropped"]
    assert {PRICE, BACK} == registry.REPEATING
    assert (seq, epoch) == (selectors.head().top, selectors.head().epoch)
    assert seq == records[-1].seq + 3


# --------------------------------------------------------------------------------- flash sales


def drops() -> list[tuple[str, float, float, int, str | None]]:
    """Each fall of a price, in the log's order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM realtime_event WHERE type = 'price.dropped' ORDER BY id")
        found = [orjson.loads(data) for (data,) in cursor.fetchall()]
    fields = ("product_id", "old_price", "new_price", "discount_percentage", "sale_id")
    return [tuple(one[field] for field in fields) for one in found]


def test_a_flash_sale_that_begins_is_told_as_a_price_that_fell() -> None:
    tea, cup = mug(price="100"), mug(price="19.99")
    (ids, others) = people(2, wish_for=tea), crowd(3, product_id=cup.id)
    sale = on_sale(tea.id, cup.id, off="33.5").id
    tell_all()
    assert sorted(drops()) == sorted([(tea.id, 100, 66.5, 34, sale), (cup.id, 19.99, 13.29, 34, sale)])
    tell_all()
    assert len(drops()) == 2
    assert sorted((kind, sorted(users)) for kind, users in wishing.told()) == sorted(
        [(PRICE, sorted(ids)), (PRICE, sorted(others))]
    )


def test_a_sale_that_is_still_to_come_is_told_when_it_begins_and_once() -> None:
    tea = mug(price="100")
    people(1, wish_for=tea)
    sale = on_sale(tea.id, starts=3_000).id
    tell_all()
    assert drops() == []
    moment = now() - dt.timedelta(seconds=1)
    FlashSale.objects.filter(id=sale).update(starts_at=moment)
    tell_edges()
    tell_edges()
    tell_all()
    tell_all()
    assert (len(drops()), told_names()) == (1, [PRICE])


def test_what_a_sale_makes_no_cheaper_is_not_told() -> None:
    """Another sale counts more; all of its units are sold; it is over by the time of telling; it was free."""
    better, free, sold_out, over = mug(price="100"), mug(price="0"), mug(price="100"), mug(price="100")
    for goods in (better, free, sold_out, over):
        crowd(1, product_id=goods.id, prefix=f"usr_{goods.id[-6:]}")
    best = on_sale(better.id, off="50").id
    on_sale(better.id, free.id)
    FlashSale.objects.filter(id=on_sale(sold_out.id, units=5).id).update(units_taken=5)
    end_flash_sale(sale_id=on_sale(over.id).id)
    tell_all()
    assert drops() == [(better.id, 100, 50, 50, best)]
    assert told_names() == [PRICE]


def test_a_sale_of_many_products_is_told_in_steps_each_of_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PRODUCTS_AT_ONCE", 2)
    goods = [mug(price="100").id for _ in range(5)]
    sale = on_sale(*goods).id
    number()
    steps = iter(range(1, 100))
    move = telling._move

    def die(**place: object) -> None:
        if next(steps) == 2:
            raise KeyboardInterrupt
        move(**place)  # type: ignore[arg-type]

    monkeypatch.setattr(telling, "_move", die)
    with pytest.raises(KeyboardInterrupt):
        tell_all()
    assert len(drops()) == 2
    tell_all()
    assert sorted(drops()) == sorted((one, 100, 80, 20, sale) for one in goods)


# --------------------------------------------------------------------------------- many


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_a_hundred_thousand_wishers_hold_up_no_price_and_are_told_soon() -> None:
    tea, other = mug(price="1000"), mug(price="1000")
    ids = crowd(100_000, product_id=tea.id)
    prices = [str(price) for price in range(999, 980, -1)]
    # By turns: the machine has others to serve as well.
    lone, wished = [], []
    for price in prices:
        lone.append(seconds_of(partial(cheaper, other, price)))
        wished.append(seconds_of(partial(cheaper, tea, price)))
    with CaptureQueriesContext(connection) as of_other:
        cheaper(other, "500")
    with CaptureQueriesContext(connection) as of_tea:
        cheaper(tea, "500")
    # What it does is the same; the times are there to be looked at, and far from what telling them takes.
    assert len(of_tea) == len(of_other)
    assert median(wished) < 3 * median(lone) + 0.05
    number()
    tell_wishers_only_of_the_last(tea)
    with measured() as memory:
        took = seconds_of(tell_all)
    rows = [users for _kind, users in wishing.told()]
    assert [len(users) for users in rows] == [1_000] * 100
    assert len({user for users in rows for user in users}) == len(ids)
    assert took < 60
    assert memory.peak < 50_000_000
    print(  # noqa: T201  to be looked at with `-s`
        f"\na price change: {1_000 * median(lone):.1f} ms where nobody wished,"
        f" {1_000 * median(wished):.1f} ms where all did;"
        f" telling all: {took:.2f} s, {memory.peak / 1e6:.1f} MB"
    )


def tell_wishers_only_of_the_last(goods: Goods) -> None:
    """Everybody was told of all but the newest price."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(seq) FROM realtime_event WHERE type = 'price.dropped' AND subject = %s", [goods.id]
        )
        (newest,) = cursor.fetchone()
    WishersPlace.objects.create(seq=newest - 1)


@dataclass
class Memory:
    peak: int = 0


@contextmanager
def measured() -> Iterator[Memory]:
    """What Python takes at most, inside."""
    memory = Memory()
    tracemalloc.start()
    try:
        yield memory
        memory.peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
