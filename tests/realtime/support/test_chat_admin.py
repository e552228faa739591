"""Chats in the admin: read whole, and changed only by the services."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.utils import quote as quoted
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.identity.models import Role
from orders.models import Order, OrderStatusChange
from realtime import whispers
from realtime.models import CannedAnswer, Event, Notification, SupportChat, SupportMessage
from realtime.records import Record
from tests.fingerprint import nothing_changes
from tests.orders.conftest import Person, person
from tests.orders.shop import mug, place
from tests.realtime.support.talk import opened, step, texts, write

pytestmark = pytest.mark.django_db

LIST = "/admin/realtime/supportchat/"


@pytest.fixture
def admin(staff: Person) -> Client:
    client = Client()
    client.force_login(staff.user)
    return client


def page(client: Client, path: str, **fields: object) -> str:
    """What the page then says; a form is sent where there are fields."""
    answer = client.post(path, fields, follow=True) if fields else client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_staff_read_all_chats_and_what_was_said(admin: Client, customer: Person) -> None:
    chat = opened(customer, issue="Too <b>small</b>")
    write(customer, chat, "<script>alert(1)</script>")
    listed = page(admin, LIST)
    assert "Carla" in listed
    assert chat["id"] in listed
    shown = page(admin, f"{LIST}{chat['id']}/change/")
    for text in ("Too &lt;b&gt;small&lt;/b&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"):
        assert text in shown
    assert "<script>alert(1)" not in shown


def test_staff_answer(admin: Client, customer: Person, staff: Person) -> None:
    chat = opened(customer)
    write(customer, chat, "Help <i>me</i>")
    path = f"{LIST}{quoted(chat['id'])}/answer/"
    asked = page(admin, path)
    assert "Help &lt;i&gt;me&lt;/i&gt;" in asked
    assert 'name="shown" value="1"' in asked
    write(customer, chat, "Please")
    assert "Answered" in page(admin, path, message="First\r\nsecond <b>", shown="1")
    assert texts(customer, chat)[0] == (3, "First\nsecond <b>")
    message = SupportMessage.objects.get(number=3)
    assert (message.author_id, message.is_staff) == (staff.id, True)
    assert Notification.objects.count() == 1
    # What came after the page was made is unread still.
    assert customer("GET", "/api/support/chats").data[0]["unread"] == {"customer": 1, "staff": 1}


@pytest.mark.parametrize("text", ["", " ", "x" * 4_001, "a\0"])
def test_what_is_no_answer_is_asked_for_again(text: str, admin: Client, customer: Person) -> None:
    chat = opened(customer)
    said = page(admin, f"{LIST}{chat['id']}/answer/", message=text, shown="0")
    assert "text-red-600" in said
    assert SupportMessage.objects.count() == 0


def test_a_closed_chat_says_that_it_is(admin: Client, customer: Person) -> None:
    chat = opened(customer)
    step(customer, chat, "closed")
    assert "The chat is closed" in page(admin, f"{LIST}{chat['id']}/answer/", message="a", shown="0")
    assert SupportMessage.objects.count() == 0


def test_staff_claim_release_and_close(admin: Client, customer: Person, staff: Person) -> None:
    chat = opened(customer)
    for verb, status, said in (
        ("claim", "claimed", "The chat is claimed"),
        ("release", "open", "The chat is open"),
        ("close", "closed", "The chat is closed"),
    ):
        before = SupportChat.objects.get().status
        # A link alone changes nothing.
        assert admin.get(f"{LIST}{chat['id']}/{verb}/").status_code == 200
        assert SupportChat.objects.get().status == before
        assert said in page(admin, f"{LIST}{chat['id']}/{verb}/", sent="1")
        assert SupportChat.objects.get().status == status
    assert Event.objects.filter(type="chat.status_changed").count() == 3


def test_whoever_comes_second_is_told_who_was_first(admin: Client, customer: Person, staff: Person) -> None:
    chat = opened(customer)
    step(person(Role.ADMIN, "simon"), chat, "claimed")
    assert "Simon looks after this chat" in page(admin, f"{LIST}{chat['id']}/claim/", sent="1")


def test_several_are_claimed_and_closed_at_once(admin: Client, customer: Person, other: Person) -> None:
    ids = [opened(one)["id"] for one in (customer, other)]
    for name, status in (("claim_all", "claimed"), ("close_all", "closed")):
        answer = admin.post(LIST, {"action": name, "_selected_action": ids}, follow=True)
        assert answer.content.decode().count(f" is {status}") == 2
        assert set(SupportChat.objects.values_list("status", flat=True)) == {status}


def test_nothing_is_edited_by_hand(admin: Client, customer: Person) -> None:
    chat = opened(customer)
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{chat['id']}/change/", {"status": "closed"}).status_code == 403
    assert admin.post(f"{LIST}{chat['id']}/delete/", {"post": "yes"}).status_code == 403
    assert SupportChat.objects.get().status == "open"
    assert admin.get(f"{LIST}chat_unknown/answer/").status_code == 404


def test_a_canned_answer_and_a_steps_note_have_single_line_ends(admin: Client, customer: Person) -> None:
    path = "/admin/realtime/cannedanswer/add/"
    form = {"title": "Late", "text": "One\r\nTwo", "position": "0"}
    assert admin.post(path, form).status_code == 302
    assert CannedAnswer.objects.get().text == "One\nTwo"
    order = place(customer, mug().item(1))
    path = f"/admin/orders/order/{quoted(order['_id'])}/step/"
    form = {"version": str(Order.objects.get().version), "status": "processing", "note": "One\r\nTwo"}
    assert admin.post(path, form).status_code == 302
    assert OrderStatusChange.objects.latest("id").note == "One\nTwo"


def test_customers_have_no_admin(customer: Person) -> None:
    client = Client()
    client.force_login(customer.user)
    assert client.get(LIST).status_code == 302


@pytest.fixture
def whispered(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """What every live process is to hear."""
    found: list[Record] = []
    monkeypatch.setattr(whispers, "send", found.extend)
    return found


def test_the_inbox_tells_that_staff_write_and_have_stopped(
    admin: Client, customer: Person, staff: Person, whispered: list[Record]
) -> None:
    chat = opened(customer)
    path = f"{LIST}inbox/{chat['id']}/typing/"
    for said, is_typing in (("true", True), ("false", False), ("", False)):
        with nothing_changes():
            answer = admin.post(path, {"is_typing": said})
        assert (answer.status_code, answer.content) == (204, b"")
        told = whispered.pop().parsed()
        assert (told["chat_id"], told["user"], told["is_typing"]) == (
            chat["id"],
            {"id": staff.id, "name": staff.user.name},
            is_typing,
        )
    assert admin.get(path).status_code == 405
    assert admin.post(f"{LIST}inbox/chat_unknown/typing/").status_code == 404
    step(customer, chat, "closed")
    assert admin.post(path, {"is_typing": "true"}).status_code == 204
    assert whispered == [], "nobody writes in what is closed"


def test_only_the_steps_that_there_are_are_offered(admin: Client, customer: Person, staff: Person) -> None:
    chat = opened(customer)
    path = f"{LIST}{chat['id']}/"
    for status, offered in (
        ("open", {"answer", "claim", "close"}),
        ("claimed", {"answer", "release", "close"}),
        ("closed", {"release"}),
    ):
        step(staff, chat, status)
        links = set(re.findall(rf'href="{re.escape(LIST)}[^"/]+/(\w+)/?"', page(admin, f"{path}change/")))
        assert links - {"history", "inbox", "change"} == offered


def test_a_chats_page_takes_as_many_questions_for_many_messages_as_for_one(
    admin: Client, customer: Person, staff: Person
) -> None:
    chat = opened(customer)
    path = f"{LIST}{chat['id']}/change/"

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(path).status_code == 200
        return len(asked)

    write(customer, chat, "One")
    admin.get(path)
    few = questions()
    for number in range(6):
        write(staff if number % 2 else customer, chat, str(number))
    assert questions() == few
