"""What is said to a cart over Socket.IO, and what its connections hear of it."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from orders import services
from orders.errors import CartFull
from orders.models import Cart
from orders.owners import new_cart_token
from realtime.threads import THREADS
from tests.orders.shop import cake, mug, shirt
from tests.realtime.door import Door
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient, hears_nothing_more, until_heard
from tests.realtime.shop.shopping import RED_M, joined, made, rest

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_is_put_in_is_told_to_all_of_the_cart_and_synced_to_its_others(door: Door) -> None:
    person, goods = await a_person(), await made(shirt)
    one, two = await joined(door.port, person), await joined(door.port, person)
    stranger = await joined(door.port, token=new_cart_token())
    said = {"productId": goods.id, "variant": RED_M, "quantity": 2}
    answer = await one.ask("cart_add_item", said)
    shown = await rest(person, "GET", "/api/cart")
    assert answer == {"ok": True, "cart": shown}
    assert (shown["itemCount"], shown["items"][0]["variant"]) == (2, RED_M)
    heard = one.events or [await one.hear()]
    ((name, updated, *_cursor),) = heard
    assert name == "cart_updated"
    assert set(updated) == {"action", "cart", "timestamp"}
    assert (updated["action"], updated["cart"]) == ("item_added", shown)
    assert (await two.hear_of("cart_updated"))["cart"] == shown
    synced = await two.hear_of("cart_sync")
    assert (set(synced), synced["cart"]) == ({"cart", "timestamp"}, shown)
    await hears_nothing_more(one, two, stranger)


async def test_what_is_changed_by_rest_is_synced_to_every_connection(door: Door) -> None:
    person, goods = await a_person(), await made(mug)
    clients = [await joined(door.port, person), await joined(door.port, person)]
    shown = await rest(person, "POST", "/api/cart/items", goods.item(2))
    for client in clients:
        assert (await client.hear_of("cart_updated"))["cart"] == shown
        assert (await client.hear_of("cart_sync"))["cart"] == shown
    await hears_nothing_more(*clients)


async def test_what_is_taken_out_is_gone_with_its_options_or_without_naming_them(door: Door) -> None:
    person, sweet = await a_person(), await made(cake)
    client = await joined(door.port, person)
    for flavor in ("Vanilla", "Hazelnut"):
        said = {"productId": sweet.id, "options": {"flavor": flavor}, "quantity": 1}
        assert (await client.ask("cart_add_item", said))["ok"]
    one = {"productId": sweet.id, "options": {"flavor": "Vanilla"}}
    answer = await client.ask("cart_remove_item", one)
    assert [line["options"] for line in answer["cart"]["items"]] == [{"flavor": "Hazelnut"}]
    answer = await client.ask("cart_remove_item", {"productId": sweet.id, "variant": {}})
    assert answer["cart"]["items"] == []
    refused = await client.ask("cart_remove_item", {"productId": sweet.id})
    assert (refused["ok"], refused["code"]) == (False, "unknown_item")
    await until_heard(client, 4)
    actions = [event[1]["action"] for event in client.events]
    assert actions == ["item_added", "item_added", "item_removed", "item_removed"]


async def test_a_batch_is_one_change(door: Door) -> None:
    person, goods = await a_person(), await made(shirt)
    client = await joined(door.port, person)
    blue, large = {"size": "M", "color": "Blue"}, {"size": "L", "color": "Red"}
    batch = [
        {"action": "add", "productId": goods.id, "variant": RED_M, "quantity": 2},
        {"action": "set", "productId": goods.id, "variant": blue, "quantity": 5},
        {"action": "add", "productId": goods.id, "variant": large, "quantity": 1},
        {"action": "remove", "productId": goods.id, "variant": RED_M},
    ]
    answer = await client.ask("cart_batch_update", batch)
    assert [(line["variant"], line["quantity"]) for line in answer["cart"]["items"]] == [
        (blue, 5),
        (large, 1),
    ]
    await until_heard(client, 1)
    assert [(event[0], event[1]["action"]) for event in client.events] == [("cart_updated", "updated")]
    await hears_nothing_more(client)


async def test_a_batch_of_which_one_change_is_wrong_changes_nothing_and_is_told_to_nobody(door: Door) -> None:
    person, goods = await a_person(), await made(shirt)
    client = await joined(door.port, person)
    batch = [
        {"action": "add", "productId": goods.id, "variant": RED_M, "quantity": 2},
        {"action": "remove", "productId": goods.id, "variant": {"size": "L", "color": "Red"}},
    ]
    refused = await client.ask("cart_batch_update", batch)
    assert (refused["ok"], refused["code"]) == (False, "unknown_item")
    assert set(refused) == {"ok", "error", "code"}
    assert (await rest(person, "GET", "/api/cart"))["items"] == []
    await hears_nothing_more(client)


async def test_an_action_that_there_is_not_reads_those_that_there_are(door: Door) -> None:
    person, goods = await a_person(), await made(shirt)
    client = await joined(door.port, person)
    change = {"action": "fly", "productId": goods.id, "variant": RED_M, "quantity": 2}
    refused = await client.ask("cart_batch_update", [change])
    assert refused["error"] == "[0].action: must be one of add, remove, set"


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("join_cart", ["x"], "malformed"),
        ("join_cart", [{"cartToken": 5}], "malformed"),
        ("cart_add_item", [], "malformed"),
        ("cart_add_item", [[]], "malformed"),
        ("cart_add_item", [{}], "invalid"),
        ("cart_add_item", [{"productId": "p"}], "invalid"),
        ("cart_add_item", [{"productId": "p", "quantity": 0}], "invalid"),
        ("cart_add_item", [{"productId": "p", "quantity": "1"}], "invalid"),
        ("cart_add_item", [{"productId": "p", "quantity": 1, "variant": "M"}], "invalid"),
        ("cart_add_item", [{"productId": "nothing", "quantity": 1}], "unknown_product"),
        ("cart_remove_item", [None], "malformed"),
        ("cart_remove_item", [{"variant": {}}], "invalid"),
        ("cart_batch_update", [], "malformed"),
        ("cart_batch_update", [{}], "malformed"),
        ("cart_batch_update", [[]], "malformed"),
        ("cart_batch_update", [[{"action": "add", "productId": "p", "quantity": 1}] * 101], "malformed"),
        ("cart_batch_update", [["add"]], "invalid"),
        ("cart_batch_update", [[{"action": "double", "productId": "p", "quantity": 1}]], "invalid"),
        ("cart_batch_update", [[{"action": "add", "productId": "p"}]], "invalid"),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(
    name: str, arguments: list[Any], code: str, door: Door
) -> None:
    person = await a_person()
    client = await joined(door.port, person)
    answer = await client.ask(name, *arguments)
    assert (answer["ok"], answer["code"]) == (False, code), answer
    assert await away(Cart.objects.count) == 0
    assert (await client.ask("join_cart"))["ok"]


async def test_whoever_changes_a_cart_hears_of_it_without_having_joined_it(door: Door) -> None:
    person, goods = await a_person(), await made(mug)
    client = await ShopClient(door.port).enter({"token": person.token})
    await client.say("cart_add_item", goods.item(1))
    assert (await client.hear_of("cart_updated"))["cart"]["itemCount"] == 1


async def test_want_of_stock_is_no_reason_to_refuse_and_is_said(door: Door) -> None:
    person, goods = await a_person(), await made(partial(mug, stock=1))
    client = await joined(door.port, person)
    answer = await client.ask("cart_add_item", goods.item(5))
    assert [line["available"] for line in answer["cart"]["items"]] == [False]


async def test_carts_that_wait_for_a_lock_hold_up_nobodys_handshake(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def wait(**_given: object) -> None:
        waiting.release()
        go_on.wait(10)
        raise CartFull(200)

    monkeypatch.setattr(services, "add_item", wait)
    people = [await a_person(email=f"p{number}@example.com") for number in range(THREADS + 1)]
    clients = [await joined(door.port, person) for person in people]
    for client in clients:
        await client.say("cart_add_item", {"productId": "p", "quantity": 1})
    try:
        for _each in range(THREADS):
            assert await asyncio.to_thread(waiting.acquire, timeout=10)
        newcomer = await joined(door.port, await a_person(email="newcomer@example.com"))
        assert (await newcomer.ask("join_room", {"room": "product_prod_1"}))["ok"]
    finally:
        go_on.set()
    for client in clients:
        assert (await client.hear_of("error"))["code"] == "cart_full"
