"""A wishlist over Socket.IO: what is said to it, and who hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Wishlist
from catalog.services import wishing
from config.identity.models import Role
from tests.orders.shop import mug
from tests.realtime.door import Door
from tests.realtime.house_of_orders import rest
from tests.realtime.log import caught_up
from tests.realtime.people import Person, a_person, away
from tests.realtime.shop.client import ShopClient

pytestmark = pytest.mark.django_db(transaction=True)

SAY = "wishlist_updated"


async def entered(door: Door, person: Person | None) -> ShopClient:
    return await ShopClient(door.port).enter({"token": person.token} if person else None)


async def heard(client: ShopClient) -> list[list[Any]]:
    """What it was told of wishlists since one last asked."""
    await caught_up()
    assert not (await client.ask("nonsense"))["ok"]
    events = [event for event in client.events if event[0] == SAY]
    client.events.clear()
    return events


async def test_what_is_said_is_done_and_every_connection_of_the_user_hears_it(door: Door) -> None:
    tea = await away(mug)
    carla, omar = await a_person(), await a_person(email="omar@example.com")
    phone, laptop = await entered(door, carla), await entered(door, carla)
    other, staff = await entered(door, omar), await entered(door, await a_person(Role.ADMIN))
    said = {"action": "item_added", "productId": tea.id, "wishlistId": "the-clients-own"}
    answer = await phone.ask(SAY, said)
    shown = await rest(carla, "GET", "/api/wishlist")
    assert answer == {"ok": True, "wishlist": shown}
    assert [item["productId"] for item in shown["items"]] == [tea.id]
    for client in (phone, laptop):
        ((_name, payload, _place),) = await heard(client)
        moment = payload["timestamp"]
        assert payload == {"action": "item_added", "wishlist": shown, "timestamp": moment}
    assert await heard(other) == await heard(staff) == []
    assert (await phone.ask(SAY, said))["wishlist"] == shown, "it is in it once"
    assert await heard(laptop) == []
    answer = await laptop.ask(SAY, {"action": "item_removed", "productId": tea.id})
    assert answer["wishlist"]["items"] == []
    ((_name, payload, _place),) = await heard(phone)
    assert (payload["action"], payload["wishlist"]["version"]) == ("item_removed", 2)


async def test_one_that_is_made_first_is_told_of_once(door: Door) -> None:
    carla = await a_person()
    client = await entered(door, carla)
    await client.say(SAY, {"action": "wishlist_created"})
    told = await client.hear_of(SAY)
    assert (told["action"], told["wishlist"]["items"]) == ("wishlist_created", [])
    client.events.clear()
    assert (await client.ask(SAY, {"action": "wishlist_created", "productId": None}))["ok"]
    assert await heard(client) == []


async def test_a_change_through_rest_is_heard_as_well(door: Door) -> None:
    tea, carla = await away(mug), await a_person()
    client = await entered(door, carla)
    shown = await rest(carla, "POST", "/api/wishlist/items", {"productId": tea.id})
    ((_name, payload, _place),) = await heard(client)
    assert payload["wishlist"] == shown


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([], "malformed"),
        (["item_added"], "malformed"),
        ([{}], "malformed"),
        ([{"action": 5, "productId": "prod_1"}], "malformed"),
        ([{"action": "item_added"}], "malformed"),
        ([{"action": "item_added", "productId": 7}], "malformed"),
        ([{"action": "item_added", "productId": "a\0b"}], "malformed"),
        ([{"action": "item_added", "productId": "x" * 300}], "malformed"),
        ([{"action": "item_added", "productId": "prod_1", "wishlistId": 5}], "malformed"),
        ([{"action": "item_painted", "productId": "prod_1"}], "unknown_action"),
        ([{"action": "item_added", "productId": "prod_none"}], "not_found"),
        ([{"action": "item_removed", "productId": "prod_none"}], "not_wished"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_can_not_be_done_is_said_and_changes_nothing(
    door: Door, said: list[Any], code: str
) -> None:
    client = await entered(door, await a_person())
    answer = await client.ask(SAY, *said)
    assert (answer["ok"], answer["code"]) == (False, code)
    await client.say(SAY, *said)
    told = await client.hear_of("error")
    assert (told["code"], told["event"]) == (code, SAY)
    assert await away(Wishlist.objects.filter(version__gt=0).count) == 0


async def test_a_full_one_says_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "MOST_WISHES", 0)
    tea, client = await away(mug), await entered(door, await a_person())
    answer = await client.ask(SAY, {"action": "item_added", "productId": tea.id})
    assert (answer["ok"], answer["code"]) == (False, "wishlist_full")


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.TAILOR, Role.DELIVERY])
async def test_only_customers_have_one(door: Door, role: Role | None) -> None:
    tea = await away(mug)
    client = await entered(door, await a_person(role) if role else None)
    answer = await client.ask(SAY, {"action": "item_added", "productId": tea.id})
    assert (answer["ok"], answer["code"]) == (False, "not_permitted" if role else "not_authenticated")
    assert await away(Wishlist.objects.count) == 0
