"""Flash sales in carts and orders: what is shown, what is paid, and how many may be had at that price."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import FlashSale, FlashSaleShare, FlashSaleTake
from catalog.services import SaleDraft, change_flash_sale, end_flash_sale, tell_edges
from config.kernel.actors import Actor
from config.kernel.errors import KeyReused
from orders import services
from orders.models import Order
from tests.catalog.sales import MILLISECOND, DatabaseClock, on_sale, sale_events, stopped_clock
from tests.hearing import Heard
from tests.orders.asking import wish
from tests.orders.conftest import Call, Person
from tests.orders.shop import WHERE, cake, mug, place, ship, shirt

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(db: None) -> Iterator[DatabaseClock]:
    with stopped_clock() as clock:
        yield clock


def put(call: Any, item: dict[str, Any]) -> dict[str, Any]:
    answer = call("POST", "/api/cart/items", item)
    assert answer.status_code == 200, answer.content
    cart: dict[str, Any] = answer.data
    return cart


def order(call: Any, *items: dict[str, Any], **more: Any) -> Any:
    return call("POST", "/api/orders", {"items": list(items), **WHERE, **more})


def taken(sale_id: str) -> int:
    return FlashSale.objects.get(id=sale_id).units_taken


# ------------------------------------------------------------------------------------------- prices


def test_a_cart_shows_and_an_order_pays_the_price_of_the_moment(
    customer: Person, clock: DatabaseClock
) -> None:
    lying, goods = mug(), mug()
    sale = on_sale(lying.id, goods.id, off="25", starts=600, ends=660)
    put(customer, lying.item(2))
    for moment, price in [
        (sale.starts_at - MILLISECOND, 100),
        (sale.starts_at, 75),
        (sale.ends_at - MILLISECOND, 75),
        (sale.ends_at, 100),
    ]:
        clock.stand_at(moment)
        cart = customer("GET", "/api/cart").data
        assert (cart["items"][0]["price"], cart["totalPrice"]) == (price, 2 * price)
        answer = order(customer, goods.item(1), totalPrice=175 - price)
        assert (answer.status_code, answer.data["code"]) == (409, "price_changed")
        assert answer.data["totalPrice"] == price
        placed = place(customer, goods.item(1), totalPrice=price)
        assert (placed["items"][0]["price"], placed["totalPrice"]) == (price, price)
    assert [one["totalPrice"] for one in customer("GET", "/api/orders").data] == [100, 75, 75, 100]


def test_a_carts_tag_does_not_survive_an_edge(customer: Person, clock: DatabaseClock) -> None:
    goods = mug()
    sale = on_sale(goods.id, starts=600, ends=660)
    put(customer, goods.item())
    clock.stand_at(sale.starts_at - MILLISECOND)
    tag = customer("GET", "/api/cart")["ETag"]
    assert customer("GET", "/api/cart", **{"If-None-Match": tag}).status_code == 304
    clock.stand_at(sale.starts_at)
    assert customer("GET", "/api/cart", **{"If-None-Match": tag}).data["totalPrice"] == 80


def test_choices_and_own_prices_are_reduced_too(customer: Person) -> None:
    sweet, cloth = cake(price="33.33"), shirt(price="250", dearer="300")
    on_sale(sweet.id, cloth.id, off="10")
    items = [
        sweet.item(3, options={"flavor": "Hazelnut", "size": "1 kg"}),
        cloth.item(variant={"size": "L", "color": "Red"}),
    ]
    for item in items:
        cart = put(customer, item)
    # 62.09379, rounded once, at the end.
    assert [line["price"] for line in cart["items"]] == [62.09, 270]
    placed = customer("POST", "/api/orders", {**WHERE, "totalPrice": cart["totalPrice"]})
    assert placed.status_code == 201
    assert placed.data["totalPrice"] == 3 * 62.09 + 270


def test_what_was_bought_in_a_sale_keeps_its_price(customer: Person) -> None:
    goods = mug()
    sale = on_sale(goods.id)
    placed = place(customer, goods.item())
    end_flash_sale(sale_id=sale.id)
    assert customer("GET", f"/api/orders/{placed['_id']}").data["totalPrice"] == 80


def test_a_guests_cart_shows_the_sale_price(guest: Call) -> None:
    goods = mug()
    on_sale(goods.id)
    assert put(guest, goods.item())["items"][0]["price"] == 80


def test_an_order_outside_of_limits_asks_nothing_of_the_sales(customer: Person) -> None:
    goods, other = mug(), mug()
    on_sale(goods.id)
    on_sale(other.id, units=5)
    with CaptureQueriesContext(connection) as queries:
        place(customer, goods.item())
    written = [query["sql"] for query in queries if "UPDATE catalog_flashsale" in query["sql"]]
    assert written == []
    # Offers are read together with what sales take off.
    assert sum("catalog_flashsale" in query["sql"] for query in queries) == 1
    assert not FlashSaleTake.objects.exists()


# ------------------------------------------------------------------------------------------- limits


def test_a_pool_is_sold_to_the_last_unit_and_then_the_price_is_the_ordinary_one(
    customer: Person, other: Person, heard: Heard
) -> None:
    goods = mug()
    sale = on_sale(goods.id, units=3)
    place(customer, goods.item(2), totalPrice=160)
    heard.events.clear()
    place(other, goods.item(1), totalPrice=80)
    assert sale_events(heard.events) == [("flash_sale.updated", sale.id)]
    assert heard.events[0].data()["sale"]["sold_out"] is True
    assert put(other, goods.item())["totalPrice"] == 100
    # Whoever still believes in the sale price does not pay more without a word.
    refused = order(customer, goods.item(1), totalPrice=80)
    assert (refused.status_code, refused.data["code"], refused.data["totalPrice"]) == (
        409,
        "price_changed",
        100,
    )
    assert place(customer, goods.item(1), totalPrice=100)["totalPrice"] == 100
    assert (taken(sale.id), goods.on_hand()) == (3, 6)


def test_more_than_a_pool_has_is_refused_whole_with_every_line_named(customer: Person, heard: Heard) -> None:
    one, two, free = mug(), mug(), mug()
    sale = on_sale(one.id, two.id, units=3)
    heard.events.clear()
    items = [one.item(2), free.item(1), two.item(2)]
    refused = order(customer, *items)
    assert (refused.status_code, refused.data["code"], refused.data["success"]) == (
        409,
        "flash_sale_limit",
        False,
    )
    assert refused.data["errors"] == [
        {"item": item, "error": "Only 3 more at the sale price", "code": "flash_sale_limit", "available": 3}
        for item in (items[0], items[2])
    ]
    assert heard.events == []
    assert not Order.objects.exists()
    assert (taken(sale.id), one.on_hand(), two.on_hand(), free.on_hand()) == (0, 10, 10, 10)
    assert place(customer, one.item(2), two.item(1))["totalPrice"] == 240


def test_a_customers_share_counts_over_orders_and_products(customer: Person, other: Person) -> None:
    one, two = mug(), mug()
    sale = on_sale(one.id, two.id, units_per_customer=3)
    place(customer, one.item(1), two.item(1))
    refused = order(customer, one.item(2))
    assert (refused.status_code, refused.data["errors"][0]["available"]) == (409, 1)
    place(customer, two.item(1), totalPrice=80)
    # The share is used up: now it is as if the sale were not.
    assert place(customer, one.item(5))["totalPrice"] == 500
    assert place(other, one.item(3))["totalPrice"] == 240
    shares = FlashSaleShare.objects.order_by("customer").values_list("customer", "taken")
    assert dict(shares) == {customer.id: 3, other.id: 3}
    assert taken(sale.id) == 6


def test_one_line_is_not_sold_at_two_prices_and_a_cart_says_how_many_can_be_had(customer: Person) -> None:
    one, two = mug(), mug()
    sale = on_sale(one.id, two.id, units_per_customer=3)
    put(customer, one.item(2))
    cart = put(customer, two.item(1))
    assert [(line["available"], line["saleLimit"]) for line in cart["items"]] == [(True, 3), (True, 3)]
    cart = put(customer, two.item(1))
    assert [(line["available"], line["price"]) for line in cart["items"]] == [(False, 80), (False, 80)]
    refused = customer("POST", "/api/orders", WHERE)
    assert refused.status_code == 409
    assert [error["available"] for error in refused.data["errors"]] == [3, 3]
    change_flash_sale(sale_id=sale.id, draft=SaleDraft(units_per_customer=None))
    cart = customer("GET", "/api/cart").data
    assert [(line["available"], "saleLimit" in line) for line in cart["items"]] == [(True, False)] * 2


def test_short_stock_takes_nothing_of_a_sale(customer: Person) -> None:
    goods = mug(stock=1)
    sale = on_sale(goods.id, units=5)
    assert order(customer, goods.item(2)).data["code"] == "out_of_stock"
    assert (taken(sale.id), FlashSaleShare.objects.count(), FlashSaleTake.objects.count()) == (0, 0, 0)


def test_limits_of_two_sales_in_one_order_hold_each_for_itself(customer: Person) -> None:
    one, two = mug(), mug()
    first, second = on_sale(one.id, units=5), on_sale(two.id, units=1)
    refused = order(customer, one.item(2), two.item(2))
    assert [(error["item"]["productId"], error["available"]) for error in refused.data["errors"]] == [
        (two.id, 1)
    ]
    place(customer, one.item(2), two.item(1))
    assert (taken(first.id), taken(second.id)) == (2, 1)


def test_what_is_cancelled_comes_back_to_the_sale_exactly_once(
    customer: Person, other: Person, staff: Person, heard: Heard
) -> None:
    goods = mug()
    sale = on_sale(goods.id, units=2, units_per_customer=2)
    placed = place(customer, goods.item(2))
    heard.events.clear()
    path = f"/api/orders/{placed['_id']}/cancel"
    assert customer("POST", path).status_code == 200
    assert heard.names[:2] == ["stock.updated", "flash_sale.updated"]
    assert heard.events[1].data()["sale"]["sold_out"] is False
    assert staff("POST", path).data["code"] == "illegal_transition"
    assert taken(sale.id) == 0
    assert place(other, goods.item(1))["totalPrice"] == 80
    assert place(customer, goods.item(1))["totalPrice"] == 80
    assert (taken(sale.id), goods.on_hand()) == (2, 8)


def test_what_is_cancelled_after_the_sale_comes_back_without_a_word(customer: Person, heard: Heard) -> None:
    goods = mug()
    sale = on_sale(goods.id, units=1)
    placed = place(customer, goods.item(1))
    end_flash_sale(sale_id=sale.id)
    heard.events.clear()
    assert customer("POST", f"/api/orders/{placed['_id']}/cancel").status_code == 200
    assert sale_events(heard.events) == []
    assert taken(sale.id) == 0
    assert tell_edges() == 0


def test_what_is_returned_does_not_come_back_to_the_sale(customer: Person, staff: Person) -> None:
    goods = mug()
    sale = on_sale(goods.id, units=2)
    placed = place(customer, goods.item(2))
    ship(staff, placed["_id"], to="delivered")
    back = {"items": [{"variantId": goods.variants[0], "quantity": 2, "disposition": "sellable"}]}
    assert staff("POST", f"/api/orders/{placed['_id']}/return", back).status_code == 200
    assert (taken(sale.id), goods.on_hand()) == (2, 10)
    assert put(customer, goods.item())["totalPrice"] == 100


def test_a_request_that_comes_twice_takes_once(customer: Person) -> None:
    goods = mug()
    sale = on_sale(goods.id, units=5)
    key = {"Idempotency-Key": "once"}
    sent = {"items": [goods.item(2)], **WHERE}
    answers = [customer("POST", "/api/orders", sent, **key) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert taken(sale.id) == 2


def test_an_order_id_that_was_used_before_takes_nothing(customer: Person) -> None:
    goods = mug()
    sale = on_sale(goods.id, units=5)
    placed = place(customer, goods.item(1))
    terms = services.Terms(shipping_address="Here", phone="0123")
    with pytest.raises(KeyReused):
        services.place_order(
            customer=customer.user,
            terms=terms,
            actor=Actor(kind="user", id=customer.id),
            wishes=[wish(goods)],
            order_id=placed["_id"],
        )
    assert (taken(sale.id), goods.on_hand()) == (1, 9)


def test_the_best_sale_counts_in_an_order_and_its_limit_is_its_own(customer: Person) -> None:
    goods = mug()
    on_sale(goods.id, off="10")
    best = on_sale(goods.id, off="50", units=1)
    assert place(customer, goods.item(1))["totalPrice"] == 50
    assert place(customer, goods.item(1))["totalPrice"] == 90
    assert FlashSaleTake.objects.get().sale_id == best.id
    assert Order.objects.order_by("created_at").first().total == Decimal(50)  # type: ignore[union-attr]  # one is there
