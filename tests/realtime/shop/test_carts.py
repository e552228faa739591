"""Carts over Socket.IO: whose room it is, what is said to a cart, and what its connections hear of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

from config.identity.models import Role
from orders import services
from orders.errors import CartFull
from orders.models import Cart
from orders.owners import CartOwner, new_cart_token
from orders.selectors import cart_of
from realtime import services as live_services
from realtime.consumers.shop import carts
from realtime.hub.hub import Hub
from realtime.models import ConnectionRooms
from realtime.threads import THREADS
from tests.inventory.conftest import caller
from tests.orders.shop import Goods, cake, mug, shirt
from tests.realtime.door import Door, serving
from tests.realtime.log import LiveHalf, caught_up
from tests.realtime.people import Person, a_person, away
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

RED_M = {"size": "M", "color": "Red"}


async def rest(person: Person | None, method: str, path: str, data: Any = None, **headers: str) -> Any:
    """A request, and its JSON, once everybody has been told of it."""
    who = {"authorization": f"Bearer {person.token}"} if person else {}
    answer = await away(partial(caller(**who), method, path, data, **headers))
    assert answer.status_code < 300, answer.content
    await caught_up()
    return answer.data


async def made(goods: Callable[[], Goods]) -> Goods:
    """Goods, of which everybody has been told by now."""
    found = await away(goods)
    await caught_up()
    return found


async def guests_cart(token: str) -> dict[str, Any]:
    """As REST shows it, but for the moment."""
    cart: dict[str, Any] = await rest(None, "GET", "/api/cart", **{"X-Cart-Token": token})
    return cart


async def fill(token: str, goods: Goods, quantity: int) -> None:
    await rest(None, "POST", "/api/cart/items", goods.item(quantity), **{"X-Cart-Token": token})


async def joined(port: int, person: Person | None = None, *, token: str = "") -> ShopClient:
    """A connection in its cart's room; what it was told of that is forgotten."""
    client = await ShopClient(port).enter({"token": person.token} if person else None)
    answer = await client.ask("join_cart", *([{"cartToken": token}] if token else []))
    assert answer["ok"], answer
    client.events.clear()
    return client


async def hears_nothing_more(*clients: ShopClient) -> None:
    """Whatever was on its way would come before these answers."""
    for client in clients:
        heard = len(client.events)
        assert (await client.ask("join_room", {"room": "storefront"}))["ok"]
        names = [event[0] for event in client.events[heard:]]
        assert names == ["room_joined"], names


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


# --------------------------------------------------------------------------------- what is said


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


async def until_heard(client: ShopClient, number: int) -> None:
    while len(client.events) < number:
        await client.hear()


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


# --------------------------------------------------------------------------------- recovery


@pytest.fixture
def a_token() -> str:
    return new_cart_token()


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
