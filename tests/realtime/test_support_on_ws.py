"""Support chats on `/ws` and `/events`: the topics `chat:{id}`, `me` and `admin`, for whom, and after a
break; and in which chat it is heard that somebody comes or goes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from django.db import OperationalError

from config.identity.models import Role
from realtime.events import UserOffline, UserOnline
from realtime.records import Record
from realtime.support.company import Company
from realtime.whispers import whisper_of
from tests.realtime.door import Caller, Door, heard, serving
from tests.realtime.house_of_orders import rest
from tests.realtime.log import LiveHalf
from tests.realtime.people import Person, a_key, a_person
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

CHATS = "/api/support/chats"


async def opened(person: Person) -> str:
    return str((await rest(person, "POST", CHATS, {"issue": "Too small", "priority": "high"}))["_id"])


async def write(person: Person, chat: str, text: str) -> None:
    await rest(person, "POST", f"{CHATS}/{chat}/messages", {"message": text})


async def step(person: Person, chat: str, status: str) -> None:
    await rest(person, "PUT", f"{CHATS}/{chat}/status", {"status": status})


async def listening(door: Door, person: Person | None, topics: str) -> tuple[Caller, dict[str, Any]]:
    caller = await door.call(f"?topics={topics}", additional_headers=person.bearer if person else {})
    return caller, await caller.hear_of("subscribed")


async def test_a_chats_topic_is_for_its_customer_and_staff_and_tells_nobody_else_that_it_is_there(
    door: Door,
) -> None:
    customer, staff = await a_person(), await a_person(Role.ADMIN)
    people: dict[str, Person | None] = {
        "customer": customer,
        "staff": staff,
        "other": await a_person(email="o@example.com"),
        "tailor": await a_person(Role.TAILOR),
        "delivery": await a_person(Role.DELIVERY),
        "guest": None,
    }
    chat = await opened(customer)
    callers = {}
    for name, person in people.items():
        callers[name], answer = await listening(door, person, f"chat:{chat},chat:chat_unknown")
        may = name in ("customer", "staff")
        assert answer["topics"] == ([f"chat:{chat}"] if may else [])
        code = "not_authenticated" if name == "guest" else "not_permitted"
        assert {one["code"] for one in answer["refused"]} == {code}
        assert len(answer["refused"]) == (1 if may else 2)
    key = await a_key()
    service = await door.call(f"?topics=chat:{chat}", additional_headers={"Authorization": f"Api-Key {key}"})
    assert (await service.hear_of("subscribed"))["refused"][0]["code"] == "not_permitted"
    await write(customer, chat, "1")
    await write(staff, chat, "2")
    await step(staff, chat, "claimed")
    both = ["chat.message", "chat.message", "chat.status_changed"]
    assert await heard(callers) == {"customer": both, "staff": both}


async def test_staff_at_admin_hear_of_chats_and_not_each_word_and_me_has_the_notification(
    door: Door,
) -> None:
    customer, staff = await a_person(), await a_person(Role.ADMIN)
    callers = {
        "lobby": (await listening(door, staff, "admin"))[0],
        "me": (await listening(door, customer, "me"))[0],
    }
    chat = await opened(customer)
    await write(customer, chat, "1")
    await write(staff, chat, "2")
    await step(customer, chat, "closed")
    assert await heard(callers) == {
        "lobby": ["chat.opened", "chat.status_changed"],
        "me": ["notification.created"],
    }


async def test_the_data_of_a_message_and_of_a_chat(door: Door) -> None:
    customer, staff = await a_person(), await a_person(Role.ADMIN)
    lobby, _answer = await listening(door, staff, "admin")
    chat = await opened(customer)
    told = await lobby.hear_of("chat.opened")
    who = {"id": customer.user.pk, "name": customer.user.name}
    assert told["data"] == {
        "chat_id": chat,
        "user_id": customer.user.pk,
        "user": who,
        "issue": "Too small",
        "priority": "high",
        "status": "open",
        "claimed_by": None,
        "version": 1,
    }
    caller, _answer = await listening(door, customer, f"chat:{chat}")
    await write(customer, chat, "<b>1</b>")
    told = await caller.hear_of("chat.message")
    assert told["version"] == 2
    assert (told["data"]["message_id"], told["data"]["message"], told["data"]["user"]) == (1, "<b>1</b>", who)
    assert "event_id" not in told["data"]


async def test_a_resume_brings_the_messages_that_were_missed_in_their_order(door: Door) -> None:
    customer, staff = await a_person(), await a_person(Role.ADMIN)
    chat = await opened(customer)
    caller, answer = await listening(door, customer, f"chat:{chat}")
    await caller.hang_up()
    for text in ("1", "2", "3"):
        await write(staff, chat, text)
    await step(staff, chat, "closed")
    again = await door.call(
        f"?topics=chat:{chat}&cursor={answer['cursor']}", additional_headers=customer.bearer
    )
    await again.hear_of("subscribed")
    missed = [await again.hear() for _each in range(5)]
    assert [one["type"] for one in missed] == ["chat.message"] * 3 + ["chat.status_changed", "resumed"]
    assert [one["data"]["message"] for one in missed[:3]] == ["1", "2", "3"]
    # Nobody else gets it by the cursor.
    other = await a_person(email="o@example.com")
    theirs = await door.call(
        f"?topics=chat:{chat}&cursor={answer['cursor']}", additional_headers=other.bearer
    )
    assert (await theirs.hear_of("subscribed"))["topics"] == []
    assert (await theirs.hear_of("resumed"))["replayed"] == 0


async def test_a_stream_brings_a_chat_and_resumes_it(live_half: LiveHalf) -> None:
    customer, staff = await a_person(), await a_person(Role.ADMIN)
    chat = await opened(customer)
    async with serving() as door:
        stream = await door.listen(f"?topics=chat:{chat}", headers=customer.bearer)
        await write(staff, chat, "1")
        event = await stream.event()
        assert (event.type, event.data["data"]["message"]) == ("chat.message", "1")
        await stream.hang_up()
        await write(staff, chat, "2")
        again = await door.listen(
            f"?topics=chat:{chat}",
            headers={**customer.bearer, "Last-Event-ID": event.last_event_id},
            blocks=1,
        )
        event = await again.event()
        assert (event.type, event.data["data"]["message"]) == ("chat.message", "2")
        other = await a_person(email="o@example.com")
        for person in (other, None):
            headers = person.bearer if person else {}
            refused = await door.ask(f"?topics=chat:{chat}", headers=headers)
            assert refused.status == 403


async def test_typing_is_heard_on_ws_by_the_others(door: Door) -> None:
    customer, staff = await a_person(), await a_person(Role.ADMIN)
    chat = await opened(customer)
    desk, _answer = await listening(door, staff, f"chat:{chat}")
    own, _answer = await listening(door, customer, f"chat:{chat}")
    typist = await ShopClient(door.port).enter({"token": customer.token})
    assert (await typist.ask("join_room", {"room": f"support_{chat}"}))["ok"]
    await typist.say("typing_start", {"room": f"support_{chat}"})
    told = await desk.hear_of("typing")
    assert told["data"] == {
        "chat_id": chat,
        "user_id": customer.user.pk,
        "user": {"id": customer.user.pk, "name": customer.user.name},
        "is_typing": True,
    }
    assert "cursor" not in told
    await typist.say("typing_stop", {"room": f"support_{chat}"})
    assert (await desk.hear_of("typing"))["data"]["is_typing"] is False
    assert await own.hears_nothing()


# ------------------------------------------------------------------------------------ who is here


def moved() -> list[Record]:
    return [whisper_of(UserOffline("usr_1")), whisper_of(UserOnline("usr_2"))]


def told(batches: Collection[list[Record]]) -> list[list[tuple[str, str, Any]]]:
    return [
        [(record.type, record.subject, record.parsed().get("chat_id")) for record in batch]
        for batch in batches
    ]


async def test_who_has_an_open_chat_is_told_of_there_too() -> None:
    batches: list[list[Record]] = []
    company = Company(
        announce=lambda records: batches.append(list(records)), look_up=lambda _ids: {"usr_2": "chat_2"}
    )
    company.tell(moved())
    await until(lambda: bool(batches))
    assert told(batches) == [[("presence.offline", "usr_1", None), ("presence.online", "usr_2", "chat_2")]]


async def test_what_is_looked_up_slowly_is_told_in_its_order() -> None:
    batches: list[list[Record]] = []
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    slowly = iter([True, False])

    def look_up(_ids: Collection[str]) -> Mapping[str, str]:
        if next(slowly):
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        return {}

    company = Company(announce=lambda records: batches.append(list(records)), look_up=look_up)
    company.tell([whisper_of(UserOffline("usr_1"))])
    await begun.wait()
    company.tell([whisper_of(UserOnline("usr_1"))])
    await asyncio.sleep(0)
    assert batches == []
    go_on.set()
    await company.stop()
    assert [kind for ((kind, _user, _chat),) in told(batches)] == ["presence.offline", "presence.online"]


async def test_without_a_database_staff_are_told_all_the_same() -> None:
    batches: list[list[Record]] = []

    def look_up(_ids: Collection[str]) -> Mapping[str, str]:
        raise OperationalError("gone")

    company = Company(announce=lambda records: batches.append(list(records)), look_up=look_up)
    company.tell(moved())
    await company.stop()
    assert told(batches) == [[("presence.offline", "usr_1", None), ("presence.online", "usr_2", None)]]
