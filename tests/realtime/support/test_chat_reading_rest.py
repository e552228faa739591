"""`/api/support/chats`: what has been read, what is sent again, and what customers are notified of."""

from __future__ import annotations

from typing import Any

import pytest

from config.api.models import IdempotencyKey
from config.identity.models import Role, User
from config.identity.tokens import issue_token
from realtime.models import Event, Notification, SupportChat, SupportMessage
from tests.inventory.conftest import Call, caller
from tests.orders.conftest import Person
from tests.realtime.support.talk import CHATS, opened, step, texts, write

pytestmark = pytest.mark.django_db


def events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


# ------------------------------------------------------------------------------------ read markers


def test_each_side_has_its_own_count_of_what_it_has_not_read(customer: Person, staff: Person) -> None:
    chat = opened(customer)

    def unread() -> tuple[int, int]:
        (shown,) = staff("GET", CHATS).data
        assert customer("GET", CHATS).data == [shown]
        return shown["unread"]["customer"], shown["unread"]["staff"]

    for text in ("1", "2"):
        write(customer, chat, text)
    for text in ("3", "4", "5"):
        write(staff, chat, text)
    assert unread() == (3, 2)
    path = f"{CHATS}/{chat['id']}/read"
    assert staff("PUT", path, {"messageId": 1}).data["unread"] == {"customer": 3, "staff": 1}
    assert customer("PUT", path, {"messageId": 4}).data["unread"] == {"customer": 1, "staff": 1}
    # What was read stays so, and what is not there can't be.
    assert customer("PUT", path, {"messageId": 3}).data["unread"]["customer"] == 1
    assert customer("PUT", path, {"messageId": 900}).data["unread"]["customer"] == 0
    write(staff, chat, "6")
    assert unread() == (1, 1)
    assert customer("PUT", path, {}).data["unread"]["customer"] == 0
    assert staff("PUT", path, {}).data["unread"]["staff"] == 0
    assert events().count("chat.message") == 6
    assert "chat.read" not in events()


@pytest.mark.parametrize("number", [-1, "1", 1.5, True, 3_000_000_000])
def test_what_is_no_number_marks_nothing(number: Any, customer: Person, staff: Person) -> None:
    chat = opened(customer)
    write(staff, chat, "Hello")
    answer = customer("PUT", f"{CHATS}/{chat['id']}/read", {"messageId": number})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["messageId"])
    assert SupportChat.objects.get().customer_read == 0


# ------------------------------------------------------------------------------------ sent again


def test_a_message_that_is_sent_again_under_its_key_is_one(customer: Person) -> None:
    chat = opened(customer)
    path = f"{CHATS}/{chat['id']}/messages"
    key = {"Idempotency-Key": "k-1"}
    first = customer("POST", path, {"message": "Hello"}, **key)
    again = customer("POST", path, {"message": "Hello"}, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    other = customer("POST", path, {"message": "Something else"}, **key)
    assert (other.status_code, other.data["code"]) == (422, "idempotency_key_reused")
    assert texts(customer, chat) == [(1, "Hello")]
    assert events().count("chat.message") == 1


def test_a_key_holds_longer_than_it_is_remembered_and_over_every_door(customer: Person) -> None:
    chat = opened(customer)
    path = f"{CHATS}/{chat['id']}/messages"
    first = customer("POST", path, {"message": "Hello"}, **{"Idempotency-Key": "k-1"})
    IdempotencyKey.objects.all().delete()
    again = customer("POST", path, {"message": "Hello"}, **{"Idempotency-Key": "k-1"})
    named = customer("POST", path, {"message": "Hello", "clientMessageId": "k-1"})
    assert (again.status_code, again.data) == (200, first.data)
    assert (named.status_code, named.data) == (200, first.data)
    wrong = customer("POST", path, {"message": "Else", "clientMessageId": "k-1"})
    assert (wrong.status_code, wrong.data["code"]) == (422, "idempotency_key_reused")
    assert SupportMessage.objects.count() == 1


def test_a_key_is_its_authors(customer: Person, staff: Person) -> None:
    chat = opened(customer)
    assert write(customer, chat, "Hello", clientMessageId="k")["id"] == 1
    assert write(staff, chat, "Hello", clientMessageId="k")["id"] == 2


def test_what_is_sent_again_to_a_chat_that_was_closed_meanwhile_is_answered(
    customer: Person, staff: Person
) -> None:
    chat = opened(customer)
    first = write(customer, chat, "Hello", clientMessageId="k")
    step(staff, chat, "closed")
    again = customer("POST", f"{CHATS}/{chat['id']}/messages", {"message": "Hello", "clientMessageId": "k"})
    assert (again.status_code, again.data) == (200, first)


@pytest.mark.parametrize("key", ["", "  ", "x" * 256, 5, "a\0"])
def test_what_is_no_key_is_refused(key: Any, customer: Person) -> None:
    chat = opened(customer)
    body = {"message": "Hello", "clientMessageId": key}
    answer = customer("POST", f"{CHATS}/{chat['id']}/messages", body)
    assert (answer.status_code, list(answer.data["details"])) == (400, ["clientMessageId"])
    assert SupportMessage.objects.count() == 0


# ------------------------------------------------------------------------------------ notifications


def test_what_staff_answer_the_customer_is_notified_of(customer: Person, staff: Person) -> None:
    chat = opened(customer)
    write(customer, chat, "Help")
    assert Notification.objects.count() == 0
    write(staff, chat, "x" * 300)
    (told,) = customer("GET", "/api/notifications").data
    assert (told["type"], told["title"], told["message"], told["relatedOrder"]) == (
        "support", "Support has answered", "x" * 199 + "…", None,
    )  # fmt: skip
    assert events() == ["chat.opened", "chat.message", "chat.message", "notification.created"]


def test_whoever_has_joined_the_staff_is_not_notified_of_own_words(customer: Person) -> None:
    chat = opened(customer)
    User.objects.filter(pk=customer.id).update(role=Role.ADMIN, is_staff=True, duties=["owner"])
    customer.user.refresh_from_db()
    promoted = caller(authorization=f"Bearer {issue_token(user=customer.user)}")
    assert write(promoted, chat, "Hello")["isAdmin"] is True
    assert Notification.objects.count() == 0


def test_a_guest_is_told_to_sign_in(guest: Call) -> None:
    answer = guest("GET", CHATS)
    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")
