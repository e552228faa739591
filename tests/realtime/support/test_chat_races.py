"""Many at once in one chat. Each race has a control, in which the guard is taken out, and the proof."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection

from config.identity.models import Role
from realtime.models import ChatPriority, ChatStatus, Event, SupportChat, SupportMessage
from realtime.support import chats, opening, writing
from realtime.support.errors import AlreadyClaimed
from realtime.support.following import change_status
from realtime.support.opening import open_chat
from realtime.support.parties import Speaker
from realtime.support.writing import write_message
from tests.inventory.crowds import at_once
from tests.orders.conftest import Person, person
from tests.realtime.support.talk import speaker

pytestmark = pytest.mark.django_db(transaction=True)


def a_chat() -> tuple[Person, Speaker, SupportChat]:
    carla = person(name="carla")
    chat, _is_new = open_chat(by=speaker(carla), issue="Too small", priority=ChatPriority.NORMAL)
    return carla, speaker(person(Role.ADMIN, "sara")), chat


def without_the_lock(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """So many have read the chat before the first of them writes."""
    gate = threading.Barrier(count)

    def read_and_meet(chat_id: str, *, by: Speaker) -> SupportChat:
        chat = chats.chat_of(chat_id, by=by)
        gate.wait(timeout=10)
        return chat

    monkeypatch.setattr(chats, "locked", read_and_meet)


# ---------------------------------------------------------------------------------- numbers


def test_control_without_the_lock_two_messages_want_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    carla, _sara, chat = a_chat()
    without_the_lock(monkeypatch, 2)
    results = at_once([lambda: write_message(by=speaker(carla), text="x", chat_id=chat.pk)] * 2)
    assert [type(one) for one in results if isinstance(one, Exception)] == [IntegrityError]
    assert SupportMessage.objects.count() == 1, "two were written"


def test_control_and_without_the_constraint_they_both_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    carla, _sara, chat = a_chat()
    without_the_lock(monkeypatch, 2)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE realtime_supportmessage DROP CONSTRAINT support_message_number_once")
    try:
        at_once([lambda: write_message(by=speaker(carla), text="x", chat_id=chat.pk)] * 2)
        assert list(SupportMessage.objects.values_list("number", flat=True)) == [1, 1]
    finally:
        SupportMessage.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE realtime_supportmessage"
                " ADD CONSTRAINT support_message_number_once UNIQUE (chat_id, number)"
            )


def test_proof_messages_of_both_sides_at_once_are_numbered_without_a_gap_in_the_order_of_the_log() -> None:
    carla, sara, chat = a_chat()
    sides = [speaker(carla), sara]
    results = at_once(
        [
            lambda number=number: write_message(  # type: ignore[misc]
                by=sides[number % 2], text=f"m{number}", chat_id=chat.pk
            )
            for number in range(40)
        ],
        threads=8,
    )
    assert not [one for one in results if isinstance(one, Exception)], results
    written = list(SupportMessage.objects.order_by("number").values_list("number", "event_id"))
    assert [number for number, _event in written] == list(range(1, 41))
    recorded = Event.objects.filter(type="chat.message").order_by("id")
    assert [event for _number, event in written] == list(recorded.values_list("public_id", flat=True))
    assert list(recorded.values_list("version", flat=True)) == list(range(2, 42))
    chat.refresh_from_db()
    assert (chat.message_count, chat.version) == (40, 41)


# ---------------------------------------------------------------------------------- one open chat


def test_control_whoever_looks_and_then_opens_opens_two(monkeypatch: pytest.MonkeyPatch) -> None:
    carla = person(name="carla")
    gate = threading.Barrier(2)
    looked = threading.local()
    look = opening._open_one_of

    def look_and_meet(by: Speaker) -> SupportChat | None:
        found = look(by)
        if not getattr(looked, "once", False):
            looked.once = True
            gate.wait(timeout=10)
        return found

    monkeypatch.setattr(opening, "_open_one_of", look_and_meet)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX support_chat_open_once")
    try:
        at_once([lambda: open_chat(by=speaker(carla), issue="?", priority=ChatPriority.LOW)] * 2)
        assert SupportChat.objects.count() == 2
    finally:
        SupportChat.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX support_chat_open_once ON realtime_supportchat (customer_id)"
                " WHERE NOT (status = 'closed')"
            )


def test_proof_of_many_openings_at_once_one_opens_and_all_get_it() -> None:
    carla = person(name="carla")
    results: list[Any] = at_once(
        [lambda: open_chat(by=speaker(carla), issue="?", priority=ChatPriority.LOW)] * 16, threads=8
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    (chat,) = SupportChat.objects.all()
    assert {one.pk for one, _is_new in results} == {chat.pk}
    assert [is_new for _one, is_new in results].count(True) == 1
    assert list(Event.objects.values_list("type", flat=True)) == ["chat.opened"]


# ---------------------------------------------------------------------------------- claiming


def claims(chat: SupportChat, count: int) -> list[Any]:
    people = [speaker(person(Role.ADMIN, f"staff{number}")) for number in range(count)]
    return at_once(
        [lambda by=by: change_status(chat_id=chat.pk, to=ChatStatus.CLAIMED, by=by) for by in people],  # type: ignore[misc]
        threads=count,
    )


def test_control_without_the_lock_two_of_the_staff_claim_one_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    _carla, _sara, chat = a_chat()
    without_the_lock(monkeypatch, 2)
    results = claims(chat, 2)
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Event.objects.filter(type="chat.status_changed").count() == 2


def test_proof_one_of_many_claims_it_and_the_others_are_told_who() -> None:
    _carla, _sara, chat = a_chat()
    results = claims(chat, 6)
    won = [one for one in results if isinstance(one, SupportChat)]
    lost = [one for one in results if isinstance(one, AlreadyClaimed)]
    assert (len(won), len(lost)) == (1, 5)
    chat.refresh_from_db()
    assert chat.claimed_by is not None
    winner = {"_id": chat.claimed_by_id, "name": chat.claimed_by.name}
    assert [one.extra["claimedBy"] for one in lost] == [winner] * 5
    assert Event.objects.filter(type="chat.status_changed").count() == 1


# ---------------------------------------------------------------------------------- sent again


def test_control_without_the_lock_a_message_sent_twice_at_once_collides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    carla, _sara, chat = a_chat()
    without_the_lock(monkeypatch, 2)
    both_have_looked = threading.Barrier(2)
    look = writing._sent_before

    def look_and_meet(*of: Any) -> SupportMessage | None:
        found = look(*of)
        both_have_looked.wait(timeout=10)
        return found

    monkeypatch.setattr(writing, "_sent_before", look_and_meet)
    results = at_once([lambda: write_message(by=speaker(carla), text="x", chat_id=chat.pk, key="k")] * 2)
    assert len([one for one in results if isinstance(one, Exception)]) == 1


def test_proof_a_message_that_is_sent_many_times_at_once_under_its_key_is_one() -> None:
    carla, _sara, chat = a_chat()
    results: list[Any] = at_once(
        [lambda: write_message(by=speaker(carla), text="x", chat_id=chat.pk, key="k")] * 12, threads=6
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    assert {message.number for message, _is_new in results} == {1}
    assert [is_new for _message, is_new in results].count(True) == 1
    assert SupportMessage.objects.count() == 1


def test_proof_closing_and_writing_at_once_leave_no_message_after_the_end() -> None:
    carla, sara, chat = a_chat()
    works: list[Any] = [lambda: write_message(by=speaker(carla), text="x", chat_id=chat.pk)] * 12
    works.insert(6, lambda: change_status(chat_id=chat.pk, to=ChatStatus.CLOSED, by=sara))
    at_once(works, threads=8)
    kinds = list(Event.objects.order_by("id").values_list("type", flat=True))
    assert kinds[-1] == "chat.status_changed"
    chat.refresh_from_db()
    assert kinds.count("chat.message") == chat.message_count == SupportMessage.objects.count()
