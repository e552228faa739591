"""A hundred buyers at once in a sale of a few units. A control takes the guard out, and too much is sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import F

from catalog.errors import SaleUnitsShort
from catalog.models import FlashSale, FlashSaleShare, FlashSaleTake
from config.kernel.actors import Actor
from config.kernel.errors import ConflictingItems
from orders import services
from orders.errors import IllegalTransition, PriceChanged
from orders.order_records import OrderRecord
from tests.catalog.sales import on_sale
from tests.inventory.crowds import Meeting, at_once
from tests.orders.asking import wish
from tests.orders.conftest import Person, person
from tests.orders.shop import Goods, mug

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS, POOL, CAP, STALLS = 100, 30, 3, 10
#: Units for one buyer at each stall.
FEW = 4
SALE_PRICE = 80


def buying(buyer: Person, *goods: Goods) -> Callable[[], OrderRecord]:
    """At the sale price or not at all."""
    terms = services.Terms(shipping_address="Here", phone="0123", total=Decimal(SALE_PRICE * len(goods)))
    return lambda: services.place_order(
        customer=buyer.user,
        terms=terms,
        actor=Actor(kind="user", id=buyer.id),
        wishes=[wish(one) for one in goods],
    )


def placed(results: Sequence[Any]) -> list[OrderRecord]:
    return [one for one in results if isinstance(one, OrderRecord)]


def look_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard out: what is left is looked up, and taken by a statement without conditions. A buyer at each
    stall has looked before the first of them takes."""
    meeting = Meeting(STALLS)

    def read_then_decide(*, reference: str, customer: str, units: Mapping[str, int]) -> None:
        for sale_id, count in units.items():
            sale = FlashSale.objects.get(id=sale_id)
            share = FlashSaleShare.objects.filter(sale=sale, customer=customer).first()
            had = share.taken if share else 0
            if sale.units is not None and sale.units_taken + count > sale.units:
                raise SaleUnitsShort({sale_id: 0})
            if sale.units_per_customer is not None and had + count > sale.units_per_customer:
                raise SaleUnitsShort({sale_id: 0})
            meeting.wait()
            FlashSale.objects.filter(id=sale_id).update(units_taken=F("units_taken") + count)
            FlashSaleShare.objects.get_or_create(sale=sale, customer=customer, defaults={"taken": 0})
            FlashSaleShare.objects.filter(sale=sale, customer=customer).update(taken=F("taken") + count)

    monkeypatch.setattr("orders.services.sale_units.catalog.take_units", read_then_decide)


@pytest.fixture
def no_check() -> Any:
    """The table's own check, the innermost guard, taken out too."""
    name = "flash_sale_not_oversold"
    (check,) = (one for one in FlashSale._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(FlashSale, check)
    yield
    FlashSaleTake.objects.all().delete()
    FlashSale.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(FlashSale, check)


def buyers(count: int = BUYERS) -> list[Person]:
    return [person(name=f"buyer{number}") for number in range(count)]


def stalls() -> list[Goods]:
    """Goods of one sale: their buyers wait for the sale and not, before that, for each other's stock."""
    return [mug(stock=BUYERS) for _ in range(STALLS)]


def crowd_at(goods: Sequence[Goods], crowd: Sequence[Person]) -> list[Any]:
    return at_once([buying(buyer, goods[number % STALLS]) for number, buyer in enumerate(crowd)])


def left_of(goods: Sequence[Goods]) -> int:
    return sum(one.on_hand() for one in goods)


@pytest.mark.usefixtures("no_check")
def test_control_a_pool_that_is_looked_up_before_it_is_taken_is_oversold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = stalls()
    sale = on_sale(*(one.id for one in goods), units=FEW)
    look_first(monkeypatch)
    results = crowd_at(goods, buyers(STALLS))
    assert len(placed(results)) == STALLS
    assert FlashSale.objects.get(id=sale.id).units_taken == STALLS


def test_control_behind_it_the_table_itself_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    goods = stalls()
    sale = on_sale(*(one.id for one in goods), units=FEW)
    look_first(monkeypatch)
    results = crowd_at(goods, buyers(STALLS))
    assert Counter(type(one) for one in results) == {OrderRecord: FEW, IntegrityError: STALLS - FEW}
    assert FlashSale.objects.get(id=sale.id).units_taken == FEW


def test_a_pool_is_sold_to_a_hundred_buyers_and_to_no_more_than_it_has() -> None:
    goods = stalls()
    sale = on_sale(*(one.id for one in goods), units=POOL)
    results = crowd_at(goods, buyers())
    orders = placed(results)
    assert len(orders) == POOL
    assert {order.total for order in orders} == {SALE_PRICE}
    # The rest came while the last units went, or after: either way they are told, and pay nothing else.
    refused = Counter(type(one) for one in results if not isinstance(one, OrderRecord))
    assert set(refused) <= {ConflictingItems, PriceChanged}
    assert sum(refused.values()) == BUYERS - POOL
    assert FlashSale.objects.get(id=sale.id).units_taken == POOL
    assert FlashSaleTake.objects.count() == POOL
    assert left_of(goods) == STALLS * BUYERS - POOL


def test_control_a_share_that_is_looked_up_before_it_is_taken_is_exceeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goods = stalls()
    on_sale(*(one.id for one in goods), units_per_customer=CAP)
    look_first(monkeypatch)
    # Without a cart's lock between one customer's orders: who has no cart has none.
    assert len(placed(crowd_at(goods, [person(name="carla")] * STALLS))) == STALLS


def test_one_customer_gets_a_share_and_no_more_however_often_it_is_tried_at_once() -> None:
    goods = stalls()
    sale = on_sale(*(one.id for one in goods), units=POOL, units_per_customer=CAP)
    results = crowd_at(goods, [person(name="carla")] * BUYERS)
    assert len(placed(results)) == CAP
    assert FlashSaleShare.objects.get().taken == CAP
    assert FlashSale.objects.get(id=sale.id).units_taken == CAP
    assert left_of(goods) == STALLS * BUYERS - CAP


def test_orders_of_several_sales_do_not_wait_for_each_other_in_a_circle() -> None:
    one, two = mug(stock=BUYERS), mug(stock=BUYERS)
    first, second = on_sale(one.id, units=POOL), on_sale(two.id, units=POOL)
    crowd = buyers()[:60]
    works = [buying(buyer, *((one, two) if number % 2 else (two, one))) for number, buyer in enumerate(crowd)]
    results = at_once(works)
    assert len(placed(results)) == POOL
    assert {type(one) for one in results} <= {OrderRecord, ConflictingItems, PriceChanged}
    counts = FlashSale.objects.filter(id__in=[first.id, second.id]).values_list("units_taken", flat=True)
    assert list(counts) == [POOL, POOL]


def test_units_come_back_once_though_many_cancel_and_others_buy_meanwhile() -> None:
    goods = mug(stock=BUYERS)
    sale = on_sale(goods.id, units=POOL)
    crowd = buyers()[:POOL]
    orders = [buying(buyer, goods)() for buyer in crowd]
    assert FlashSale.objects.get(id=sale.id).units_taken == POOL

    def cancelling(order: OrderRecord) -> Callable[[], OrderRecord]:
        actor = Actor(kind="user", id=order.customer.id)
        return lambda: services.cancel_order(order_id=order.id, actor=actor, role="customer")

    latecomers = [person(name=f"late{number}") for number in range(20)]
    works = [cancelling(order) for order in orders[:10] for _ in range(3)]
    results = at_once([*works, *(buying(buyer, goods) for buyer in latecomers)])
    cancelled, bought = results[: len(works)], placed(results[len(works) :])
    assert sum(isinstance(one, IllegalTransition) for one in cancelled) == 20
    assert FlashSale.objects.get(id=sale.id).units_taken == POOL - 10 + len(bought)
    assert FlashSaleTake.objects.filter(given_back_at=None).count() == POOL - 10 + len(bought)
    assert len(bought) <= 10
