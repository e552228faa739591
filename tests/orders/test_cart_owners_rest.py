"""Whose cart it is, through REST: guests and their tokens, merges, who may, conditional requests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from catalog.services import PriceDraft
from config.identity.models import Role
from config.identity.services import create_user
from inventory import services as inventory
from orders import services
from orders.models import Cart
from tests.catalog.goods import ACTOR
from tests.hearing import Heard
from tests.inventory.conftest import caller
from tests.orders.conftest import Call, Person
from tests.orders.shop import cake, mug
from tests.orders.test_cart_rest import lines, put

pytestmark = pytest.mark.django_db

CART = "/api/cart"
ITEMS = "/api/cart/items"


# -------------------------------------------------------------------------------- guests and tokens


def test_a_guest_gets_a_token_with_the_first_answer_and_finds_the_cart_by_it(guest: Call) -> None:
    first = guest("GET", CART)
    token = first["X-Cart-Token"]
    assert Cart.objects.count() == 0
    filled = guest("POST", ITEMS, mug().item(2), **{"X-Cart-Token": token})
    assert not filled.has_header("X-Cart-Token")
    assert filled.data["_id"] == first.data["_id"]
    assert guest("GET", CART, **{"X-Cart-Token": token}).data["itemCount"] == 2
    another = guest("GET", CART)
    assert another["X-Cart-Token"] != token
    assert another.data["itemCount"] == 0
    assert token not in str(Cart.objects.values()), "only a digest is kept"


def test_a_token_comes_with_the_first_answer_to_a_write_too_but_not_with_a_refusal(guest: Call) -> None:
    refused = guest("POST", ITEMS, {"productId": "nothing", "quantity": 1})
    assert not refused.has_header("X-Cart-Token")
    token = guest("POST", ITEMS, mug().item(3))["X-Cart-Token"]
    assert guest("GET", CART, **{"X-Cart-Token": token}).data["itemCount"] == 3


@pytest.mark.parametrize("token", ["x", "swc_short", "swc_" + "a" * 44, "swc_" + "!" * 43])
def test_a_text_that_is_no_token_is_a_400(guest: Call, customer: Person, token: str) -> None:
    for call in (guest, customer):
        answer = call("GET", CART, **{"X-Cart-Token": token})
        assert (answer.status_code, answer.data["code"]) == (400, "invalid_cart_token")


def test_the_first_request_of_who_signed_in_takes_the_guests_cart_along(
    guest: Call, customer: Person, heard: Heard
) -> None:
    goods, sweet = mug(), cake()
    token = guest("POST", ITEMS, goods.item(2))["X-Cart-Token"]
    with_token = {"X-Cart-Token": token}
    guest("POST", ITEMS, sweet.item(1, flavor="Hazelnut"), **with_token)
    put(customer, goods, 3)
    heard.events.clear()
    merged = customer("GET", CART, **with_token)
    assert not merged.has_header("X-Cart-Token")
    assert lines(merged.data) == [("Mug", 5, 100, 500), ("Cake", 1, 483, 483)]
    assert [(event.name, event.extra()["shop_cart"]["itemCount"]) for event in heard.events] == [
        ("cart.updated", 6),
        ("cart.updated", 0),
    ]
    assert customer("GET", CART, **with_token).content == merged.content, (
        "what was merged is not merged again"
    )
    assert guest("GET", CART, **with_token).data["items"] == []
    assert len(heard.names) == 2


def test_a_merge_goes_with_any_request_and_comes_before_what_it_does(guest: Call, customer: Person) -> None:
    goods = mug()
    token = guest("POST", ITEMS, goods.item(2))["X-Cart-Token"]
    answer = customer("POST", ITEMS, goods.item(1), **{"X-Cart-Token": token})
    assert answer.data["itemCount"] == 3


REGISTER = {"email": "nour@example.com", "password": "a long enough one", "name": "Nour", "phone": "0100"}


def with_something(guest: Call) -> str:
    """A guest's token, with two mugs in its cart."""
    return str(guest("POST", ITEMS, mug().item(2))["X-Cart-Token"])


def test_registering_and_signing_in_take_the_guests_cart_along(guest: Call, heard: Heard) -> None:
    token = with_something(guest)
    heard.events.clear()
    registered = guest("POST", "/api/auth/register", REGISTER, **{"X-Cart-Token": token})
    assert registered.status_code == 201
    assert heard.names == ["cart.updated", "cart.updated"]
    nour = caller(authorization=f"Bearer {registered.data['token']}")
    assert nour("GET", CART).data["itemCount"] == 2
    # The browser keeps the token, signs out, and fills that cart again.
    guest("POST", ITEMS, cake().item(1), **{"X-Cart-Token": token})
    sign_in = {"email": REGISTER["email"], "password": REGISTER["password"]}
    assert guest("POST", "/api/auth/login", sign_in).status_code == 200
    assert nour("GET", CART).data["itemCount"] == 2
    assert guest("POST", "/api/auth/login", sign_in, **{"X-Cart-Token": token}).status_code == 200
    assert nour("GET", CART).data["itemCount"] == 3
    assert guest("GET", CART, **{"X-Cart-Token": token}).data["itemCount"] == 0


def test_a_sign_in_that_is_refused_takes_nothing_along(guest: Call) -> None:
    token = with_something(guest)
    guest("POST", "/api/auth/register", REGISTER)
    wrong = {"email": REGISTER["email"], "password": "another one"}
    assert guest("POST", "/api/auth/login", wrong, **{"X-Cart-Token": token}).status_code == 401
    assert guest("POST", "/api/auth/register", REGISTER, **{"X-Cart-Token": token}).status_code == 409
    assert guest("GET", CART, **{"X-Cart-Token": token}).data["itemCount"] == 2


def test_nobody_who_works_here_takes_a_guests_cart_along(guest: Call) -> None:
    token = with_something(guest)
    create_user(email="sara@example.com", password="a long enough one", role=Role.ADMIN)
    sign_in = {"email": "sara@example.com", "password": "a long enough one"}
    assert guest("POST", "/api/auth/login", sign_in, **{"X-Cart-Token": token}).status_code == 200
    assert guest("GET", CART, **{"X-Cart-Token": token}).data["itemCount"] == 2


def test_a_cart_that_cannot_be_taken_along_keeps_nobody_from_signing_in(
    guest: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    registered = guest("POST", "/api/auth/register", REGISTER, **{"X-Cart-Token": "nonsense"})
    assert registered.status_code == 201
    assert caplog.records == []

    def fail(**_given: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(services, "merge_guest_cart", fail)
    token = with_something(guest)
    sign_in = {"email": REGISTER["email"], "password": REGISTER["password"]}
    answer = guest("POST", "/api/auth/login", sign_in, **{"X-Cart-Token": token})
    assert answer.status_code == 200
    assert answer.data["user"]["email"] == REGISTER["email"]
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("config.identity.api.arrivals", "ERROR")
    assert token not in caplog.text


# --------------------------------------------------------------------------------------- who, headers


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", CART, None),
        ("POST", CART, {"productId": "p", "quantity": 1}),
        ("POST", ITEMS, {"productId": "p", "quantity": 1}),
        ("DELETE", CART, None),
        ("PATCH", f"{ITEMS}/item_1", {"quantity": 1}),
        ("DELETE", f"{ITEMS}/item_1", None),
    ],
)
def test_carts_are_for_customers_and_guests(
    callers: dict[str, Any], method: str, path: str, body: Any
) -> None:
    answers = {name: call(method, path, body) for name, call in callers.items()}
    for name in ("admin", "tailor", "delivery", "service"):
        assert answers[name].status_code == 403, name
    for name in ("customer", "guest"):
        assert answers[name].status_code in {200, 400, 404}, name
        assert answers[name].get("code") not in {"not_permitted", "not_authenticated"}
    wrong = caller(authorization="Bearer nonsense")(method, path, body)
    assert (wrong.status_code, wrong.data["code"]) == (401, "invalid_token")


def test_one_customers_cart_is_not_anothers(customer: Person, other: Person) -> None:
    put(customer, mug(), 2)
    assert other("GET", CART).data["items"] == []
    assert other("GET", CART).data["_id"] != customer("GET", CART).data["_id"]


def test_a_cart_that_is_known_is_not_sent_again_until_a_price_or_stock_changes(customer: Person) -> None:
    goods = mug(stock=5)
    put(customer, goods, 5)
    first = customer("GET", CART)
    assert first["Cache-Control"] == "private, no-cache"
    again = customer("GET", CART, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    goods.change(prices=(PriceDraft("EGP", Decimal(90)),))
    second = customer("GET", CART, **{"If-None-Match": first["ETag"]})
    assert (second.status_code, second.data["totalPrice"]) == (200, 450)
    inventory.reduce_stock(lines=[goods.line(1)], actor=ACTOR)
    assert customer("GET", CART, **{"If-None-Match": second["ETag"]}).status_code == 200


def test_if_match_guards_a_change_of_a_cart(customer: Person) -> None:
    goods = mug()
    first = customer("POST", ITEMS, goods.item(1))
    line = first.data["items"][0]["_id"]
    second = customer("PATCH", f"{ITEMS}/{line}", {"quantity": 2}, **{"If-Match": first["ETag"]})
    assert second.status_code == 200
    for method, path in (("PATCH", f"{ITEMS}/{line}"), ("DELETE", f"{ITEMS}/{line}"), ("DELETE", CART)):
        late = customer(method, path, {"quantity": 9}, **{"If-Match": first["ETag"]})
        assert (late.status_code, late.data["code"]) == (412, "precondition_failed")
        assert late["ETag"] == second["ETag"]
    assert customer("GET", CART).data["itemCount"] == 2


def test_a_page_of_another_origin_reads_and_sends_the_token(guest: Call, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    answer = guest("GET", CART, Origin="https://shop.example")
    assert "X-Cart-Token" in answer["Access-Control-Expose-Headers"]
    preflight = guest(
        "OPTIONS",
        CART,
        Origin="https://shop.example",
        **{
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-cart-token",
        },
    )
    assert "x-cart-token" in preflight["Access-Control-Allow-Headers"]
