"""What carts and orders cost: numbers of statements that do not grow with what is in them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orders import services
from orders.selectors import cart_of
from tests.inventory.test_statements import statements_of
from tests.orders.asking import a_guest, step, wish
from tests.orders.conftest import Person
from tests.orders.shop import cake, mug

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [1, 30])
def test_reading_a_cart_takes_five_statements_however_much_is_in_it(count: int) -> None:
    owner = a_guest()
    services.batch_update(owner=owner, changes=[step("add", mug()) for _ in range(count)])
    assert statements_of(lambda: cart_of(owner)) == 5  # cart, lines, offers, prices, stock
    assert statements_of(lambda: cart_of(a_guest())) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_a_change_of_a_cart_takes_a_fixed_number_too(count: int) -> None:
    owner, goods, sweet = a_guest(), mug(), cake()
    services.batch_update(owner=owner, changes=[step("add", mug()) for _ in range(count)])
    add: Callable[[], object] = lambda: services.add_item(owner=owner, wish=wish(goods))  # noqa: E731
    # Naming, lock, lines, offers, prices, line, cart, stock, event.
    assert statements_of(add) == 9
    assert statements_of(add) == 9
    changes = [step("add", sweet), step("set", goods, 5)] * 10
    assert statements_of(lambda: services.batch_update(owner=owner, changes=changes)) == 10


def test_a_request_for_a_cart_takes_one_statement_more_for_who_is_asking(customer: Person) -> None:
    customer("POST", "/api/cart/items", mug().item(1))
    customer("GET", "/api/cart")  # the event cursor is known now, for a moment
    assert statements_of(lambda: customer("GET", "/api/cart")) <= 7
