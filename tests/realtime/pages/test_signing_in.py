"""Signing in and out on a page: one sign-in a session, which ends wherever it is ended."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from config.identity.cookies import SIGN_IN_COOKIE
from config.identity.models import Role, SignIn, User
from config.identity.services import create_user, end_all_sign_ins, sign_out
from config.identity.services.sign_ins import sign_in
from config.identity.tokens import verify_access_token
from config.kernel import clock
from inventory.selectors.items import Item
from orders.owners import CartOwner, new_cart_token
from orders.selectors.carts import units_in
from orders.services import add_item
from orders.wishes import Wish
from realtime.pages.shopper import CART_COOKIE
from tests.orders.shop import mug

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Grey-heron-42"


@pytest.fixture
def user() -> User:
    return create_user(email="carla@example.com", password=PASSWORD, name="Carla", role=Role.CUSTOMER)


def enter(client: Client, *, password: str = PASSWORD, to: str = "/") -> int:
    answer = client.post("/sign-in", {"email": "carla@example.com", "password": password, "next": to})
    return answer.status_code


def name_on(client: Client) -> bool:
    return "Carla" in client.get("/own").content.decode()


def test_whoever_signs_in_is_known_to_pages_and_sockets(client: Client, user: User) -> None:
    assert not name_on(client)
    answer = client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": "/register?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/register?a=1")
    assert name_on(client)
    verified = verify_access_token(client.cookies[SIGN_IN_COOKIE].value)
    assert (verified.user, verified.sign_in) == (user, SignIn.objects.get().pk)
    # Over REST neither cookie counts for a customer.
    assert client.get("/api/auth/me").status_code == 401


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_nobody_is_sent_elsewhere(client: Client, user: User, to: str) -> None:
    answer = client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": to})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_wrong_password_is_said_and_changes_nothing(client: Client, user: User) -> None:
    answer = client.post("/sign-in", {"email": user.email, "password": "wrong"})
    assert answer.status_code == 400
    assert "The e-mail address or the password is wrong" in answer.content.decode()
    assert (SignIn.objects.count(), SIGN_IN_COOKIE in client.cookies) == (0, False)
    for _ in range(4):
        enter(client, password="wrong")
    outside = Client(headers={"X-Forwarded-For": "203.0.113.7"})
    for _ in range(5):
        enter(outside, password="wrong")
    answer = outside.post("/sign-in", {"email": user.email, "password": PASSWORD})
    assert "Too many failed attempts" in answer.content.decode()


def test_registering_makes_a_customer_and_says_what_is_wrong(client: Client, user: User) -> None:
    said = {"name": "Dora", "email": "dora@example.com", "phone": "070 1", "password": "short"}
    answer = client.post("/register", said)
    assert (answer.status_code, User.objects.count()) == (400, 1)
    assert "too short" in answer.content.decode()
    answer = client.post("/register", {**said, "email": user.email, "password": PASSWORD})
    assert (answer.status_code, User.objects.count()) == (400, 1)
    assert client.post("/register", {**said, "password": PASSWORD, "role": "admin"}).status_code == 302
    dora = User.objects.get(email="dora@example.com")
    assert (dora.role, dora.name) == (Role.CUSTOMER, "Dora")
    assert "Dora" in client.get("/own").content.decode()


@pytest.mark.parametrize("how", ["here", "everywhere", "over REST", "inactive"])
def test_a_session_ends_with_its_sign_in(client: Client, user: User, how: str) -> None:
    enter(client)
    other = sign_in(email=user.email, password=PASSWORD, address="")
    if how == "here":
        assert client.post("/sign-out").status_code == 302
        assert client.cookies[SIGN_IN_COOKIE].value == ""
    elif how == "everywhere":
        end_all_sign_ins(user=user)
    elif how == "over REST":
        SignIn.objects.exclude(pk=other.sign_in).update(ended_at=clock.now())
    else:
        User.objects.update(is_active=False)
    assert not name_on(client)
    # Another sign-in is not touched by the end of this one.
    assert SignIn.objects.living().filter(pk=other.sign_in).exists() == (how != "everywhere")
    sign_out(refresh_token=other.refresh_token)


def test_a_guests_cart_comes_along(client: Client, user: User) -> None:
    token = new_cart_token()
    add_item(owner=CartOwner.guest(token), wish=Wish(item=Item(sent={}, product_id=mug().id), quantity=3))
    client.cookies[CART_COOKIE] = token
    assert 'data-count="cart">3<' in client.get("/own").content.decode()
    enter(client)
    assert (units_in(CartOwner.customer(user.pk)), units_in(CartOwner.guest(token))) == (3, 0)
    assert 'data-count="cart">3<' in client.get("/own").content.decode()
    assert client.cookies[CART_COOKIE].value == ""


@pytest.mark.parametrize("token", ["", "nonsense", "swc_" + "\u00e5" * 43])
def test_a_cart_token_that_is_none_is_no_cart(client: Client, token: str) -> None:
    client.cookies[CART_COOKIE] = token
    assert client.get("/own").status_code == 200


def test_forms_are_refused_without_their_token(user: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in", {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, SignIn.objects.count()) == (403, 0)


def test_a_page_speaks_the_visitors_language(client: Client) -> None:
    page = client.get("/sign-in", headers={"Accept-Language": "ar-EG,ar;q=0.9"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    client.post("/language", {"language": "sv", "next": "/sign-in"})
    assert '<html lang="sv" dir="ltr">' in client.get("/sign-in").content.decode()
    # Data stay in English, whoever asks.
    assert client.get("/api/products/x").json()["message"] == "Product not found"


def test_each_field_that_is_wrong_is_described_by_what_is_wrong(client: Client) -> None:
    answer = client.post("/register", {"name": "", "email": "x", "phone": "07", "password": "short"})
    page = answer.content.decode()
    assert answer.status_code == 400
    described = re.findall(r'aria-invalid="true" aria-describedby="([^"]+)"', page)
    assert described[:2] == ["id_name_error", "id_email_error"]
    for name in described:
        assert page.count(f'<span class="problem" id="{name}">') == 1


def test_who_signs_in_is_led_to_registering_and_on(client: Client) -> None:
    page = client.get("/sign-in?next=/checkout").content.decode()
    assert '<a href="/register?next=/checkout">' in page
