"""Support chats over Socket.IO after a cut: what is sent again, what was missed, what a joiner is shown."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

from config.identity.models import Role
from config.identity.services import change_role
from realtime import services as live_services
from realtime.consumers.shop import support
from realtime.hub.hub import Hub
from realtime.models import SupportChat
from realtime.support import chats, writing
from tests.realtime.door import Door, serving
from tests.realtime.house_of_orders import rest
from tests.realtime.log import LiveHalf, caught_up
from tests.realtime.people import a_person, away
from tests.realtime.shop.chatting import (
    CHATS,
    ISSUE,
    entered,
    in_chat,
    messages,
    nobody_is_left,
    staff_in,
)
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

__all__ = ["nobody_is_left"]

pytestmark = pytest.mark.django_db(transaction=True)


# --------------------------------------------------------------------------------- sent again


async def test_a_named_message_is_one_however_often_it_is_sent(door: Door) -> None:
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    said = {"message": "Hello", "clientMessageId": "m-1"}
    first = await client.ask("support_message", said)
    again = await client.ask("support_message", said)
    assert again == {**first, "repeated": True}
    await client.cut()
    async with serving() as another:
        client._url = client._url.replace(str(door.port), str(another.port))
        await client.enter({"token": person.token})
        assert await client.ask("support_message", said) == {**first, "repeated": True}
        reused = await client.ask("support_message", {**said, "message": "Else"})
        assert (reused["ok"], reused["code"]) == (False, "idempotency_key_reused")
    assert await messages() == [(1, "Hello")]


async def test_what_is_said_first_after_a_cut_is_the_same_message_where_it_was_not_heard_before(
    door: Door,
) -> None:
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    assert (await client.ask("support_message", {"message": "Hello"}))["message"]["id"] == 1
    # It was cut off before it heard any answer: it never read this one, as far as its offset tells.
    for turn in range(3):
        await client.cut()
        await caught_up()
        await client.enter({"token": person.token})
        assert client.recovered
        # From the second time on it has heard of the message, and still of no answer.
        missed = await client.hear_until_ready()
        assert missed.count("support_message_received") == (1 if turn == 0 else 0)
        answer = await client.ask("support_message", {"message": "Hello"})
        assert (answer["message"]["id"], answer["repeated"]) == (1, True)
    # Said once more on the same connection it is another one.
    answer = await client.ask("support_message", {"message": "Hello"})
    assert (answer["message"]["id"], "repeated" in answer) == (2, False)
    assert await messages() == [(1, "Hello"), (2, "Hello")]


async def test_whoever_had_heard_its_message_says_the_same_words_anew(door: Door) -> None:
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    assert (await client.ask("support_message", {"message": "Hello"}))["ok"]
    assert (await client.hear_of("support_message_received"))["id"] == 1
    await client.cut()
    await client.enter({"token": person.token})
    assert client.recovered
    await client.hear_until_ready()
    answer = await client.ask("support_message", {"message": "Hello"})
    assert (answer["message"]["id"], "repeated" in answer) == (2, False)


async def test_a_message_is_heard_after_its_answer_however_late_that_comes(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, others_have_heard = writing.write_message, threading.Event()

    def write_and_be_overtaken(**said: Any) -> Any:
        written = write(**said)
        assert others_have_heard.wait(timeout=10)
        return written

    monkeypatch.setattr(support, "write_message", write_and_be_overtaken)
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    second, _room = await in_chat(door.port, person)
    asking = asyncio.create_task(client.ask("support_message", {"message": "Hello"}))
    assert (await second.hear_of("support_message_received"))["id"] == 1
    others_have_heard.set()
    assert ((await asking)["ok"], client.events) == (True, [])
    assert (await client.hear_of("support_message_received"))["id"] == 1


async def test_control_what_is_not_looked_for_is_stored_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_unanswered", lambda *_given: None)
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    for number in (1, 2):
        assert (await client.ask("support_message", {"message": "Hello"}))["message"]["id"] == number
        await client.cut()
        await client.enter({"token": person.token})


async def test_after_a_while_nobody_asks_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ASKS_AGAIN_WITHIN", dt.timedelta())
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    ids = []
    for _each in range(3):
        ids.append((await client.ask("support_message", {"message": "Hello"}))["message"]["id"])
        await caught_up()
        await client.cut()
        await client.enter({"token": person.token})
        assert client.recovered
        await client.hear_until_ready()
    # Unheard the first time; the second time it has heard of the message since, and is believed to have its
    # answer.
    assert ids == [1, 1, 2]


@pytest.mark.parametrize("how", ["other words", "no acknowledgement", "another connection", "not recovered"])
async def test_what_is_not_surely_the_same_is_another_message(
    how: str, door: Door, live_half: LiveHalf
) -> None:
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    assert (await client.ask("support_message", {"message": "Hello"}))["ok"]
    await client.cut()
    if how == "another connection":
        client = ShopClient(door.port)
    if how == "not recovered":
        epoch = (await away(live_services.begin_new_epoch)).epoch
        await until(lambda: live_half.hub.position.epoch == epoch)
    await client.enter({"token": person.token})
    text = "Else" if how == "other words" else "Hello"
    if how == "no acknowledgement":
        await client.say("support_message", {"message": text})
        assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
    else:
        answer = await client.ask("support_message", {"message": text})
        assert (answer["message"]["id"], "repeated" in answer) == (2, False)
    assert await messages() == [(1, "Hello"), (2, text)]


async def test_only_the_first_message_after_a_cut_can_be_the_one_before_it(door: Door) -> None:
    person = await a_person()
    client, _room = await in_chat(door.port, person)
    assert (await client.ask("support_message", {"message": "Hello"}))["ok"]
    await client.cut()
    await client.enter({"token": person.token})
    for text, number in (("Else", 2), ("Hello", 3)):
        assert (await client.ask("support_message", {"message": text}))["message"]["id"] == number


# --------------------------------------------------------------------------------- snapshots, recovery


@pytest.mark.parametrize("is_held", [True, False])
async def test_what_a_joiner_is_shown_comes_before_what_was_said_meanwhile(
    door: Door, monkeypatch: pytest.MonkeyPatch, *, is_held: bool
) -> None:
    """Control: not held back, a message comes first that the list after it does not have."""
    if not is_held:
        monkeypatch.setattr(Hub, "snapshot", lambda _hub, _session: nullcontext())
    person, staff = await a_person(), await a_person(Role.ADMIN)
    chat = await rest(person, "POST", CHATS, ISSUE)
    desk = await staff_in(door.port, staff, chat["chatRoom"])
    read, said = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    joined = chats.joined

    def slow(found: SupportChat) -> dict[str, Any]:
        shown = joined(found)
        loop.call_soon_threadsafe(read.set)
        asyncio.run_coroutine_threadsafe(said.wait(), loop).result(10)
        return shown

    monkeypatch.setattr(chats, "joined", slow)
    client = await entered(door.port, person)
    await client.say("join_support_chat", ISSUE)
    await read.wait()
    assert (await desk.ask("support_message", {"message": "a", "chatRoom": chat["chatRoom"]}))["ok"]
    await caught_up()
    said.set()
    names = [(await client.hear())[0] for _each in range(3)]
    expected = ["support_chat_joined", "support_message_received", "new_notification"]
    assert names == (expected if is_held else [*expected[1:], expected[0]])


async def test_a_chat_goes_on_over_another_server_after_a_break(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    client, room = await in_chat(door.port, person)
    desk = await staff_in(door.port, staff, room)
    assert (await client.ask("support_message", {"message": "1"}))["ok"]
    assert (await client.hear_of("support_message_received"))["id"] == 1
    await client.cut()
    for text in ("2", "3"):
        assert (await desk.ask("support_message", {"message": text, "chatRoom": room}))["ok"]
    await caught_up()
    client.events.clear()
    async with serving() as another:
        client._url = client._url.replace(str(door.port), str(another.port))
        await client.enter({"token": person.token})
        assert client.recovered
        names = await client.hear_until_ready()
        assert names == ["support_message_received", "new_notification"] * 2
        found = [event[1]["id"] for event in client.events if event[0] == "support_message_received"]
        assert found == [2, 3]
        assert (await client.ask("support_message", {"message": "4"}))["message"]["id"] == 4


async def test_whoever_is_staff_no_longer_hears_no_more_of_a_chat(door: Door) -> None:
    person, staff = await a_person(), await a_person(Role.ADMIN)
    client, room = await in_chat(door.port, person)
    desk = await staff_in(door.port, staff, room)

    await away(partial(change_role, user=staff.user, role=Role.CUSTOMER))
    code, _packets = await desk.closed_with()
    assert code is not None
    assert (await client.ask("support_message", {"message": "secret"}))["ok"]
