"""A shopper's whole way, without JavaScript; and what is refused on it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.services import PriceDraft
from config.identity.models import Role, User
from orders.models import Order, Payment
from orders.owners import CartOwner
from orders.selectors import cart_of
from realtime.models import Notification
from realtime.pages.shopper import CART_COOKIE
from tests.orders.shop import cake, mug, shirt
from tests.realtime.pages.visiting import (
    PART,
    PASSWORD,
    checkout_form,
    hidden,
    ordered,
    put_in,
    signed_in,
    somebody,
    text_of,
    units_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_a_guests_cart_to_an_order_that_was_paid_and_taken_back(client: Client) -> None:
    goods = mug(stock=10)
    put_in(client, goods.id, 2)
    assert client.cookies[CART_COOKIE]["httponly"]
    page = text_of(client, "/cart")
    assert "Mug" in page
    assert "is in your cart" in page
    answer = client.get("/checkout")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Fcheckout")
    said = {"name": "Dora", "email": "dora@example.com", "phone": "070 1", "password": PASSWORD}
    answer = client.post("/register", {**said, "next": "/checkout"})
    assert answer["Location"] == "/checkout"
    # The cart has come along, and the phone number is known.
    form = checkout_form(client, payment="fake")
    assert (form["total"], "070 1" in text_of(client, "/checkout")) == ("200.00", True)
    answer = client.post("/checkout", form)
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.pk}/pay")
    assert (order.total, order.payment_method, goods.on_hand()) == (Decimal(200), "fake", 8)
    assert "no money moves" in text_of(client, f"/orders/{order.pk}/pay")
    answer = client.post(f"/orders/{order.pk}/pay", {"outcome": "fail"})
    assert answer["Location"] == f"/orders/{order.pk}/pay"
    assert "did not go through" in text_of(client, f"/orders/{order.pk}/pay")
    answer = client.post(f"/orders/{order.pk}/pay", {"outcome": "pay"})
    assert answer["Location"] == f"/orders/{order.pk}"
    page = text_of(client, f"/orders/{order.pk}")
    assert 'data-payment="completed"' in page
    assert page.count('aria-current="step"') == 1
    assert order.number in text_of(client, "/orders")
    # Paid once, however often it is asked for.
    assert client.get(f"/orders/{order.pk}/pay")["Location"] == f"/orders/{order.pk}"
    client.post(f"/orders/{order.pk}/pay", {"outcome": "pay"})
    assert Payment.objects.filter(status="completed").count() == 1
    answer = client.post(f"/orders/{order.pk}/cancel")
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.pk}")
    page = text_of(client, f"/orders/{order.pk}")
    assert "Your order has been cancelled" in page
    assert 'data-status="cancelled" aria-current="step"' in page
    assert goods.on_hand() == 10
    assert Payment.objects.filter(status__in=["refunded", "completed"]).count() == 1
    # A second time it is said, and nothing happens.
    answer = client.post(f"/orders/{order.pk}/cancel")
    assert (answer.status_code, goods.on_hand()) == (409, 10)
    assert "no longer possible" in answer.content.decode()


def test_a_form_that_is_sent_twice_places_one_order() -> None:
    goods, user = mug(stock=10), somebody()
    client = signed_in(user)
    put_in(client, goods.id)
    form = checkout_form(client)
    first = client.post("/checkout", form)
    # Meanwhile more was put in: the old form is still the order that it was.
    put_in(client, goods.id, 3)
    second = client.post("/checkout", form)
    assert first["Location"] == second["Location"] == f"/orders/{Order.objects.get().pk}"
    assert (goods.on_hand(), units_of(user)) == (9, 3)


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_an_order_can_be_placed_in_each_language(language: str) -> None:
    """Also where the page writes amounts in a way of its own."""
    goods = cake()
    goods.change(prices=(PriceDraft("EGP", Decimal("1538.75")),))
    client = signed_in(somebody())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    put_in(client, goods.id)
    form = checkout_form(client, payment="fake")
    answer = client.post("/checkout", form)
    assert (answer.status_code, Order.objects.get().total) == (302, Decimal(form["total"]))
    assert client.post(answer["Location"], {"outcome": "pay"}).status_code == 302
    assert Payment.objects.get().status == "completed"


def test_a_total_that_is_none_is_said_on_the_page() -> None:
    goods = mug(stock=10)
    client = signed_in(somebody())
    put_in(client, goods.id)
    answer = client.post("/checkout", checkout_form(client, total="1 0,x"))
    assert (answer.status_code, Order.objects.count()) == (400, 0)
    assert "Enter a number." in answer.content.decode()


@pytest.mark.parametrize("order", ["", "nonsense", "another's"])
def test_an_order_bears_an_id_that_was_drawn_for_its_customer(order: str) -> None:
    goods = mug(stock=10)
    client, other = signed_in(somebody()), signed_in(somebody(email="eva@example.com"))
    for one in (client, other):
        put_in(one, goods.id)
    form = checkout_form(client)
    form["order"] = checkout_form(other)["order"] if order == "another's" else order
    answer = client.post("/checkout", form)
    assert (answer.status_code, Order.objects.count(), goods.on_hand()) == (400, 0, 10)
    # The page comes with one that will do.
    again = {**form, "order": hidden(answer.content.decode(), "order")}
    assert client.post("/checkout", again).status_code == 302


def test_another_total_than_was_seen_is_shown_and_can_be_agreed_to() -> None:
    goods = mug(stock=10)
    client = signed_in(somebody())
    put_in(client, goods.id, 2)
    form = checkout_form(client)
    goods.change(prices=(PriceDraft("EGP", Decimal("120.5")),))
    answer = client.post("/checkout", form)
    page = answer.content.decode()
    assert (answer.status_code, Order.objects.count(), goods.on_hand()) == (409, 0, 10)
    assert "The total is" in page
    assert "241" in page
    assert "12 Nile St, Cairo" in page
    agreed = {**form, "order": hidden(page, "order"), "total": hidden(page, "total")}
    assert client.post("/checkout", agreed).status_code == 302
    assert Order.objects.get().total == Decimal(241)


def test_short_stock_is_said_at_its_line() -> None:
    many, few = mug(stock=10, title="Plate"), shirt(stock=2)
    client = signed_in(somebody())
    put_in(client, many.id, 1)
    put_in(client, few.id, 3, variantId=few.variants[1])
    answer = client.post("/checkout", checkout_form(client))
    page = answer.content.decode()
    assert (answer.status_code, Order.objects.count()) == (409, 0)
    assert page.count("Only 2 left.") == 1
    assert page.index("Plate") < page.index("Only 2 left.")
    assert (many.on_hand(), few.on_hand(1)) == (10, 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"address": " "},
        {"phone": ""},
        {"payment": "bitcoin"},
        {"payment": "stripe"},
        {"total": ""},
        {"total": "much"},
        {"address": "x" * 2001},
        {"address": "12 Nile\0St"},
        {"phone": "0123\x07"},
    ],
)
def test_a_form_that_is_wrong_is_shown_again_and_places_nothing(changed: dict[str, str]) -> None:
    goods = mug(stock=10)
    client = signed_in(somebody())
    put_in(client, goods.id)
    answer = client.post("/checkout", checkout_form(client, **changed))
    assert (answer.status_code, Order.objects.count(), goods.on_hand()) == (400, 0, 10)


def test_an_empty_cart_can_not_be_ordered() -> None:
    goods = mug(stock=10)
    user = somebody()
    client = signed_in(user)
    assert client.get("/checkout")["Location"] == "/cart"
    put_in(client, goods.id)
    form = checkout_form(client)
    (line,) = cart_of_user(user)
    client.post(f"/cart/items/{line}/remove")
    assert client.post("/checkout", form)["Location"] == "/cart"
    assert text_of(client, "/cart").count("<p>Your cart is empty.</p>") == 1
    # A window that still shows the checkout is told so, and offers nothing to press.
    assert "data-empty" in text_of(client, "/checkout/summary")
    assert Order.objects.count() == 0


def cart_of_user(user: User) -> list[str]:
    return [line.id for line in cart_of(CartOwner.customer(user.pk)).lines]


def test_what_is_paid_by_arrangement_is_noted_for_staff() -> None:
    client = signed_in(somebody())
    order_id = ordered(client, mug().id, payment="manual")
    payment = Payment.objects.get()
    assert (payment.order_id, payment.provider, payment.status) == (order_id, "manual", "pending")
    assert "The shop will tell you how to pay" in text_of(client, f"/orders/{order_id}")
    assert client.get(f"/orders/{order_id}/pay")["Location"] == f"/orders/{order_id}"


def test_quantities_are_set_raised_and_emptied(client: Client) -> None:
    goods = mug(stock=5)
    put_in(client, goods.id, 2)
    line = text_of(client, "/cart").split('data-line="')[1].split('"')[0]

    def quantity() -> str:
        page = text_of(client, "/cart")
        return (
            page.split('type="number"')[1].split('value="')[1].split('"')[0] if "data-line" in page else "0"
        )

    # Enter in the field presses the form's first button, which says nothing of its own.
    form = text_of(client, "/cart").split('class="quantity"')[1].split("</form>")[0]
    assert form.index('<button class="visually-hidden"') < form.index('<button name="to"')
    assert client.post(f"/cart/items/{line}", {"quantity": "4"})["Location"] == "/cart"
    assert quantity() == "4"
    # The buttons beside the field say what it comes to, whatever stands in the field.
    client.post(f"/cart/items/{line}", {"quantity": "4", "to": "5"})
    assert quantity() == "5"
    for wrong in ("", "many", "-1", "1000001"):
        answer = client.post(f"/cart/items/{line}", {"quantity": wrong})
        assert (answer.status_code, quantity()) == (400, "5"), wrong
    # More than there is stays a wish, and says so.
    client.post(f"/cart/items/{line}", {"quantity": "6"})
    assert "Not available like this" in text_of(client, "/cart")
    part = client.post(f"/cart/items/{line}", {"to": "0"}, headers=PART)
    # A guest's page is told by its own answer.
    assert (part.status_code, part["HX-Trigger"]) == (200, "cart-changed")
    assert "<html" not in part.content.decode()
    assert quantity() == "0"
    answer = client.post(f"/cart/items/{line}/remove")
    assert answer.status_code == 404
    assert "no longer in your cart" in answer.content.decode()


def test_choices_come_along_and_wrong_ones_are_refused(client: Client) -> None:
    sweet = cake()
    put_in(client, sweet.id, 1, option_flavors="Hazelnut", option_sizes="1 kg")
    page = text_of(client, "/cart")
    assert ("Hazelnut" in page, "1 kg" in page) == (True, True)
    for said in (
        {"productId": sweet.id, "option_flavors": "Mud"},
        {"productId": "prod_none"},
        {"productId": ""},
        {"productId": "a\0b"},
        {"productId": sweet.id, "quantity": "none"},
        {"productId": sweet.id, "option_flavors": "x" * 201},
    ):
        answer = client.post("/cart/items", said)
        assert answer.status_code in {400, 404}, said
        assert 'role="alert"' in answer.content.decode()
    shown = text_of(client, "/cart")
    assert shown.count('data-line="') == 1
    # A shirt is put in as one variant, and not as any.
    answer = client.post("/cart/items", {"productId": shirt().id}, headers=PART)
    assert (answer.status_code, "Choose a size" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "/cart/items", "/cart/items/item_1", "/cart/items/item_1/remove", "/checkout", "/wishlist/items",
        "/wishlist/items/p/remove", "/account", "/account/password", "/account/sign-out-everywhere",
        "/notifications/read", "/notifications/n/read", "/support/chats", "/support/chats/c/write",
        "/support/chats/c/close", "/work/o", "/orders/o/cancel", "/orders/o/pay",
    ],
)  # fmt: skip
def test_no_form_is_taken_without_its_token(path: str) -> None:
    strict = signed_in_strictly(somebody())
    assert strict.post(path, {}).status_code == 403


def signed_in_strictly(user: User) -> Client:
    strict = Client(enforce_csrf_checks=True)
    page = strict.get("/sign-in").content.decode()
    token = hidden(page, "csrfmiddlewaretoken")
    answer = strict.post(
        "/sign-in", {"email": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    )
    assert answer.status_code == 302
    return strict


def test_another_customers_order_is_not_there() -> None:
    mine = ordered(signed_in(somebody()), mug().id, payment="fake")
    other = signed_in(somebody(email="eva@example.com"))
    for path in ("", "/state", "/pay"):
        assert "not yours" in text_of(other, f"/orders/{mine}{path}", status=404)
    for path, said in (("/cancel", {}), ("/pay", {"outcome": "pay"})):
        assert other.post(f"/orders/{mine}{path}", said).status_code == 404
    assert Order.objects.get().status == "pending"
    assert Payment.objects.filter(status="completed").count() == 0
    assert text_of(other, "/orders/no%00ne", status=404)
    assert text_of(other, "/orders/ord_none", status=404)


@pytest.mark.parametrize("role", [None, *Role])
def test_who_sees_which_page(role: Role | None) -> None:
    client = signed_in(somebody(role)) if role else Client()
    customers = {"/orders": 200, "/wishlist": 200, "/support": 200, "/checkout": 302}
    users = {"/account": 200, "/notifications": 200}
    workers = {"/work": 200}
    for pages, allowed in (
        (customers, role == Role.CUSTOMER),
        (users, role is not None),
        (workers, role in {Role.TAILOR, Role.DELIVERY}),
    ):
        for path, status in pages.items():
            answer = client.get(path)
            if role is None:
                assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next=%2F{path[1:]}")
            else:
                assert answer.status_code == (status if allowed else 403), path
    assert client.get("/cart").status_code == 200


def test_pages_ask_a_bounded_number_of_questions(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    user = somebody()
    client = signed_in(user)
    for number in range(4):
        ordered(client, mug(title=f"Mug {number}").id)
        put_in(client, mug(title=f"Cup {number}").id)
        client.post("/wishlist/items", {"productId": mug(title=f"Bowl {number}").id})
    order = Order.objects.order_by("created_at").first()
    assert order is not None
    assert Notification.objects.count() == 4
    for path, most in (
        ("/cart", 16),
        ("/checkout", 16),
        ("/orders", 15),
        (f"/orders/{order.pk}", 14),
        ("/wishlist", 22),
        ("/notifications", 13),
        ("/support", 13),
        ("/account", 11),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200, path


def test_a_page_runs_no_script_but_ours() -> None:
    client = signed_in(somebody())
    name = '<img src=x onerror="alert(1)">'
    order_id = ordered(client, mug(title=name, image="https://elsewhere.example/a.png").id)
    put_in(client, mug(title=name, image="https://elsewhere.example/a.png").id)
    for path in ("/cart", "/checkout", f"/orders/{order_id}", "/orders"):
        answer = client.get(path)
        page = answer.content.decode()
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert ("<img src=x" in page, "elsewhere.example" in page) == (False, False)
        assert (" style=" in page, " onclick=" in page, "<style" in page) == (False, False, False)


@pytest.mark.parametrize("payment", ["cod", "fake", "manual"])
def test_an_order_that_costs_nothing_asks_for_no_payment(payment: str) -> None:
    goods = mug(stock=10, price="0")
    client = signed_in(somebody())
    order_id = ordered(client, goods.id, payment=payment)
    assert (Order.objects.get().total, goods.on_hand(), Payment.objects.count()) == (Decimal(0), 9, 0)
    page = text_of(client, f"/orders/{order_id}")
    assert "Nothing to pay" in page
    assert not any(words in page for words in ("Not paid yet", "Pay now", "Pay in cash", "how to pay"))
    for answer in (client.get(f"/orders/{order_id}/pay"), client.post(f"/orders/{order_id}/pay")):
        assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order_id}")
    assert Payment.objects.count() == 0
