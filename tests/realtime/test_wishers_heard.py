"""What wishers hear, when and where: on `/ws`, and once, however they listen; also after having been away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial

import pytest

from catalog.services import PriceDraft
from config.identity.models import Role
from inventory import services as stock
from realtime import runtime
from realtime.hub.hub import HubLimits
from realtime.wishers import telling
from tests.catalog.goods import ACTOR
from tests.orders.shop import Goods, mug
from tests.realtime.door import FRAMES, PLAIN, Caller, Door, serving
from tests.realtime.house_of_orders import rest
from tests.realtime.log import sql
from tests.realtime.people import Person, a_person, away
from tests.realtime.shop.client import ShopClient
from tests.realtime.wishing import everybody_told

pytestmark = pytest.mark.django_db(transaction=True)

#: How much of the log a process keeps at hand: all of this test's, or almost nothing.
RING, LOG = 10_000, 1


@pytest.fixture(params=[(FRAMES, RING), (PLAIN, LOG)], ids=["frames, ring", "plain, log"])
async def door(
    request: pytest.FixtureRequest, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Door]:
    kind, kept = request.param
    monkeypatch.setattr(runtime, "limits", lambda: HubLimits(ring_events=kept, preload=kept))
    async with runtime.live():
        hub = await runtime.hub()
        assert await hub.ready()
        async with serving(kind) as door:
            yield door


async def a_wisher(email: str, goods: Goods) -> Person:
    person = await a_person(email=f"{email}@example.com")
    await rest(person, "POST", "/api/wishlist/items", {"productId": goods.id})
    return person


async def cheaper(goods: Goods, price: str) -> None:
    await away(partial(goods.change, price=PriceDraft("EGP", Decimal(price))))
    await everybody_told()


async def back_again(goods: Goods) -> None:
    def work() -> None:
        stock.reduce_stock(lines=[goods.line(goods.on_hand())], actor=ACTOR)
        stock.restock(lines=[goods.line(3)], actor=ACTOR)

    await away(work)
    await everybody_told()


async def listening(door: Door, person: Person | None, topics: str) -> Caller:
    caller = await door.call(f"?topics={topics}", additional_headers=person.bearer if person else {})
    await caller.hear_of("subscribed")
    return caller


async def heard(caller: Caller) -> list[str]:
    await caller.say(type="ping")
    names = []
    while (message := await caller.hear())["type"] != "pong":
        names.append(message["type"])
    return names


async def heard_in_shop(client: ShopClient) -> list[str]:
    assert not (await client.ask("nonsense"))["ok"]
    names = [event[0] for event in client.events if event[0].endswith("_alert")]
    client.events.clear()
    return names


async def test_each_wisher_hears_of_it_once_however_it_listens_and_nobody_else_does(door: Door) -> None:
    tea = await away(mug)
    wisher = await a_wisher("carla", tea)
    other, staff = await a_person(email="omar@example.com"), await a_person(Role.ADMIN)
    alone = {
        "me": await listening(door, wisher, "me"),
        "product": await listening(door, wisher, f"product:{tea.id}"),
        "both": await listening(door, wisher, f"me,product:{tea.id}"),
        "another's me": await listening(door, other, "me"),
        "another with the product": await listening(door, other, f"me,product:{tea.id}"),
        "staff": await listening(door, staff, "me,admin"),
        "a guest with the product": await listening(door, None, f"product:{tea.id}"),
        "a guest": await listening(door, None, "products"),
    }
    shop = {
        "wisher": await ShopClient(door.port).enter({"token": wisher.token}),
        "other": await ShopClient(door.port).enter({"token": other.token}),
        "staff": await ShopClient(door.port).enter({"token": staff.token}),
        "guest": await ShopClient(door.port).enter(),
    }
    await cheaper(tea, "75")
    whole = ["product.updated", "price.dropped"]
    assert {name: await heard(caller) for name, caller in alone.items()} == {
        "me": ["price.dropped"],
        "product": whole,
        "both": whole,
        "another's me": [],
        "another with the product": whole,
        "staff": [],
        "a guest with the product": whole,
        "a guest": ["product.updated"],
    }
    assert {name: await heard_in_shop(client) for name, client in shop.items()} == {
        "wisher": ["price_drop_alert"], "other": [], "staff": [], "guest": []
    }  # fmt: skip
    await back_again(tea)
    found = {name: (await heard(caller)).count("stock.back") for name, caller in alone.items()}
    assert found == {
        "me": 1, "product": 1, "both": 1, "another's me": 0, "another with the product": 1, "staff": 0,
        "a guest with the product": 1, "a guest": 0,
    }  # fmt: skip
    assert await heard_in_shop(shop["wisher"]) == ["back_in_stock_alert"]
    assert await heard_in_shop(shop["other"]) == []


async def test_what_is_heard_is_what_happened(door: Door) -> None:
    tea = await away(mug)
    wisher = await a_wisher("carla", tea)
    me, product = await listening(door, wisher, "me"), await listening(door, None, f"product:{tea.id}")
    client = await ShopClient(door.port).enter({"token": wisher.token})
    await cheaper(tea, "74.99")
    told = await me.hear_of("price.dropped")
    await product.hear_of("product.updated")
    first = await product.hear_of("price.dropped")
    assert (told["data"], told["version"]) == (first["data"], first["version"])
    assert told["data"]["discount_percentage"] == 25
    alert = await client.hear_of("product_updated") and await client.hear_of("price_drop_alert")
    assert alert == {
        "productId": tea.id,
        "productName": "Mug",
        "oldPrice": 100,
        "newPrice": 74.99,
        "discountPercentage": 25,
        "timestamp": alert["timestamp"],
    }


@pytest.mark.parametrize("topics", ["me", "me,product:{}"])
async def test_who_was_away_hears_it_on_coming_back_exactly_if_it_was_wished_for_then(
    door: Door, topics: str
) -> None:
    tea, cup = await away(mug), await away(mug)
    wisher = await a_wisher("carla", tea)
    topics = topics.format(tea.id)
    here = await door.call(f"?topics={topics}", additional_headers=wisher.bearer)
    place = (await here.hear_of("subscribed"))["cursor"]
    client = await ShopClient(door.port).enter({"token": wisher.token})
    await here.hang_up()
    await client.cut()
    await cheaper(tea, "75")
    await cheaper(cup, "75")
    # What is wished for only now, and what no longer is: neither changes what was told.
    await rest(wisher, "POST", "/api/wishlist/items", {"productId": cup.id})
    await rest(wisher, "DELETE", f"/api/wishlist/items/{tea.id}")
    await everybody_told()
    back = await door.call(f"?topics={topics}&cursor={place}", additional_headers=wisher.bearer)
    await back.hear_of("subscribed")
    missed = []
    while (message := await back.hear())["type"] != "resumed":
        missed.append(message)
    drops = [one["data"]["product_id"] for one in missed if one["type"] == "price.dropped"]
    assert drops == [tea.id], "once, though it may be heard by two ways"
    assert [one["type"] for one in missed].count("wishlist.updated") == 2
    await client.enter({"token": wisher.token})
    assert client.recovered
    names = await client.hear_until_ready()
    assert [name for name in names if name.endswith("_alert")] == ["price_drop_alert"]


async def test_of_many_in_several_rows_each_hears_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling.tell_wishers, "__kwdefaults__", {"at_once": 3, "in_a_row": 2})
    tea = await away(mug)
    wishers = [await a_wisher(f"w{number}", tea) for number in range(8)]
    callers = [await listening(door, wisher, "me") for wisher in wishers]
    await cheaper(tea, "75")
    assert [await heard(caller) for caller in callers] == [["price.dropped"]] * 8
    assert len(await sql("SELECT 1 FROM realtime_event WHERE type = 'wishers.price_dropped'")) == 5
