"""Carts through REST: what is shown, what each change does and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from catalog.services import OptionDraft, PriceDraft, VariantDraft
from inventory import services as inventory
from orders.basket import MAX_LINES
from orders.models import Cart, CartItem
from tests.catalog.goods import ACTOR
from tests.hearing import Heard
from tests.orders.conftest import Person
from tests.orders.shop import FLAVORS, Goods, cake, mug, shirt

pytestmark = pytest.mark.django_db

CART = "/api/cart"
ITEMS = "/api/cart/items"


def put(call: Any, goods: Goods, quantity: int = 1, **more: Any) -> dict[str, Any]:
    answer = call("POST", ITEMS, goods.item(quantity, **more))
    assert answer.status_code == 200, answer.content
    cart: dict[str, Any] = answer.data
    return cart


def lines(cart: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["name"], one["quantity"], one["price"], one["subtotal"]) for one in cart["items"]]


# ------------------------------------------------------------------------------------- what is shown


def test_an_empty_cart_is_a_whole_cart_and_reading_it_writes_nothing(customer: Person) -> None:
    first = customer("GET", CART)
    assert first.status_code == 200
    assert first.data == {
        "_id": first.data["_id"],
        "id": first.data["_id"],
        "items": [],
        "totalPrice": 0,
        "currency": "EGP",
        "itemCount": 0,
        "updatedAt": first.data["updatedAt"],
    }
    assert customer("GET", CART).data["_id"] == first.data["_id"]
    assert Cart.objects.count() == 0
    goods = mug()
    assert put(customer, goods)["_id"] == first.data["_id"], "the id that it had before there was a cart"


def test_a_line_shows_its_variant_its_choices_and_its_price(customer: Person) -> None:
    goods, sweet = shirt(), cake()
    put(customer, goods, 2, variant={"size": "M", "color": "Blue"})
    cart = put(customer, sweet, 3, options={"flavor": "Hazelnut", "size": "1 kg", "eggOption": "Eggless"})
    first, second = cart["items"]
    assert first == {
        "_id": first["_id"],
        "id": first["_id"],
        "productId": goods.id,
        "name": "Shirt",
        "image": "",
        "variant": {"size": "M", "color": "Blue"},
        "options": {},
        "quantity": 2,
        "price": 250,
        "subtotal": 500,
        "available": True,
    }
    # 420 x 1.15 x 1.8 x 1.1, rounded once.
    assert (second["price"], second["subtotal"]) == (956.34, 2869.02)
    assert second["options"] == {"flavor": "Hazelnut", "size": "1 kg", "eggOption": "Eggless"}
    assert second["variant"] == {}
    assert (cart["totalPrice"], cart["itemCount"], cart["currency"]) == (3369.02, 5, "EGP")


def test_a_variants_own_price_stands_in_place_of_its_products(customer: Person) -> None:
    cart = put(customer, shirt(), 1, variant={"size": "L", "color": "Red"})
    assert cart["items"][0]["price"] == 300


@pytest.mark.parametrize(
    ("currency", "price", "unit", "subtotal"),
    [("JPY", "999", 1149, 3447), ("KWD", "0.999", 1.149, 3.447), ("EGP", "0.30", 0.35, 1.05)],
)
def test_an_amount_has_the_decimals_of_its_currency_and_is_exact(
    customer: Person, settings: Settings, currency: str, price: str, unit: float, subtotal: float
) -> None:
    settings.STOCKWIRE_CURRENCY = currency
    goods = cake(prices=(PriceDraft(currency, Decimal(price)),))
    (line,) = put(customer, goods, 3, options={"flavor": "Hazelnut"})["items"]
    assert (line["price"], line["subtotal"]) == (unit, subtotal)


def test_prices_are_those_of_the_moment_of_reading(customer: Person) -> None:
    goods = mug(price="100")
    put(customer, goods, 2)
    goods.change(prices=(PriceDraft("EGP", Decimal("89.99")),))
    assert lines(customer("GET", CART).data) == [("Mug", 2, 89.99, 179.98)]


def test_a_line_whose_stock_has_gone_says_so_and_stays(customer: Person) -> None:
    goods = mug(stock=5)
    assert put(customer, goods, 5)["items"][0]["available"] is True
    inventory.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    (line,) = customer("GET", CART).data["items"]
    assert (line["available"], line["quantity"], line["price"]) == (False, 5, 100)
    assert customer("PATCH", f"{ITEMS}/{line['_id']}", {"quantity": 4}).data["items"][0]["available"] is True


def test_lines_that_share_a_stock_are_available_only_together(customer: Person) -> None:
    goods = cake(stock=3)
    put(customer, goods, 2, options={"flavor": "Vanilla"})
    cart = put(customer, goods, 2, options={"flavor": "Hazelnut"})
    assert [line["available"] for line in cart["items"]] == [False, False]


def test_what_is_archived_taken_off_sale_or_changed_stays_and_is_not_available(customer: Person) -> None:
    archived, paused, sweet, changed = mug(), mug(title="Paused"), cake(), shirt()
    put(customer, archived)
    put(customer, paused)
    put(customer, sweet, options={"flavor": "Hazelnut"})
    put(customer, changed, variant={"size": "L", "color": "Red"})
    archived.archive()
    paused.change(available=False)
    sweet.change(options=(OptionDraft("flavors", FLAVORS.choices[:1]),))
    changed.change(variants=(VariantDraft(attributes={"size": "M", "color": "Red"}),))
    cart = customer("GET", CART).data
    assert [line["available"] for line in cart["items"]] == [False] * 4
    assert lines(cart) == [
        ("Mug", 1, 100, 100),
        ("Paused", 1, 100, 100),
        ("Cake", 1, 420, 420),
        ("Shirt", 1, 300, 300),
    ]


# ----------------------------------------------------------------------------------------- changing


def test_the_same_variant_with_the_same_choices_is_one_line(customer: Person) -> None:
    goods = cake()
    put(customer, goods, 1, options={"flavor": "Vanilla", "size": "1 kg"})
    put(customer, goods, 2, options={"size": "1 kg", "flavor": "Vanilla"})
    cart = put(customer, goods, 4, options={"flavor": "Vanilla"})
    assert [line["quantity"] for line in cart["items"]] == [3, 4]
    assert CartItem.objects.count() == 2


def test_a_post_to_the_cart_itself_adds_too(customer: Person) -> None:
    answer = customer("POST", CART, mug().item(2))
    assert (answer.status_code, answer.data["itemCount"]) == (200, 2)


@pytest.mark.parametrize(
    "names",
    [
        {"options": {"flavor": "Hazelnut"}},
        {"flavor": "Hazelnut"},
        {"options": {"flavors": "Hazelnut"}},
        {"options": {"flavor": "Hazelnut", "size": None, "eggOption": ""}, "variant": {"size": None}},
        {"options": {"flavor": "Hazelnut"}, "variant": {"color": ""}},
    ],
)
def test_a_choice_may_be_named_in_every_way_that_clients_have(
    customer: Person, names: dict[str, Any]
) -> None:
    (line,) = put(customer, cake(), **names)["items"]
    assert (line["options"], line["price"]) == ({"flavor": "Hazelnut"}, 483)


def test_a_size_is_an_option_where_the_product_has_that_and_else_an_attribute(customer: Person) -> None:
    put(customer, cake(), size="1 kg")
    cart = put(customer, shirt(), size="L", color="Red")
    assert [line["options"] for line in cart["items"]] == [{"size": "1 kg"}, {}]
    assert cart["items"][1]["variant"] == {"size": "L", "color": "Red"}


def test_a_quantity_is_set_a_line_taken_out_and_all_of_it(customer: Person) -> None:
    put(customer, mug(title="One"))
    second = put(customer, mug(title="Two"))["items"][1]["_id"]
    put(customer, mug(title="Three"))
    assert customer("PATCH", f"{ITEMS}/{second}", {"quantity": 7}).data["itemCount"] == 9
    removed = customer("DELETE", f"{ITEMS}/{second}")
    assert (removed.status_code, [line["name"] for line in removed.data["items"]]) == (200, ["One", "Three"])
    cleared = customer("DELETE", CART)
    assert (cleared.status_code, cleared.data["items"], cleared.data["totalPrice"]) == (200, [], 0)


def test_each_change_is_announced_with_the_whole_cart(customer: Person, heard: Heard) -> None:
    goods = mug()
    heard.events.clear()
    cart = put(customer, goods, 2)
    line = cart["items"][0]["_id"]
    changed = customer("PATCH", f"{ITEMS}/{line}", {"quantity": 3}).data
    removed = customer("DELETE", f"{ITEMS}/{line}").data
    assert heard.names == ["cart.updated"] * 3
    assert [event.data()["action"] for event in heard.events] == ["item_added", "updated", "item_removed"]
    assert [event.extra()["shop_cart"] for event in heard.events] == [cart, changed, removed]
    assert [event.version_number for event in heard.events] == [1, 2, 3]
    assert {event.subject for event in heard.events} == {cart["_id"]}
    assert heard.events[0].data() == {
        "cart_id": cart["_id"],
        "user_id": customer.id,
        "action": "item_added",
        "cart": {
            "id": cart["_id"],
            "items": [
                {
                    "id": line,
                    "product_id": goods.id,
                    "variant_id": goods.variants[0],
                    "sku": heard.events[0].data()["cart"]["items"][0]["sku"],
                    "name": "Mug",
                    "image": "/mug.svg",
                    "attributes": {},
                    "options": {},
                    "quantity": 2,
                    "price": 100,
                    "subtotal": 200,
                    "available": True,
                }
            ],
            "total_price": 200,
            "currency": "EGP",
            "item_count": 2,
            "version": 1,
            "updated_at": cart["updatedAt"],
        },
        "version": 1,
    }


def test_what_changes_nothing_is_not_announced(customer: Person, heard: Heard) -> None:
    line = put(customer, mug(), 2)["items"][0]["_id"]
    heard.events.clear()
    before = customer("GET", CART)
    customer("PATCH", f"{ITEMS}/{line}", {"quantity": 2})
    assert customer("GET", CART).content == before.content
    customer("DELETE", CART)
    customer("DELETE", CART)
    assert heard.names == ["cart.updated"]


# ----------------------------------------------------------------------------------------- refusals


def refused(customer: Person, sent: dict[str, Any], status: int, code: str) -> dict[str, Any]:
    before = customer("GET", CART).content
    answer = customer("POST", ITEMS, sent)
    assert (answer.status_code, answer.data["code"]) == (status, code), answer.content
    after: bytes = customer("GET", CART).content
    assert after.split(b'"updatedAt"')[0] == before.split(b'"updatedAt"')[0]
    body: dict[str, Any] = answer.data
    return body


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"productId": "nothing"}, "unknown_product"),
        ({"variant": {"size": "XXL"}}, "unknown_variant"),
        ({"variant": {"size": "M"}}, "ambiguous_variant"),
        ({"variant": {"size": "M", "color": "Red"}, "options": {"flavor": "Vanilla"}}, "unknown_option"),
    ],
)
def test_an_item_that_names_nothing_that_there_is_is_a_400_with_the_item(
    customer: Person, heard: Heard, names: dict[str, Any], code: str
) -> None:
    sent = {**shirt().item(), **names}
    heard.events.clear()
    body = refused(customer, sent, 400, code)
    assert body["success"] is False
    assert [(error["item"], error["code"]) for error in body["errors"]] == [(sent, code)]
    assert heard.names == []
    assert Cart.objects.count() == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"flavor": "Chalk"}, "Unknown option: flavor"),
        ({"flavor": "vanilla"}, "Unknown option: flavor"),
        ({"flavor": "Vanilla", "topping": "Nuts", "size": "9 kg"}, "Unknown option: topping, size"),
    ],
)
def test_an_unknown_option_is_a_400_that_names_it(
    customer: Person, options: dict[str, str], text: str
) -> None:
    assert refused(customer, cake().item(options=options), 400, "unknown_option")["message"] == text


def test_what_is_archived_is_unknown_and_what_is_off_sale_or_has_no_price_is_a_409(customer: Person) -> None:
    gone, paused = mug(), mug(available=False)
    foreign = mug(prices=(PriceDraft("SEK", Decimal(10)),))
    gone.archive()
    refused(customer, gone.item(), 400, "unknown_product")
    refused(customer, paused.item(), 409, "not_for_sale")
    body = refused(customer, foreign.item(), 409, "no_price")
    assert body["message"] == "Item has no price in EGP"


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({}, "quantity"),
        ({"productId": "a"}, "quantity"),
        ({"quantity": 1}, "productId"),
        ({"productId": 7, "quantity": 1}, "productId"),
        ({"productId": "a", "quantity": 0}, "quantity"),
        ({"productId": "a", "quantity": "2"}, "quantity"),
        ({"productId": "a", "quantity": 1_000_001}, "quantity"),
        ({"productId": "a", "quantity": 1, "variant": ["M"]}, "variant"),
        ({"productId": "a", "quantity": 1, "options": {"flavor": 7}}, "options"),
        ({"productId": "a", "quantity": 1, "options": "Vanilla"}, "options"),
        ({"productId": "a", "quantity": 1, "flavor": 7}, "flavor"),
        ([], "body"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_place(customer: Person, sent: Any, place: str) -> None:
    answer = customer("POST", ITEMS, sent)
    assert (answer.status_code, answer.data["code"]) == (400, "invalid")
    assert place in answer.data["details"]
    assert Cart.objects.count() == 0


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", None, True, 1_000_001])
def test_a_quantity_is_set_to_a_whole_number_from_one_to_a_million(customer: Person, quantity: Any) -> None:
    line = put(customer, mug(), 2)["items"][0]["_id"]
    answer = customer("PATCH", f"{ITEMS}/{line}", {"quantity": quantity})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["quantity"])
    assert customer("GET", CART).data["itemCount"] == 2


def test_a_line_never_comes_to_more_than_a_million(customer: Person) -> None:
    goods = mug()
    put(customer, goods, 600_000)
    body = refused(customer, goods.item(600_000), 400, "invalid")
    assert list(body["details"]) == ["quantity"]


def test_a_cart_has_at_most_so_many_lines(customer: Person) -> None:
    put(customer, mug())
    cart = Cart.objects.get()
    goods = shirt()
    CartItem.objects.bulk_create(
        CartItem(
            cart=cart,
            product_id=goods.id,
            variant_id=goods.variants[0],
            options={"n": str(number)},
            quantity=1,
            position=number,
        )
        for number in range(2, MAX_LINES + 1)
    )
    body = refused(customer, mug().item(), 409, "cart_full")
    assert body["limit"] == MAX_LINES


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_line_that_is_not_there_or_not_ones_own_is_a_404(
    customer: Person, other: Person, method: str
) -> None:
    line = put(other, mug())["items"][0]["_id"]
    for item_id in (line, "nothing"):
        answer = customer(method, f"{ITEMS}/{item_id}", {"quantity": 5})
        assert (answer.status_code, answer.data["code"]) == (404, "unknown_item")
    assert other("GET", CART).data["itemCount"] == 1
