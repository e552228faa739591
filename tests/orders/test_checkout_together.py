"""Orders that share a transaction: each answered for itself, and each key as if it were alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from config.api.models import IdempotencyKey
from config.kernel.errors import Conflict
from inventory.models import StockMovement
from inventory.selectors.drift import drifts
from orders import services
from orders.models import Order
from orders.services import placing
from realtime.models import Event, Notification
from tests.orders.gathering import (
    ORDERS,
    asking,
    ordering,
    people,
    statuses,
    together,
    transactions_of_orders,
)
from tests.orders.shop import WHERE, cake, mug

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("groups")]


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


def test_two_orders_of_one_customer_are_not_placed_together() -> None:
    goods, (buyer,) = mug(), people(1)
    with pytest.raises(ValueError, match="of one customer"):
        services.place_orders([asking(buyer, goods), asking(buyer, goods)])
    assert goods.on_hand() == 10
