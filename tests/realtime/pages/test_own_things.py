"""Wishlist, account, notifications, support and work: a server's answers to a browser without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from config.identity.models import Role, SignIn, User
from config.kernel.actors import SYSTEM
from orders.flow import Status
from orders.models import Order
from orders.services import assign_order, change_status
from realtime.models import ChatStatus, Notification, SupportChat, SupportMessage
from realtime.support.parties import Speaker
from realtime.support.writing import write_message
from tests.orders.shop import mug
from tests.realtime.pages.visiting import PART, PASSWORD, hidden, ordered, signed_in, somebody, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_wish_comes_and_goes() -> None:
    goods = mug(title="Teapot")
    client = signed_in(somebody())
    assert client.post("/wishlist/items", {"productId": goods.id})["Location"] == "/wishlist"
    page = text_of(client, "/wishlist")
    assert ("Teapot" in page, '<img src="/mug.svg"' in page) == (True, True)
    assert client.post("/wishlist/items", {"productId": "prod_none"}).status_code == 404
    assert client.post("/wishlist/items", {}).status_code == 400
    part = client.post("/wishlist/items", {"productId": goods.id}, headers=PART)
    assert (part.status_code, 'aria-pressed="true"' in part.content.decode()) == (200, True)
    assert client.post(f"/wishlist/items/{goods.id}/remove")["Location"] == "/wishlist"
    assert "Teapot" not in text_of(client, "/wishlist")
    assert client.post(f"/wishlist/items/{goods.id}/remove").status_code == 404


def test_the_button_of_a_products_page_is_what_was_wanted_however_often_it_is_pressed() -> None:
    goods, client = mug(title="Teapot"), signed_in(somebody())
    said = {"productId": goods.id, "on": "product"}
    for path, pressed in (("", "true"), ("", "true"), (f"/{goods.id}/remove", "false")) * 2:
        part = client.post(f"/wishlist/items{path}", said, headers=PART)
        assert (part.status_code, f'aria-pressed="{pressed}"' in part.content.decode()) == (200, True)
        assert ("Teapot" in text_of(client, "/wishlist")) is (pressed == "true")
    refused = client.post("/wishlist/items", {**said, "productId": "prod_none"}, headers=PART)
    assert (refused.status_code, 'aria-pressed="false"' in refused.content.decode()) == (404, True)


def test_a_guest_who_wishes_is_asked_to_sign_in_and_comes_back_to_the_product(client: Client) -> None:
    answer = client.post(
        "/wishlist/items", {"productId": mug().id}, headers={"Referer": "http://testserver/p/x?a=1"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Fp%2Fx%3Fa%3D1")
    answer = client.post("/wishlist/items", {}, headers={"Referer": "https://elsewhere.example/p/x"})
    assert answer["Location"] == "/sign-in?next=%2F"


def test_users_change_what_is_theirs_and_are_told_what_is_wrong() -> None:
    user = somebody()
    somebody(email="eva@example.com")
    client = signed_in(user)
    said = {"name": "Carla", "phone": "0700", "email": "carla@example.com"}
    assert client.post("/account", said)["Location"] == "/account"
    user.refresh_from_db()
    assert (user.name, user.phone, user.email) == ("Carla", "0700", "carla@example.com")
    answer = client.post("/account", {**said, "name": "Clara", "email": "eva@example.com"})
    assert (answer.status_code, "Another user" in answer.content.decode()) == (409, True)
    assert client.post("/account", {**said, "email": "none"}).status_code == 400
    user.refresh_from_db()
    assert (user.name, user.email) == ("Carla", "carla@example.com")


def test_another_password_keeps_this_session_and_ends_all_others() -> None:
    user = somebody()
    here, there = signed_in(user), signed_in(user)
    wrong = here.post("/account/password", {"currentPassword": "nonsense", "password": "Blue-heron-43"})
    assert wrong.status_code == 400
    assert "present password" in wrong.content.decode()
    weak = here.post("/account/password", {"currentPassword": PASSWORD, "password": "short"})
    assert (weak.status_code, "too short" in weak.content.decode()) == (400, True)
    assert there.get("/account").status_code == 200
    done = here.post("/account/password", {"currentPassword": PASSWORD, "password": "Blue-heron-43"})
    assert done["Location"] == "/account"
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_signing_out_everywhere_ends_every_session() -> None:
    user = somebody()
    here, there = signed_in(user), signed_in(user)
    assert here.post("/account/sign-out-everywhere")["Location"] == "/sign-in"
    assert (here.get("/account").status_code, there.get("/account").status_code) == (302, 302)
    assert SignIn.objects.living().count() == 0


def test_notifications_are_listed_read_and_only_ones_own() -> None:
    user = somebody()
    client, other = signed_in(user), signed_in(somebody(email="eva@example.com"))
    order_ids = [ordered(client, mug().id) for _ in range(2)]
    first = Notification.objects.earliest("created_at")
    page = text_of(client, "/notifications")
    assert (page.count('class="panel note unread"'), 'data-count="unread">2<' in page) == (2, True)
    assert "Order received" in client.get(f"/notifications/{first.pk}/toast").content.decode()
    for path, method in (
        (f"/notifications/{first.pk}/toast", other.get),
        (f"/notifications/{first.pk}/read", other.post),
    ):
        assert method(path).status_code == 404
    answer = client.post(f"/notifications/{first.pk}/read")
    assert answer["Location"] == f"/orders/{order_ids[0]}"
    assert text_of(client, "/notifications").count('class="panel note unread"') == 1
    assert client.post("/notifications/read")["Location"] == "/notifications"
    assert text_of(client, "/notifications").count('class="panel note unread"') == 0
    assert Notification.objects.filter(read_at=None).count() == 0


def opened(client: Client, **said: Any) -> SupportChat:
    answer = client.post("/support/chats", {"issue": "My parcel", "priority": "high", **said})
    assert (answer.status_code, answer["Location"]) == (302, "/support"), answer.content
    return SupportChat.objects.latest("created_at")


def test_a_chat_is_opened_written_in_and_closed() -> None:
    user, staff = somebody(), somebody(Role.ADMIN)
    client = signed_in(user)
    assert client.post("/support/chats", {"issue": " ", "priority": "normal"}).status_code == 400
    assert client.post("/support/chats", {"issue": "x", "priority": "panic"}).status_code == 400
    chat = opened(client)
    assert (chat.issue, chat.priority, SupportChat.objects.count()) == ("My parcel", "high", 1)
    page = text_of(client, "/support")
    said = {"message": "Where is it?", "key": hidden(page, "key")}
    for _ in range(2):  # pressed twice
        assert client.post(f"/support/chats/{chat.pk}/write", said)["Location"] == "/support#chat-end"
    assert SupportMessage.objects.count() == 1
    # Other words under the same name are not lost: they come back with a name of their own.
    answer = client.post(f"/support/chats/{chat.pk}/write", {**said, "message": "And when?"})
    again = answer.content.decode()
    assert (answer.status_code, "And when?" in again, hidden(again, "key") != said["key"]) == (
        422,
        True,
        True,
    )
    assert client.post(f"/support/chats/{chat.pk}/write", {**said, "message": " "}).status_code == 400
    write_message(by=Speaker(staff.pk, Role.ADMIN), text="<b>Tomorrow</b>", chat_id=chat.pk)
    assert 'data-count="chat">1<' in text_of(client, "/account")
    page = text_of(client, "/support")
    assert ("&lt;b&gt;Tomorrow" in page, "<b>Tomorrow" in page) == (True, False)
    assert "data-count" not in text_of(client, "/support/bubble")
    newer = client.get(f"/support/chats/{chat.pk}/messages?after=1").content.decode()
    assert (newer.count("<li"), "Tomorrow" in newer) == (1, True)
    assert client.post(f"/support/chats/{chat.pk}/close")["Location"] == "/support"
    chat.refresh_from_db()
    assert chat.status == ChatStatus.CLOSED
    late = client.post(f"/support/chats/{chat.pk}/write", {"message": "One more", "key": "msg_new"})
    assert (late.status_code, SupportMessage.objects.count()) == (409, 2)
    assert "Ask us something" in text_of(client, "/support")


def test_another_customers_chat_is_not_there() -> None:
    chat = opened(signed_in(somebody()))
    other = signed_in(somebody(email="eva@example.com"))
    for path in ("", "/messages"):
        assert other.get(f"/support/chats/{chat.pk}{path}").status_code == 404
    for path in ("/write", "/close"):
        answer = other.post(f"/support/chats/{chat.pk}{path}", {"message": "Hello", "key": "k"})
        assert answer.status_code == 404, path
    chat.refresh_from_db()
    assert (chat.status, SupportMessage.objects.count()) == (ChatStatus.OPEN, 0)


def assigned(user: User) -> str:
    """An order of a customer's that this tailor or partner works on, on its way."""
    order_id = ordered(signed_in(somebody()), mug().id)
    admin = Role.ADMIN
    if user.role == Role.TAILOR:
        assign_order(order_id=order_id, actor=SYSTEM, role=admin, tailor_id=user.pk)
    else:
        assign_order(order_id=order_id, actor=SYSTEM, role=admin, delivery_partner_id=user.pk)
    for status in ("processing", "shipped"):
        change_status(order_id=order_id, to=Status(status), actor=SYSTEM, role=admin)
        if user.role == Role.TAILOR:
            break
    return order_id


def test_a_tailor_takes_the_steps_that_are_theirs() -> None:
    tailor = somebody(Role.TAILOR)
    order_id, client = assigned(tailor), signed_in(tailor)
    page = text_of(client, "/work")
    assert (page.count('name="tailor"'), page.count('name="status"')) == (4, 0)
    # Where it goes and what it cost is not for the tailor's list.
    assert "Nile" not in page
    assert client.post(f"/work/{order_id}", {"tailor": "cutting"})["Location"] == "/work"
    order = Order.objects.get()
    assert order.tailor_status == "cutting"
    assert text_of(client, "/work").count('name="tailor"') == 2
    for said, status in (
        ({"tailor": "measuring"}, 409),
        ({"status": "shipped"}, 409),
        ({"tailor": "sleeping"}, 400),
        ({}, 400),
    ):
        assert client.post(f"/work/{order_id}", said).status_code == status, said
    order.refresh_from_db()
    assert (order.tailor_status, order.status) == ("cutting", "processing")
    assert "At the tailor" in text_of(client, f"/orders/{order_id}")


def test_a_delivery_partner_delivers_and_nothing_else() -> None:
    partner = somebody(Role.DELIVERY)
    order_id, client = assigned(partner), signed_in(partner)
    page = text_of(client, "/work")
    assert ("12 Nile St" in page, "in cash" in page, page.count('name="status"')) == (True, True, 1)
    stranger = signed_in(somebody(Role.DELIVERY, email="eva@example.com"))
    assert "12 Nile St" not in text_of(stranger, "/work")
    assert stranger.post(f"/work/{order_id}", {"status": "delivered"}).status_code == 404
    assert client.post(f"/work/{order_id}", {"status": "cancelled"}).status_code == 409
    assert client.post(f"/work/{order_id}", {"status": "delivered"})["Location"] == "/work"
    order = Order.objects.get()
    assert (order.status, order.payment_status) == ("delivered", "completed")
    assert "Nothing is assigned" in text_of(client, "/work")
