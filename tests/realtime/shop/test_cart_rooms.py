"""Whose room a cart is, and what whoever joins it is told first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from config.identity.models import Role
from orders.models import Cart
from orders.owners import CartOwner, new_cart_token
from orders.selectors import cart_of
from realtime.consumers.shop import carts
from realtime.hub.hub import Hub
from tests.orders.shop import mug, shirt
from tests.realtime.door import Door
from tests.realtime.log import LiveHalf
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient, until_heard
from tests.realtime.shop.shopping import RED_M, fill, joined, made, rest

pytestmark = pytest.mark.django_db(transaction=True)


# --------------------------------------------------------------------------------- whose room it is


async def test_a_customer_joins_the_own_cart_and_is_told_what_lies_in_it(door: Door) -> None:
    person, goods = await a_person(), await made(mug)
    shown = await rest(person, "POST", "/api/cart/items", goods.item(2))
    client = await ShopClient(door.port).enter({"token": person.token})
    await client.say("join_cart")
    assert (await client.hear_of("room_joined"))["room"] == f"cart_{shown['_id']}"
    told = await client.hear_of("cart_sync")
    assert set(told) == {"cart", "timestamp"}
    assert told["cart"] == shown
    assert await client.ask("join_cart", None) == {"ok": True, "room": f"cart_{shown['_id']}", "cart": shown}


async def test_a_guest_joins_the_cart_of_its_token(door: Door, live_half: LiveHalf) -> None:
    token, goods = new_cart_token(), await made(mug)
    shown = await rest(None, "POST", "/api/cart/items", goods.item(3), **{"X-Cart-Token": token})
    client = await ShopClient(door.port).enter()
    await client.say("join_cart", {"cartToken": token})
    assert (await client.hear_of("room_joined"))["room"] == f"cart_{shown['_id']}"
    assert (await client.hear_of("cart_sync"))["cart"] == shown
    (session,) = live_half.hub.sessions
    assert set(session.rooms) == {"storefront", f"cart:{shown['_id']}"}
    # By its name it is the same room, now that the token was shown; and nobody else's.
    assert (await client.ask("join_room", {"room": f"cart_{shown['_id']}"}))["ok"]
    other = await joined(door.port, token=new_cart_token())
    refused = await other.ask("join_room", {"room": f"cart_{shown['_id']}"})
    assert (refused["ok"], refused["code"]) == (False, "not_authenticated")


async def test_another_token_is_another_cart_and_the_first_is_heard_no_more(
    door: Door, live_half: LiveHalf
) -> None:
    first, second = new_cart_token(), new_cart_token()
    client = await joined(door.port, token=first)
    assert (await client.ask("join_cart", {"cartToken": second}))["ok"]
    (session,) = live_half.hub.sessions
    assert set(session.rooms) == {"storefront", f"cart:{CartOwner.guest(second).cart_id}"}


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.TAILOR, Role.DELIVERY])
async def test_whoever_has_no_cart_joins_none(role: Role | None, door: Door, live_half: LiveHalf) -> None:
    person = await a_person(role) if role else None
    owner = await a_person(email="owner@example.com")
    theirs = CartOwner.customer(owner.user.pk).cart_id
    code = "not_permitted" if person else "not_authenticated"
    client = await ShopClient(door.port).enter({"token": person.token} if person else None)
    (session,) = live_half.hub.sessions
    before = set(session.rooms)
    await client.say("join_cart")
    told = await client.hear_of("room_join_error")
    assert (told["room"], told["code"]) == ("cart", code)
    assert (await client.ask("join_cart"))["code"] == code
    assert (await client.ask("cart_add_item", {"productId": "p", "quantity": 1}))["code"] == code
    assert (await client.ask("join_room", {"room": f"cart_{theirs}"}))["code"] == code
    assert set(session.rooms) == before
    assert await away(Cart.objects.count) == 0


async def test_one_customers_cart_is_not_anothers(door: Door) -> None:
    person, other = await a_person(), await a_person(email="other@example.com")
    theirs = CartOwner.customer(other.user.pk).cart_id
    client = await joined(door.port, person)
    refused = await client.ask("join_room", {"room": f"cart_{theirs}"})
    assert (refused["ok"], refused["code"]) == (False, "not_permitted")


@pytest.mark.parametrize("token", ["x", "swc_short", "swc_" + "!" * 43])
async def test_what_is_no_token_is_refused(token: str, door: Door) -> None:
    client = await ShopClient(door.port).enter()
    await client.say("join_cart", {"cartToken": token})
    told = await client.hear_of("room_join_error")
    assert (told["room"], told["code"]) == ("cart", "invalid_cart_token")


async def test_a_customer_who_brings_a_guests_token_takes_that_cart_along(door: Door) -> None:
    token, goods, person = new_cart_token(), await made(mug), await a_person()
    await fill(token, goods, 3)
    guest = await joined(door.port, token=token)
    client = await ShopClient(door.port).enter({"token": person.token})
    answer = await client.ask("join_cart", {"cartToken": token})
    assert answer["cart"]["itemCount"] == 3
    assert answer["cart"]["_id"] == CartOwner.customer(person.user.pk).cart_id
    assert (await guest.hear_of("cart_updated"))["cart"]["itemCount"] == 0


async def test_a_guest_who_signs_in_leaves_the_guests_cart(door: Door, live_half: LiveHalf) -> None:
    person = await a_person()
    client = await joined(door.port, token=new_cart_token())
    assert (await client.ask("authenticate", {"token": person.token}))["ok"]
    (session,) = live_half.hub.sessions
    assert set(session.rooms) == {"storefront", f"user:{person.user.pk}", "role:customer"}
    assert (await client.ask("join_cart"))["room"] == f"cart_{CartOwner.customer(person.user.pk).cart_id}"


# --------------------------------------------------------------------------------- snapshots


@pytest.mark.parametrize("is_held", [True, False])
async def test_a_joiners_snapshot_comes_before_what_happened_while_it_was_read(
    door: Door, a_token: str, monkeypatch: pytest.MonkeyPatch, *, is_held: bool
) -> None:
    """Control: not held back, what happened comes first, and the older state stays."""
    if not is_held:
        monkeypatch.setattr(Hub, "snapshot", lambda _hub, _session: nullcontext())
    goods = await made(mug)
    await fill(a_token, goods, 1)
    read, changed = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(owner: CartOwner) -> Any:
        found = cart_of(owner)
        loop.call_soon_threadsafe(read.set)
        asyncio.run_coroutine_threadsafe(changed.wait(), loop).result(10)
        return found

    monkeypatch.setattr(carts, "cart_of", slow)
    client = await ShopClient(door.port).enter()
    other = await ShopClient(door.port).enter()
    await client.say("join_cart", {"cartToken": a_token})
    await read.wait()
    await fill(a_token, goods, 4)
    # Somebody who hears it live: by then it has come to the first one too.
    monkeypatch.setattr(carts, "cart_of", cart_of)
    assert (await other.ask("join_cart", {"cartToken": a_token}))["cart"]["itemCount"] == 5
    assert (await other.ask("cart_add_item", goods.item(1)))["cart"]["itemCount"] == 6
    await until_heard(other, 3)
    changed.set()
    assert (await client.hear_of("room_joined"))["room"]
    counts = [(await client.hear())[1]["cart"]["itemCount"] for _each in range(5)]
    assert counts == ([1, 5, 5, 6, 6] if is_held else [5, 5, 6, 6, 1])


async def test_what_is_heard_of_a_cart_ends_as_rest_shows_it(door: Door) -> None:
    person, goods = await a_person(), await made(shirt)
    client = await joined(door.port, person)
    held = (await client.ask("join_cart"))["cart"]
    changes: list[Callable[[ShopClient], Any]] = [
        lambda one: one.ask("cart_add_item", goods.item(2, variant=RED_M)),
        lambda one: one.ask("cart_batch_update", [{"action": "set", **goods.item(7, variant=RED_M)}]),
        lambda _one: rest(person, "POST", "/api/cart/items", goods.item(1, variant={"size": "L"})),
        lambda one: one.ask("cart_remove_item", {"productId": goods.id, "variant": RED_M}),
    ]
    other = await joined(door.port, person)
    for change in changes:
        await change(other)
    client.events.clear()
    for _each in range(2 * len(changes)):
        held = (await client.hear())[1]["cart"]
    assert held == await rest(person, "GET", "/api/cart")
