"""Rooms: under all their historical names, for whoever may be in them; and what is heard there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.backstage import Backstage, Person
from tests.clients.node_client import TRANSPORTS, VERSIONS, NodeClient, without_time
from tests.clients.shop import Shop
from tests.realtime.waiting import until

Connect = Callable[..., Awaitable[NodeClient]]

ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
versions = pytest.mark.parametrize("version", VERSIONS)
WS = TRANSPORTS["websocket"]

#: Every historical name, and who may use it.
NAMES = {
    "guest": ("storefront", "product_{product}", "product-{product}"),
    "customer": ("storefront", "product_{product}", "user_{me}", "user-{me}", "customer", "customer-room"),
    "tailor": ("tailor", "tailor-room", "user_{me}", "user-{me}"),
    "delivery": ("delivery", "delivery-room", "user_{me}", "user-{me}"),
    "admin": (
        "admin",
        "admin-room",
        "user_{me}",
        "user-{me}",
        "user_{other}",
        "user-{other}",
        "product-{product}",
    ),
}
FORBIDDEN = {
    "guest": (
        "admin",
        "admin-room",
        "user_{other}",
        "customer",
        "tailor-room",
        "order_{other}",
        "support_{other}",
    ),
    "customer": ("admin", "admin-room", "user_{other}", "user-{other}", "tailor", "delivery-room"),
    "tailor": ("admin", "customer", "user_{other}", "delivery"),
    "delivery": ("admin-room", "customer-room", "user-{other}", "tailor"),
    "admin": ("customer", "tailor-room", "delivery"),
}


async def member(
    node_client: Connect, backstage: Backstage, role: str, **options: Any
) -> tuple[NodeClient, str]:
    """A client of that role, and its user's id."""
    if role == "guest":
        return await node_client(**options), ""
    person = await backstage.person(role)
    return await node_client(auth={"token": person.token}, **options), person.id


# ---------------------------------------------------------------------------------------- rooms


@versions
@pytest.mark.parametrize("role", NAMES)
async def test_a_room_answers_to_all_its_names_and_repeats_the_one_that_was_asked_for(
    node_client: Connect, backstage: Backstage, customer: Person, version: str, role: str
) -> None:
    client, me = await member(node_client, backstage, role, version=version, **WS)
    names = [name.format(me=me, other=customer.id, product="prod_1") for name in NAMES[role]]
    for name in names:
        await client.emit("join_room", {"room": name})
    assert [without_time(told) for told in await client.heard("room_joined", count=len(names))] == [
        {"room": name} for name in names
    ]
    for name in names:
        assert await client.emit("join_room", {"room": name}, ack=True) == {"ok": True, "room": name}
    assert client.payloads("room_join_error") == []


@versions
@pytest.mark.parametrize("role", FORBIDDEN)
async def test_a_room_that_is_not_for_one_is_refused(
    node_client: Connect, backstage: Backstage, customer: Person, version: str, role: str
) -> None:
    client, me = await member(node_client, backstage, role, version=version, **WS)
    names = [name.format(other=customer.id) for name in FORBIDDEN[role]]
    code = "not_authenticated" if role == "guest" else "not_permitted"
    for name in names:
        await client.emit("join_room", {"room": name, "userId": customer.id})
    told = [without_time(payload) for payload in await client.heard("room_join_error", count=len(names))]
    assert [(payload["room"], payload["code"]) for payload in told] == [(name, code) for name in names]
    assert all(set(payload) == {"room", "error", "code"} and payload["error"] for payload in told)
    for name in names:
        answer = await client.emit("join_room", {"room": name, "userId": me}, ack=True)
        assert (answer["ok"], answer["code"], bool(answer["error"])) == (False, code, True)
    assert client.payloads("room_joined") == []


@ways
async def test_a_name_of_no_room_is_refused(node_client: Connect, transports: dict[str, Any]) -> None:
    client = await node_client(**transports)
    names = ["cellar", "product_", "product", "storefront-room", "user", "role:admin", "products", "  "]
    for name in names:
        await client.emit("join_room", {"room": name})
    told = await client.heard("room_join_error", count=len(names))
    assert [(payload["room"], payload["code"]) for payload in told] == [
        (name, "unknown_room") for name in names
    ]


@versions
@ways
async def test_whoever_leaves_the_storefront_hears_only_the_rooms_it_joins(
    node_client: Connect, shop: Shop, version: str, transports: dict[str, Any]
) -> None:
    mug, bowl = await shop.make_product(), await shop.make_product()
    witness = await node_client(**WS)
    client = await node_client(version=version, **transports)
    await client.emit("join_room", {"room": f"product-{mug}"})
    await client.emit("leave_room", {"room": "storefront"})
    assert [without_time(told) for told in await client.heard("room_left")] == [{"room": "storefront"}]
    client.forget()
    await shop.sell(bowl)
    await shop.sell(mug)
    await client.heard("product_stock_update")
    assert {heard.payload["productId"] for heard in client.events if "productId" in heard.payload} == {mug}
    assert await client.emit("leave_room", {"room": f"product_{mug}"}, ack=True) == {
        "ok": True,
        "room": f"product_{mug}",
    }
    client.forget()
    witness.forget()
    await shop.sell(mug)
    await witness.heard("STOCK_REDUCED")
    await client.emit("join_room", {"room": "storefront"}, ack=True)
    await shop.sell(bowl)
    await client.heard("STOCK_REDUCED")
    assert [payload["productId"] for payload in client.payloads("STOCK_REDUCED")] == [bowl]


@versions
async def test_a_client_in_several_rooms_of_an_event_hears_it_once(
    node_client: Connect, shop: Shop, staff: Person, version: str
) -> None:
    mug = await shop.make_product()
    client = await node_client(version=version, auth={"token": staff.token}, **WS)
    for name in (f"product_{mug}", f"product-{mug}", "storefront", "admin-room"):
        assert (await client.emit("join_room", {"room": name}, ack=True))["ok"]
    client.forget()
    await shop.sell(mug)
    await shop.announce("STOCK_UPDATED", productId=mug, stock=424242)
    await until(lambda: any(told["stock"] == 424242 for told in client.payloads("STOCK_UPDATED")))
    assert client.names() == ["STOCK_REDUCED", "inventory_update", "product_stock_update", "STOCK_UPDATED"]


# ---------------------------------------------------------------------------------------- user_role


@versions
@pytest.mark.parametrize("role", ["customer", "tailor", "delivery", "admin"])
async def test_the_role_that_one_has_may_be_said(
    node_client: Connect, backstage: Backstage, version: str, role: str
) -> None:
    client, me = await member(node_client, backstage, role, version=version, **WS)
    await client.emit("user_role", role, me)
    joined = await client.heard("room_joined")
    assert role in [told["room"] for told in joined]
    assert (await client.emit("user_role", role, me, ack=True))["ok"]
    assert client.payloads("room_join_error") == []


@versions
async def test_a_role_that_one_does_not_have_joins_nothing(
    node_client: Connect, shop: Shop, backstage: Backstage, staff: Person, version: str
) -> None:
    client, me = await member(node_client, backstage, "customer", version=version, **WS)
    guest = await node_client(version=version, **WS)
    for liar, code in ((client, "not_permitted"), (guest, "not_authenticated")):
        await liar.emit("user_role", "admin", staff.id)
        (told,) = await liar.heard("room_join_error")
        assert (told["code"], told["room"]) == (code, "admin")
        answer = await liar.emit("user_role", "admin", me, ack=True)
        assert (answer["ok"], answer["code"]) == (False, code)
        assert liar.payloads("room_joined") == []
    mug = await shop.make_product(stock=6)
    await shop.sell(mug, 6)
    await client.heard("STOCK_REDUCED")
    await guest.heard("STOCK_REDUCED")
    await shop.announce("STOCK_UPDATED", productId=mug, stock=7)
    for liar in (client, guest):
        await liar.heard("STOCK_UPDATED", count=2)
        assert liar.payloads("low_stock_alert") == []


@versions
async def test_an_order_s_room_is_closed_to_whoever_it_does_not_concern(
    node_client: Connect, backstage: Backstage, version: str
) -> None:
    client, _me = await member(node_client, backstage, "customer", version=version, **WS)
    guest = await node_client(version=version, **WS)
    for stranger, code in ((client, "not_permitted"), (guest, "not_authenticated")):
        await stranger.emit("join_order_room", "ord_1")
        (told,) = await stranger.heard("room_join_error")
        assert (told["room"], told["code"]) == ("order_ord_1", code)
        answer = await stranger.emit("join_order_room", "ord_1", ack=True)
        assert (answer["ok"], answer["code"]) == (False, code)
        assert (await stranger.emit("leave_order_room", "ord_1", ack=True))["ok"]
