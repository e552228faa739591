"""`/api/support/chats`: who may do what, what is refused and changes nothing, and what comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.identity.models import Role
from realtime.models import Event, SupportChat, SupportMessage
from tests.orders.conftest import Person, person
from tests.realtime.support.talk import CHATS, opened, step, texts, write

pytestmark = pytest.mark.django_db

WHO = ("customer", "admin", "tailor", "delivery", "service", "guest")


def events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


# ------------------------------------------------------------------------------------ who may do what


@pytest.mark.parametrize(
    ("who", "status"),
    list(zip(WHO, (201, 403, 201, 201, 403, 401), strict=True)),
)
def test_every_user_but_staff_opens_a_chat(who: str, status: int, callers: dict[str, Any]) -> None:
    answer = callers[who]("POST", CHATS, {"issue": "Too small", "priority": "high"})
    assert answer.status_code == status, answer.content
    assert SupportChat.objects.count() == (1 if status == 201 else 0)
    assert events() == (["chat.opened"] if status == 201 else [])


#: What customer, staff, tailor, delivery partner, service and guest get, for the customer's chat.
DOORS: dict[str, tuple[str, str, dict[str, Any] | None, tuple[int, ...]]] = {
    "read": ("GET", "messages", None, (200, 200, 404, 404, 403, 401)),
    "write": ("POST", "messages", {"message": "Hello"}, (201, 201, 404, 404, 403, 401)),
    "claim": ("PUT", "status", {"status": "claimed"}, (403, 200, 404, 404, 403, 401)),
    "close": ("PUT", "status", {"status": "closed"}, (200, 200, 404, 404, 403, 401)),
    "mark": ("PUT", "read", {}, (200, 200, 404, 404, 403, 401)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("who", WHO)
def test_a_chat_is_its_customers_and_staffs(door: str, who: str, callers: dict[str, Any]) -> None:
    method, path, body, statuses = DOORS[door]
    chat = opened(callers["customer"])
    before = events()
    answer = callers[who](method, f"{CHATS}/{chat['id']}/{path}", body)
    status = statuses[WHO.index(who)]
    assert answer.status_code == status, answer.content
    if status >= 400:
        assert events() == before
        assert SupportMessage.objects.count() == 0
        assert SupportChat.objects.get().version == 1


@pytest.mark.parametrize("door", DOORS)
def test_anothers_chat_is_answered_as_one_that_there_is_not(
    door: str, customer: Person, other: Person
) -> None:
    method, path, body, _statuses = DOORS[door]
    chat = opened(customer)
    theirs = other(method, f"{CHATS}/{chat['id']}/{path}", body)
    nobodys = other(method, f"{CHATS}/chat_unknown/{path}", body)
    assert theirs.status_code == nobodys.status_code == 404
    assert (theirs.data["code"], theirs.data["message"]) == (nobodys.data["code"], nobodys.data["message"])
    assert theirs.data["code"] == "unknown_chat"


@pytest.mark.parametrize(
    ("who", "status", "count"),
    list(zip(WHO, (200, 200, 200, 200, 403, 401), (1, 2, 1, 0, 0, 0), strict=True)),
)
def test_a_list_has_ones_own_and_staffs_has_all(
    who: str, status: int, count: int, callers: dict[str, Any]
) -> None:
    for opener in ("customer", "tailor"):
        opened(callers[opener])
    answer = callers[who]("GET", CHATS)
    assert answer.status_code == status
    if status == 200:
        assert len(answer.data) == count


def test_a_list_is_of_one_status_where_that_is_asked_for(
    customer: Person, other: Person, staff: Person
) -> None:
    mine, theirs = opened(customer), opened(other)
    assert step(staff, theirs, "claimed").status_code == 200
    for status, ids in (("open", [mine["id"]]), ("claimed", [theirs["id"]]), ("closed", [])):
        assert [chat["id"] for chat in staff("GET", f"{CHATS}?status={status}").data] == ids
    answer = staff("GET", f"{CHATS}?status=lost")
    assert (answer.status_code, list(answer.data["details"])) == (400, ["status"])


# ------------------------------------------------------------------------------------ what comes of it


def test_a_chat_is_shown_whole(customer: Person) -> None:
    chat = opened(customer, issue="Too <b>small</b>", priority="urgent")
    assert chat == {
        "_id": chat["id"],
        "id": chat["id"],
        "chatRoom": f"support_{chat['id']}",
        "user": {"_id": customer.id, "name": "Carla"},
        "issue": "Too <b>small</b>",
        "priority": "urgent",
        "status": "open",
        "claimedBy": None,
        "messageCount": 0,
        "unread": {"customer": 0, "staff": 0},
        "createdAt": chat["createdAt"],
        "updatedAt": chat["createdAt"],
    }
    assert chat["id"].startswith("chat_")
    (event,) = Event.objects.all()
    assert (event.type, event.subject, event.version) == ("chat.opened", chat["id"], 1)
    assert json.loads(event.extra) == {"shop_chat": chat}


def test_a_priority_that_is_not_named_is_normal(customer: Person) -> None:
    assert customer("POST", CHATS, {"issue": "?"}).data["priority"] == "normal"


def test_an_open_chat_is_gone_on_with(customer: Person) -> None:
    chat = opened(customer, issue="One", priority="low")
    answer = customer("POST", CHATS, {"issue": "Two", "priority": "high"})
    assert (answer.status_code, answer.data) == (200, chat)
    assert events() == ["chat.opened"]


def test_after_a_closed_chat_a_new_one_is_opened(customer: Person) -> None:
    first = opened(customer)
    assert step(customer, first, "closed").status_code == 200
    second = opened(customer)
    assert second["id"] != first["id"]
    assert [chat["id"] for chat in customer("GET", CHATS).data] == [second["id"], first["id"]]


def test_a_step_is_taken_from_the_chat_as_it_was_read(customer: Person, staff: Person) -> None:
    answer = customer("POST", CHATS, {"issue": "Too small"})
    read, path = answer["ETag"], f"{CHATS}/{answer.data['id']}/status"
    claimed = staff("PUT", path, {"status": "claimed"}, **{"If-Match": read})
    assert (claimed.status_code, "Last-Modified" in claimed) == (200, True)
    stale = customer("PUT", path, {"status": "closed"}, **{"If-Match": read})
    assert (stale.status_code, stale["ETag"]) == (412, claimed["ETag"])
    assert SupportChat.objects.get().status == "claimed"
    assert events() == ["chat.opened", "chat.status_changed"]
    assert customer("PUT", path, {"status": "closed"}, **{"If-Match": claimed["ETag"]}).status_code == 200


def test_a_message_is_what_it_was_sent_as(customer: Person, staff: Person) -> None:
    chat = opened(customer)
    text = "<script>alert(1)</script> & „ü“\n\t'; DROP TABLE"
    message = write(customer, chat, text)
    assert message == {
        "id": 1,
        "userId": customer.id,
        "user": {"_id": customer.id, "name": "Carla"},
        "message": text,
        "timestamp": message["timestamp"],
        "isAdmin": False,
    }
    answer = write(staff, chat, "Hello")
    assert (answer["id"], answer["isAdmin"], answer["user"]["name"]) == (2, True, "Sara")
    listed = customer("GET", f"{CHATS}/{chat['id']}/messages").data
    assert listed == [answer, message]
    event = Event.objects.filter(type="chat.message").order_by("id").first()
    assert event is not None
    assert json.loads(event.data) == {
        "chat_id": chat["id"],
        "customer_id": customer.id,
        "message_id": 1,
        "user_id": customer.id,
        "user": {"id": customer.id, "name": "Carla"},
        "message": text,
        "is_admin": False,
        "created_at": message["timestamp"],
        "version": 2,
    }


@pytest.mark.parametrize("text", ["a", "x" * 4_000, "🙂" * 4_000, "👩‍👩‍👧‍👦" * 500, " a ", "ü\r\n"])
def test_any_text_of_up_to_4000_code_points_is_kept(text: str, customer: Person) -> None:
    chat = opened(customer)
    assert write(customer, chat, text)["message"] == text
    assert texts(customer, chat) == [(1, text)]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t ", "x" * 4_001, "🙂" * 4_001, "a\0b", "a\x1bb", "\ud800", None, 5, ["a"], {"a": 1}, True],
)
def test_what_is_no_message_is_refused_and_changes_nothing(text: Any, customer: Person) -> None:
    chat = opened(customer)
    answer = customer("POST", f"{CHATS}/{chat['id']}/messages", {"message": text})
    assert answer.status_code == 400, answer.content
    assert SupportMessage.objects.count() == 0
    assert events() == ["chat.opened"]


@pytest.mark.parametrize("body", [{}, {"text": "a"}, [], "a", 5])
def test_a_body_without_a_message_is_refused(body: Any, customer: Person) -> None:
    chat = opened(customer)
    assert customer("POST", f"{CHATS}/{chat['id']}/messages", body).status_code == 400
    assert SupportMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issue", None), ("issue", ""), ("issue", "  "), ("issue", "x" * 501), ("issue", "a\0"), ("issue", 5),
        ("priority", "soon"), ("priority", ""), ("priority", 1), ("priority", None), ("priority", "HIGH"),
    ],
)  # fmt: skip
def test_what_opens_no_chat_names_its_field(field: str, value: Any, customer: Person) -> None:
    answer = customer("POST", CHATS, {"issue": "Too small", "priority": "low", field: value})
    assert (answer.status_code, list(answer.data["details"])) == (400, [field])
    assert SupportChat.objects.count() == 0


@pytest.mark.parametrize("status", [None, "", "lost", "CLOSED", 1, ["closed"]])
def test_an_unknown_status_is_refused(status: Any, staff: Person, customer: Person) -> None:
    chat = opened(customer)
    answer = staff("PUT", f"{CHATS}/{chat['id']}/status", {"status": status})
    assert (answer.status_code, list(answer.data["details"])) == (400, ["status"])
    assert SupportChat.objects.get().status == "open"


# ------------------------------------------------------------------------------------ pages


def test_pages_go_back_to_the_first_message(customer: Person) -> None:
    chat = opened(customer)
    for number in range(1, 121):
        write(customer, chat, f"m{number}")
    seen: list[int] = []
    path = f"{CHATS}/{chat['id']}/messages"
    while path:
        answer = customer("GET", path)
        seen += [message["id"] for message in answer.data]
        link = answer.headers.get("Link", "")
        path = link[link.index("/api") : link.index(">")] if link else ""
    assert seen == list(range(120, 0, -1))
    assert len(customer("GET", f"{CHATS}/{chat['id']}/messages").data) == 50


def test_a_page_can_begin_before_a_message_that_one_has(customer: Person) -> None:
    chat = opened(customer)
    for number in range(1, 8):
        write(customer, chat, f"m{number}")
    assert texts(customer, chat, "?before=4&limit=2") == [(3, "m3"), (2, "m2")]
    for wrong in ("x", "-1", "", "1.5", "9999999999"):
        answer = customer("GET", f"{CHATS}/{chat['id']}/messages?before={wrong}")
        assert (answer.status_code, list(answer.data["details"])) == (400, ["before"])


# ------------------------------------------------------------------------------------ steps


def test_the_steps_of_a_chat(customer: Person, staff: Person) -> None:
    chat = opened(customer)
    for status, claimed_by in (
        ("claimed", {"_id": staff.id, "name": "Sara"}),
        ("open", None),
        ("claimed", {"_id": staff.id, "name": "Sara"}),
        ("closed", {"_id": staff.id, "name": "Sara"}),
        ("open", None),
        ("closed", None),
    ):
        answer = step(staff, chat, status)
        assert (answer.status_code, answer.data["status"]) == (200, status)
        assert answer.data["claimedBy"] == claimed_by
        # Once more is no step.
        assert step(staff, chat, status).data == answer.data
    assert events() == ["chat.opened"] + ["chat.status_changed"] * 6
    last = Event.objects.order_by("id").last()
    assert last is not None
    data = json.loads(last.data)
    assert (data["status"], data["previous_status"], data["claimed_by"], data["version"]) == (
        "closed", "open", None, 7,
    )  # fmt: skip


def test_a_chat_that_somebody_looks_after_is_claimed_by_nobody_else(customer: Person, staff: Person) -> None:
    second = person(Role.ADMIN, "simon")
    chat = opened(customer)
    step(staff, chat, "claimed")
    answer = step(second, chat, "claimed")
    assert (answer.status_code, answer.data["code"]) == (409, "already_claimed")
    assert answer.data["claimedBy"] == {"_id": staff.id, "name": "Sara"}
    assert "Sara" in answer.data["message"]
    assert SupportChat.objects.get().claimed_by_id == staff.id
    # But it can be released by any of them.
    assert step(second, chat, "open").status_code == 200
    assert step(second, chat, "claimed").data["claimedBy"]["name"] == "Simon"


def test_a_closed_chat_is_not_claimed(customer: Person, staff: Person) -> None:
    chat = opened(customer)
    step(staff, chat, "closed")
    answer = step(staff, chat, "claimed")
    assert (answer.status_code, answer.data["code"], answer.data["allowed"]) == (
        409, "illegal_transition", ["open"],
    )  # fmt: skip


@pytest.mark.parametrize("status", ["open", "claimed"])
def test_customers_do_nothing_to_their_chats_but_close_them(status: str, customer: Person) -> None:
    chat = opened(customer)
    assert step(customer, chat, status).status_code == 403
    assert step(customer, chat, "closed").status_code == 200
    assert step(customer, chat, status).status_code == 403
    assert SupportChat.objects.get().status == "closed"


def test_a_closed_chat_takes_no_message_and_is_read_on(customer: Person, staff: Person) -> None:
    chat = opened(customer)
    write(customer, chat, "One")
    step(staff, chat, "closed")
    before = events()
    for who in (customer, staff):
        answer = who("POST", f"{CHATS}/{chat['id']}/messages", {"message": "Two"})
        assert (answer.status_code, answer.data["code"]) == (409, "chat_closed")
    assert events() == before
    assert texts(customer, chat) == [(1, "One")]
    step(staff, chat, "open")
    assert write(customer, chat, "Two")["id"] == 2


def test_a_chat_is_not_opened_again_beside_a_newer_one(customer: Person, staff: Person) -> None:
    first = opened(customer)
    step(staff, first, "closed")
    second = opened(customer)
    answer = step(staff, first, "open")
    assert (answer.status_code, answer.data["code"]) == (409, "another_chat_open")
    assert SupportChat.objects.get(pk=first["id"]).status == "closed"
    step(staff, second, "closed")
    assert step(staff, first, "open").status_code == 200
