"""Support chats over Socket.IO: who opens and joins, what is said, and who hears it."""

from __future__ import annotations

from typing import Any

import pytest

from config.identity.models import Role
from realtime.consumers.pace import Pace
from realtime.consumers.shop import visitor
from realtime.models import Notification, SupportChat
from realtime.support import typing as typing_module
from tests.realtime.door import Door
from tests.realtime.house_of_orders import rest
from tests.realtime.log import caught_up
from tests.realtime.people import a_key, a_person, away
from tests.realtime.shop.chatting import (
    CHATS,
    ISSUE,
    entered,
    in_chat,
    messages,
    nobody_is_left,
    said_to,
    staff_in,
)
from tests.realtime.shop.client import ShopClient, hears_nothing_more

__all__ = ["nobody_is_left"]

pytestmark = pytest.mark.django_db(transaction=True)


# --------------------------------------------------------------------------------- joining


async def test_a_customer_opens_a_chat_and_staff_are_asked(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    desk, stranger = await entered(door.port, staff), await entered(door.port)
    client = await entered(door.port, person)
    await client.say("join_support_chat", ISSUE)
    told = await client.hear_of("support_chat_joined")
    assert set(told) == {"chatRoom", "chat", "messages", "timestamp"}
    assert told["messages"] == []
    chat = told["chat"]
    assert (chat["issue"], chat["priority"], chat["status"]) == ("Too <b>small</b>", "high", "open")
    assert told["chatRoom"] == f"support_{chat['_id']}"
    asked = await desk.hear_of("new_support_request")
    assert asked == {
        "chatRoom": told["chatRoom"],
        "userId": person.user.pk,
        "user": {"_id": person.user.pk, "name": person.user.name},
        "issue": "Too <b>small</b>",
        "priority": "high",
        "timestamp": asked["timestamp"],
    }
    # Once more is the same chat, and nobody is asked again.
    answer = await client.ask("join_support_chat", {"issue": "Else", "priority": "low"})
    assert (answer["ok"], answer["chat"]) == (True, chat)
    assert [name for name, *_rest in await said_to(client)] == ["support_chat_joined"] * 2
    for other in (desk, stranger):
        await hears_nothing_more(other)


async def test_whoever_joins_gets_the_newest_fifty_in_their_order_and_has_read_them(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    chat = await rest(person, "POST", CHATS, ISSUE)
    for number in range(1, 54):
        await rest(staff, "POST", f"{CHATS}/{chat['id']}/messages", {"message": f"m{number}"})
    assert (await rest(person, "GET", CHATS))[0]["unread"] == {"customer": 53, "staff": 0}
    client = await entered(door.port, person)
    answer = await client.ask("join_support_chat", ISSUE)
    assert [message["id"] for message in answer["messages"]] == list(range(4, 54))
    page = await rest(person, "GET", f"{CHATS}/{chat['id']}/messages?limit=50")
    assert answer["messages"] == page[::-1]
    assert answer["chat"]["unread"] == {"customer": 0, "staff": 0}


@pytest.mark.parametrize("role", [None, Role.ADMIN])
async def test_guests_and_staff_open_no_chat(role: Role | None, door: Door) -> None:
    client = await entered(door.port, await a_person(role) if role else None)
    code = "not_permitted" if role else "not_authenticated"
    await client.say("join_support_chat", ISSUE)
    told = await client.hear_of("error")
    assert (told["code"], told["event"]) == (code, "join_support_chat")
    if role is None:
        for name, said in (("support_message", {"message": "a"}), ("typing_start", {"room": "support_x"})):
            assert (await client.ask(name, said))["code"] == "not_authenticated"
    assert await away(SupportChat.objects.count) == 0


async def test_a_service_says_nothing_in_chats(door: Door) -> None:
    client = await ShopClient(door.port).enter(
        additional_headers={"Authorization": f"Api-Key {await a_key()}"}
    )
    assert (await client.ask("join_support_chat", ISSUE))["code"] == "not_permitted"
    assert (await client.ask("support_message", {"message": "a"}))["code"] == "not_permitted"


@pytest.mark.parametrize("role", [Role.TAILOR, Role.DELIVERY])
async def test_whoever_works_for_the_shop_may_ask_for_support_too(role: Role, door: Door) -> None:
    client, room = await in_chat(door.port, await a_person(role))
    assert (await client.ask("support_message", {"message": "a"}))["chatRoom"] == room


@pytest.mark.parametrize(
    "said",
    [
        None, "x", [], {}, {"issue": 5, "priority": "low"}, {"issue": "", "priority": "low"},
        {"issue": "x", "priority": "soon"}, {"issue": "x" * 501, "priority": "low"},
        {"issue": "a\0", "priority": "low"},
    ],
)  # fmt: skip
async def test_what_opens_no_chat_is_refused(said: Any, door: Door) -> None:
    client = await entered(door.port, await a_person())
    answer = await client.ask("join_support_chat", said)
    assert (answer["ok"], answer["code"] in ("malformed", "invalid")) == (False, True), answer
    assert await away(SupportChat.objects.count) == 0


async def test_staff_join_by_the_room_and_others_do_not(door: Door) -> None:
    person, staff, other = await a_person(), await a_person(Role.ADMIN), await a_person(email="o@example.com")
    _client, room = await in_chat(door.port, person)
    for who, code in ((other, "not_permitted"), (None, "not_authenticated")):
        outsider = await entered(door.port, who)
        theirs = await outsider.ask("join_room", {"room": room})
        nobodys = await outsider.ask("join_room", {"room": "support_chat_unknown"})
        assert (theirs["ok"], theirs["code"], nobodys["code"]) == (False, code, code)
    desk = await entered(door.port, staff)
    assert (await desk.ask("join_room", {"room": room}))["ok"]
    assert (await desk.ask("join_room", {"room": "support_chat_unknown"}))["code"] == "not_permitted"


# --------------------------------------------------------------------------------- speaking


async def test_both_sides_hear_each_message_once_in_order_and_nobody_else_hears_any(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    client, room = await in_chat(door.port, person)
    second = await entered(door.port, person)
    assert (await second.ask("join_support_chat", ISSUE))["ok"]
    desk = await staff_in(door.port, staff, room)
    lobby = await entered(door.port, await a_person(Role.ADMIN, email="lobby@example.com"))
    outsider = await entered(door.port, await a_person(email="o@example.com"))
    await client.say("support_message", {"message": "<i>1</i>"})
    assert (await client.hear_of("support_message_received"))["id"] == 1
    answer = await desk.ask("support_message", {"message": "2", "chatRoom": room})
    assert (answer["ok"], answer["chatRoom"], answer["message"]["message"]) == (True, room, "2")
    assert "repeated" not in answer
    await rest(person, "POST", f"{CHATS}/{room.removeprefix('support_')}/messages", {"message": "3"})
    listed = await rest(staff, "GET", f"{CHATS}/{room.removeprefix('support_')}/messages")
    for hearer in (client, second, desk):
        heard = [event for event in await said_to(hearer) if event[0] == "support_message_received"]
        assert [event[1] for event in heard] == listed[::-1]
        assert all(isinstance(event[2], str) for event in heard), "a place in the log"
    assert [(one["id"], one["message"], one["isAdmin"]) for one in listed] == [
        (3, "3", False), (2, "2", True), (1, "<i>1</i>", False),
    ]  # fmt: skip
    for other in (lobby, outsider):
        await hears_nothing_more(other)
    assert await away(Notification.objects.count) == 1


async def test_whoever_writes_without_having_joined_hears_the_message_and_the_answer(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    chat = await rest(person, "POST", CHATS, ISSUE)
    client, desk = await entered(door.port, person), await entered(door.port, staff)
    await client.say("support_message", {"message": "1"})
    assert (await client.hear_of("support_message_received"))["message"] == "1"
    await desk.say("support_message", {"message": "2", "chatRoom": f"support_{chat['id']}"})
    for hearer in (desk, client):
        assert (await hearer.hear_of("support_message_received"))["message"] == "2"


@pytest.mark.parametrize("text", ["x" * 4_000, "🙂" * 4_000])
async def test_4000_code_points_are_a_message(text: str, door: Door) -> None:
    client, _room = await in_chat(door.port, await a_person())
    assert (await client.ask("support_message", {"message": text}))["message"]["message"] == text


@pytest.mark.parametrize(
    "said",
    [
        None, "x", {}, {"message": ""}, {"message": " \n"}, {"message": "x" * 4_001},
        {"message": "🙂" * 4_001},
        {"message": "a\0b"}, {"message": 5}, {"message": ["a"]}, {"message": None}, {"text": "a"},
        {"message": "a", "clientMessageId": 5}, {"message": "a", "clientMessageId": "x" * 256},
        {"message": "a", "chatRoom": 5}, {"message": "a", "chatRoom": ""}, {"message": "a", "chatRoom": {}},
    ],
)  # fmt: skip
async def test_what_is_no_message_is_refused_and_the_connection_stays(said: Any, door: Door) -> None:
    client, _room = await in_chat(door.port, await a_person())
    await client.say("support_message", said)
    told = await client.hear_of("error")
    assert (told["event"], told["code"] in ("malformed", "invalid")) == ("support_message", True), told
    assert (await client.ask("support_message", said))["ok"] is False
    assert await messages() == []
    assert (await client.ask("support_message", {"message": "a"}))["ok"]


async def test_anothers_chat_is_answered_as_one_that_there_is_not(door: Door) -> None:
    _client, room = await in_chat(door.port, await a_person())
    outsider = await entered(door.port, await a_person(email="o@example.com"))
    answers = [
        await outsider.ask("support_message", {"message": "a", "chatRoom": name})
        for name in (room, "support_chat_unknown", "nonsense", "order_1", "storefront")
    ]
    assert answers == [{"ok": False, "error": "Chat not found", "code": "unknown_chat"}] * 5
    assert await messages() == []


async def test_a_message_without_a_chat_is_refused_and_staff_name_theirs(door: Door) -> None:
    person = await a_person()
    client = await entered(door.port, person)
    assert (await client.ask("support_message", {"message": "a"}))["code"] == "no_open_chat"
    await in_chat(door.port, person)
    desk = await entered(door.port, await a_person(Role.ADMIN))
    answer = await desk.ask("support_message", {"message": "a"})
    assert (answer["ok"], answer["code"]) == (False, "invalid")
    assert "chatRoom" in answer["error"]
    assert await messages() == []


async def test_a_closed_chat_is_told_of_and_takes_no_message(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    client, room = await in_chat(door.port, person)
    desk = await staff_in(door.port, staff, room)
    lobby = await entered(door.port, await a_person(Role.ADMIN, email="lobby@example.com"))
    await rest(staff, "PUT", f"{CHATS}/{room.removeprefix('support_')}/status", {"status": "closed"})
    for hearer in (client, desk, lobby):
        ((name, told, cursor),) = await said_to(hearer)
        assert (name, told["chatRoom"], told["chat"]["status"]) == ("support_chat_updated", room, "closed")
        assert isinstance(cursor, str)
    assert (await client.ask("support_message", {"message": "a"}))["code"] == "chat_closed"
    assert (await desk.ask("support_message", {"message": "a", "chatRoom": room}))["code"] == "chat_closed"
    again = await client.ask("join_support_chat", ISSUE)
    assert again["chatRoom"] != room
    assert (await client.ask("support_message", {"message": "a"}))["chatRoom"] == again["chatRoom"]


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what a client may say comes back meanwhile, however slow the machine is."""
    monkeypatch.setattr(visitor, "Pace", lambda rate: Pace(rate / 1_000, burst=2 * rate))


async def test_a_flood_is_refused_for_a_while_and_per_connection(door: Door, standing_clock: None) -> None:
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    second = await entered(door.port, person)
    answers = [await client.ask("support_message", {"message": f"m{n}"}) for n in range(25)]
    assert [answer["ok"] for answer in answers] == [True] * 20 + [False] * 5
    for answer in answers[20:]:
        assert answer["code"] == "rate_limited"
        assert 0 < answer["retryAfter"] <= 100
    assert len(await messages()) == 20
    # By another name it is the same chat.
    assert (await client.ask("support_message", {"message": "a", "chatRoom": _room}))[
        "code"
    ] == "rate_limited"
    assert (await second.ask("support_message", {"message": "a"}))["ok"]


async def test_staff_are_slowed_down_in_each_chat_for_itself(door: Door, standing_clock: None) -> None:
    rooms = [
        (await in_chat(door.port, await a_person(email=f"{name}@example.com")))[1] for name in ("one", "two")
    ]
    desk = await entered(door.port, await a_person(Role.ADMIN))
    for room in rooms:
        answers = [
            await desk.ask("support_message", {"message": f"m{n}", "chatRoom": room}) for n in range(21)
        ]
        assert [answer["ok"] for answer in answers] == [True] * 20 + [False]


async def test_a_burst_without_acknowledgements_reads_its_refusals_as_errors(
    door: Door, standing_clock: None
) -> None:
    client, _room = await in_chat(door.port, await a_person())
    for number in range(40):
        await client.say("support_message", {"message": f"m{number}"})
    assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
    await caught_up()
    assert await messages() == [(number, f"m{number - 1}") for number in range(1, 21)]
    errors = [event[1] for event in await said_to(client) if event[0] == "error"]
    assert [(error["code"], error["event"]) for error in errors] == [("rate_limited", "support_message")] * 20


# --------------------------------------------------------------------------------- typing


async def test_the_others_hear_that_somebody_types(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    client, room = await in_chat(door.port, person)
    second = await entered(door.port, person)
    assert (await second.ask("join_support_chat", ISSUE))["ok"]
    desk = await staff_in(door.port, staff, room)
    assert (await client.ask("typing_start", {"room": room})) == {"ok": True}
    told = await desk.hear_of("user_typing")
    assert told == {
        "userId": person.user.pk,
        "user": {"_id": person.user.pk, "name": person.user.name},
        "isTyping": True,
        "room": room,
        "timestamp": told["timestamp"],
    }
    assert len(desk.events[-1]) == 2, "no place in the log"
    await client.say("typing_stop", {"room": room})
    assert (await desk.hear_of("user_typing"))["isTyping"] is False
    await desk.say("typing_start", {"room": room})
    for hearer in (client, second):
        while (event := await hearer.hear())[0] != "user_typing":
            assert event[0] == "support_chat_joined"
        assert event[1]["userId"] == staff.user.pk
    await hears_nothing_more(desk)


async def test_typing_ends_by_itself_and_with_the_connection(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    client, room = await in_chat(door.port, person)
    desk = await staff_in(door.port, staff, room)
    monkeypatch.setattr(typing_module, "LASTS", 0.3)
    await client.say("typing_start", {"room": room})
    assert [(await desk.hear_of("user_typing"))["isTyping"] for _each in range(2)] == [True, False]
    monkeypatch.undo()
    await client.say("typing_start", {"room": room})
    assert (await desk.hear_of("user_typing"))["isTyping"] is True
    await client.cut()
    assert (await desk.hear_of("user_typing"))["isTyping"] is False


@pytest.mark.parametrize("name", ["typing_start", "typing_stop"])
async def test_whoever_is_not_in_a_chat_does_not_type_in_it(name: str, door: Door) -> None:
    _client, room = await in_chat(door.port, await a_person())
    desk = await staff_in(door.port, await a_person(Role.ADMIN), room)
    outsider = await entered(door.port, await a_person(email="o@example.com"))
    for given in (room, "support_chat_unknown", "storefront", "nonsense"):
        answer = await outsider.ask(name, {"room": given})
        assert (answer["ok"], answer["code"]) == (False, "not_permitted"), given
    for wrong in (None, {}, {"room": 5}, {"room": ""}, "x"):
        assert (await outsider.ask(name, wrong))["code"] == "malformed"
    await hears_nothing_more(desk)


# --------------------------------------------------------------------------------- who is here


async def test_a_chat_hears_that_its_customer_comes(door: Door) -> None:
    person = await a_person()
    chat = await rest(person, "POST", CHATS, ISSUE)
    desk = await staff_in(door.port, await a_person(Role.ADMIN), chat["chatRoom"])
    # Staff who are not told of everybody.
    assert (await desk.ask("leave_room", {"room": "admin"}))["ok"]
    desk.ambient.clear()
    other = await a_person(email="o@example.com")
    await entered(door.port, other)
    await entered(door.port, person)
    assert (await desk.hear_around("user_online"))["userId"] == person.user.pk
    assert [event for event in desk.ambient if event[1].get("userId") == other.user.pk] == []
