"""Clients in a support chat, of both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from realtime.models import SupportMessage
from tests.realtime.door import Door
from tests.realtime.log import caught_up
from tests.realtime.people import Person, away
from tests.realtime.shop.client import ShopClient

ISSUE = {"issue": "Too <b>small</b>", "priority": "high"}
CHATS = "/api/support/chats"


@pytest.fixture(autouse=True)
async def nobody_is_left(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Whoever came in hangs up before the door is closed."""
    connections: list[ClientConnection] = []
    open_one = ShopClient.open

    async def open_and_note(client: ShopClient, **options: Any) -> ShopClient:
        await open_one(client, **options)
        connections.append(client.connection)
        return client

    monkeypatch.setattr(ShopClient, "open", open_and_note)
    yield
    for connection in connections:
        await connection.close()


async def entered(port: int, person: Person | None = None) -> ShopClient:
    return await ShopClient(port).enter({"token": person.token} if person else None)


async def in_chat(port: int, person: Person) -> tuple[ShopClient, str]:
    """The customer's connection, in its chat; and the chat's room."""
    client = await entered(port, person)
    answer = await client.ask("join_support_chat", ISSUE)
    assert answer["ok"], answer
    await caught_up()
    client.events.clear()
    return client, answer["chatRoom"]


async def staff_in(port: int, person: Person, room: str) -> ShopClient:
    client = await entered(port, person)
    assert (await client.ask("join_room", {"room": room}))["ok"]
    await caught_up()
    client.events.clear()
    return client


async def messages() -> list[tuple[int, str]]:
    return await away(lambda: list(SupportMessage.objects.order_by("pk").values_list("number", "text")))


async def said_to(client: ShopClient) -> list[list[Any]]:
    """All that it has heard by now, and not looked at yet."""
    await caught_up()
    assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
    found = [event for event in client.events if event[0] != "room_joined"]
    client.events.clear()
    return found
