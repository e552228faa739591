"""What carts and orders cost: numbers of statements that do not grow with what is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.identity.models import Role
from config.kernel.actors import Actor
from orders import services
from orders.flow import Status
from orders.models import Disposition
from orders.owners import CartOwner
from orders.selectors import cart_of
from orders.wishes import Wish
from tests.inventory.test_statements import statements_of
from tests.orders.asking import a_guest, step, wish
from tests.orders.conftest import Person, person
from tests.orders.shop import WHERE, cake, mug, place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [1, 30])
def test_reading_a_cart_takes_four_statements_however_much_is_in_it(count: int) -> None:
    owner = a_guest()
    services.batch_update(owner=owner, changes=[step("add", mug()) for _ in range(count)])
    assert statements_of(lambda: cart_of(owner)) == 4  # cart, lines, offers, stock
    assert statements_of(lambda: cart_of(a_guest())) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_a_change_of_a_cart_takes_a_fixed_number_too(count: int) -> None:
    owner, goods, sweet = a_guest(), mug(), cake()
    services.batch_update(owner=owner, changes=[step("add", mug()) for _ in range(count)])
    add: Callable[[], object] = lambda: services.add_item(owner=owner, wish=wish(goods))  # noqa: E731
    # Naming, lock, lines, offers, what has changed, stock, event.
    assert statements_of(add) == 7
    assert statements_of(add) == 7
    changes = [step("add", sweet), step("set", goods, 5)] * 10
    assert statements_of(lambda: services.batch_update(owner=owner, changes=changes)) == 7


def test_a_request_for_a_cart_takes_one_statement_more_for_who_is_asking(customer: Person) -> None:
    customer("POST", "/api/cart/items", mug().item(1))
    customer("GET", "/api/cart")  # the event cursor is known now, for a moment
    assert statements_of(lambda: customer("GET", "/api/cart")) <= 7


@pytest.mark.parametrize("count", [1, 25])
def test_an_order_takes_a_fixed_number_however_many_lines_it_has(customer: Person, count: int) -> None:
    goods = [mug() for _ in range(count)]
    terms = services.Terms(shipping_address="Here", phone="0123")
    actor = Actor(kind="user", id=customer.id)

    def order(*wishes: Wish) -> None:
        services.place_order(customer=customer.user, terms=terms, actor=actor, wishes=wishes)

    order(wish(goods[0]))  # opens the year
    owner = CartOwner.customer(customer.id)
    services.batch_update(owner=owner, changes=[step("add", one) for one in goods])
    # Cart, lines, offers; lock, read, write; order, record with its notification.
    assert statements_of(order) == 8
    # Without lines in the cart, but naming what is wished for.
    assert statements_of(lambda: order(*[wish(one) for one in goods])) == 9


@pytest.mark.parametrize("count", [2, 20])
def test_orders_that_are_placed_together_take_as_many_statements_as_one(customer: Person, count: int) -> None:
    goods, sweet, buyers = mug(stock=100), cake(stock=100), [person(name=f"b{one}") for one in range(count)]
    place(customer, goods.item(1))  # opens the year
    for buyer in buyers:
        owner = CartOwner.customer(buyer.id)
        services.batch_update(owner=owner, changes=[step("add", goods), step("add", sweet)])
    placings = [
        services.Placing(
            customer=buyer.user,
            terms=services.Terms(shipping_address="Here", phone="0123"),
            actor=Actor(kind="user", id=buyer.id),
        )
        for buyer in buyers
    ]
    assert statements_of(lambda: services.place_orders(placings)) == 8
    named = [replace(one, wishes=[wish(goods), wish(sweet)]) for one in placings]
    # No lines in the carts, but naming what is wished for.
    assert statements_of(lambda: services.place_orders(named)) == 9


@pytest.mark.django_db(transaction=True)
def test_a_whole_request_for_an_order_takes_fourteen_statements_savepoints_and_all(
    customer: Person,
) -> None:
    goods = [mug() for _ in range(3)]
    place(customer, goods[0].item(1))
    for one in goods:
        customer("POST", "/api/cart/items", one.item(1))
    with CaptureQueriesContext(connection) as captured:
        answer = customer("POST", "/api/orders", WHERE, **{"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert len(captured) == 14


@pytest.mark.parametrize("count", [1, 25])
def test_steps_and_returns_take_a_fixed_number_too(customer: Person, count: int) -> None:
    goods = [mug() for _ in range(count)]
    terms = services.Terms(shipping_address="Here", phone="0123")
    who: dict[str, Any] = {"actor": Actor(kind="user", id="usr_staff"), "role": Role.ADMIN}
    orders = [
        services.place_order(
            customer=customer.user, terms=terms, actor=who["actor"], wishes=[wish(one) for one in goods]
        )
        for _ in range(2)
    ]
    order_id = orders[0].id
    # Order, history, order, three to read it again, record with its notification.

    def go_on(to: Status) -> None:
        services.change_status(order_id=order_id, to=to, **who)

    assert statements_of(lambda: go_on(Status.PROCESSING)) == 7
    go_on(Status.SHIPPED)
    items = [
        services.Returned(variant_id=one.variants[0], quantity=1, disposition=Disposition.SELLABLE)
        for one in goods
    ]
    # Order, lines, lines, returns, five of stock, three to read it again.
    back = lambda: services.return_items(order_id=order_id, items=items, **who)  # noqa: E731
    assert statements_of(back) == 12
    # As a step, and the ledger, and five of stock, and what it took of flash sales.
    assert statements_of(lambda: services.cancel_order(order_id=orders[1].id, **who)) == 14


@pytest.mark.parametrize("count", [1, 20])
def test_a_list_of_orders_takes_a_fixed_number_of_statements(
    customer: Person, staff: Person, count: int
) -> None:
    goods = mug(stock=100)
    for _ in range(count):
        place(customer, goods.item(1))
    staff("GET", "/api/orders")  # the event cursor is known now, for a moment
    assert statements_of(lambda: staff("GET", "/api/orders")) <= 6  # who, page, orders, lines, history
