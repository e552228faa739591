"""Connections of carts that were cut off: what they hear when they are back, and whose cart it is then."""

from __future__ import annotations

import pytest

from orders.owners import CartOwner
from realtime import services as live_services
from realtime.models import ConnectionRooms
from tests.orders.shop import mug
from tests.realtime.door import Door, serving
from tests.realtime.log import LiveHalf, caught_up
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient
from tests.realtime.shop.shopping import fill, guests_cart, joined, made
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_guest_that_was_cut_off_hears_of_its_cart_again_without_showing_the_token(
    door: Door, live_half: LiveHalf, a_token: str
) -> None:
    goods = await made(mug)
    client = await joined(door.port, token=a_token)
    await client.cut()
    await fill(a_token, goods, 2)
    async with serving() as another:
        client._url = client._url.replace(str(door.port), str(another.port))
        await client.enter()
        assert client.recovered
        assert (await client.hear_of("cart_updated"))["cart"]["itemCount"] == 2
        assert (await client.hear_of("cart_sync"))["cart"]["itemCount"] == 2
        assert (await client.hear())[0] == "ready"
        # It is the guest's cart that it goes on with.
        answer = await client.ask("cart_add_item", goods.item(1))
        assert answer["cart"]["itemCount"] == 3
    assert (await guests_cart(a_token))["itemCount"] == 3


async def test_what_is_kept_of_a_guest_does_not_tell_the_token(door: Door, a_token: str) -> None:
    await joined(door.port, token=a_token)
    (row,) = await away(lambda: list(ConnectionRooms.objects.values()))
    assert a_token not in str(row)
    assert row["holder"] == f"guest:{CartOwner.guest(a_token).token_digest}"


async def test_whoever_changed_a_cart_and_was_cut_off_is_not_synced_to_itself(
    door: Door, live_half: LiveHalf, a_token: str
) -> None:
    goods = await made(mug)
    one, two = await joined(door.port, token=a_token), await joined(door.port, token=a_token)
    assert (await one.ask("cart_add_item", goods.item(1)))["ok"]
    await caught_up()
    for client, told in ((one, ["cart_updated"]), (two, ["cart_updated", "cart_sync"])):
        await client.cut()
        # As if it had heard nothing yet.
        client.offset = None
        await client.enter()
        assert client.recovered
        assert await client.hear_until_ready() == told


async def test_a_user_who_comes_back_with_a_guests_pid_gets_no_guests_cart(
    door: Door, live_half: LiveHalf, a_token: str
) -> None:
    person, goods = await a_person(), await made(mug)
    client = await joined(door.port, token=a_token)
    await client.cut()
    await fill(a_token, goods, 1)
    await client.enter({"token": person.token})
    assert client.recovered
    assert await client.hear_until_ready() == []
    lost = await client.hear_of("room_join_error")
    assert (lost["room"], lost["code"]) == (f"cart_{CartOwner.guest(a_token).cart_id}", "not_permitted")


async def test_a_pid_that_was_never_a_guests_with_a_cart_brings_none(
    door: Door, live_half: LiveHalf, a_token: str
) -> None:
    client = await ShopClient(door.port).enter()
    assert (await client.ask("join_room", {"room": "product_prod_1"}))["ok"]
    await client.cut()
    await client.enter()
    assert client.recovered
    await client.hear_until_ready()
    cart = CartOwner.guest(a_token).cart_id
    assert (await client.ask("join_room", {"room": f"cart_{cart}"}))["code"] == "not_authenticated"


async def test_a_guest_that_cannot_be_brought_back_shows_its_token_again(
    door: Door, live_half: LiveHalf, a_token: str
) -> None:
    goods = await made(mug)
    client = await joined(door.port, token=a_token)
    await client.cut()
    epoch = (await away(live_services.begin_new_epoch)).epoch
    await until(lambda: live_half.hub.position.epoch == epoch)
    await client.enter()
    assert not client.recovered
    refused = await client.ask("cart_add_item", goods.item(1))
    assert (refused["ok"], refused["code"]) == (False, "not_authenticated")
    (session,) = live_half.hub.sessions
    assert set(session.rooms) == {"storefront"}
    assert (await client.ask("join_cart", {"cartToken": a_token}))["ok"]
