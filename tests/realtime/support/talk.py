"""Chats over REST, in few words."""

from __future__ import annotations

from typing import Any

from config.identity.models import User
from realtime.support.parties import Speaker
from tests.inventory.conftest import Call
from tests.orders.conftest import Person

CHATS = "/api/support/chats"


def opened(call: Call, *, issue: str = "Too small", priority: str = "normal") -> dict[str, Any]:
    answer = call("POST", CHATS, {"issue": issue, "priority": priority})
    assert answer.status_code in (200, 201), answer.content
    found: dict[str, Any] = answer.data
    return found


def write(call: Call, chat: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    answer = call("POST", f"{CHATS}/{chat['id']}/messages", {"message": text, **more})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.data
    return found


def step(call: Call, chat: dict[str, Any], status: str) -> Any:
    return call("PUT", f"{CHATS}/{chat['id']}/status", {"status": status})


def texts(call: Call, chat: dict[str, Any], query: str = "") -> list[tuple[int, str]]:
    """Number and text of each, the newest first."""
    answer = call("GET", f"{CHATS}/{chat['id']}/messages{query}")
    assert answer.status_code == 200, answer.content
    return [(message["id"], message["message"]) for message in answer.data]


def speaker(person: Person | User) -> Speaker:
    user = person.user if isinstance(person, Person) else person
    return Speaker(user.pk, user.role)
