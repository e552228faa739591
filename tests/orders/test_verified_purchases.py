"""A review says whether its writer has received what it is about: the orders know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders.conftest import Person
from tests.orders.shop import mug, place, ship

pytestmark = pytest.mark.django_db


def review(who: Any, product_id: str) -> bool:
    answer = who("POST", f"/api/products/{product_id}/reviews", {"rating": 5, "verifiedPurchase": True})
    assert answer.status_code == 201, answer.content
    return bool(answer.data["verifiedPurchase"])


@pytest.mark.parametrize(("to", "verified"), [(None, False), ("shipped", False), ("delivered", True)])
def test_a_purchase_is_verified_once_it_is_delivered(
    customer: Person, staff: Person, to: str | None, verified: bool
) -> None:
    tea = mug()
    order = place(customer, tea.item())
    if to is not None:
        ship(staff, order["_id"], to=to)
    assert review(customer, tea.id) is verified


def test_neither_a_cancelled_order_nor_anothers_nor_of_another_product_counts(
    customer: Person, other: Person, staff: Person
) -> None:
    tea, cup, jug = mug(), mug(), mug()
    cancelled = place(customer, tea.item())
    assert staff("POST", f"/api/orders/{cancelled['_id']}/cancel", {}).status_code == 200
    ship(staff, place(other, cup.item())["_id"], to="delivered")
    ship(staff, place(customer, jug.item())["_id"], to="delivered")
    assert [review(customer, one.id) for one in (tea, cup, jug)] == [False, False, True]


def test_it_is_what_was_true_when_it_was_written(customer: Person, staff: Person) -> None:
    tea = mug()
    order = place(customer, tea.item())
    assert review(customer, tea.id) is False
    ship(staff, order["_id"], to="delivered")
    (written,) = customer("GET", f"/api/products/{tea.id}/reviews").data
    assert written["verifiedPurchase"] is False
