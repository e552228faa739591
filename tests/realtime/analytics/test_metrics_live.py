"""What staff hear of the figures, on every door, while the shop goes on."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

import pytest

from config.identity.models import Role
from config.kernel import clock
from realtime.analytics.figures import FIGURES
from tests.orders.shop import WHERE, mug
from tests.realtime.door import Caller, Door
from tests.realtime.event_source import Response
from tests.realtime.house_of_orders import rest
from tests.realtime.people import Person, a_person, away
from tests.realtime.shop.client import ShopClient

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [figure.name for figure in FIGURES]
NOTHING = dict.fromkeys(NAMES, 0)


class Watching:
    """One of the staff on Socket.IO, and the figures as they know them."""

    def __init__(self, client: ShopClient) -> None:
        self.client = client
        self.known: dict[str, Any] = {}
        self.order: list[str] = []

    async def hear(self, **wanted: Any) -> None:
        """Listen until the figures are these."""
        async with asyncio.timeout(10):
            while any(self.known.get(name) != value for name, value in wanted.items()):
                told = await self.client.hear_around("dashboard_metric_update", alone=False)
                assert set(told) == {"metric", "value", "timestamp"}
                clock.parse_iso(told["timestamp"])
                self.known[told["metric"]] = told["value"]
                self.order.append(told["metric"])


async def watch(door: Door, staff: Person) -> Watching:
    return Watching(await ShopClient(door.port).enter({"token": staff.token}))


async def on_ws(caller: Caller, number: int) -> dict[str, Any]:
    heard = [await caller.hear_around("metric") for _each in range(number)]
    assert all("cursor" not in one and set(one["data"]) == {"metric", "value"} for one in heard)
    return {one["data"]["metric"]: one["data"]["value"] for one in heard}


async def on_sse(stream: Response, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while len(found) < number:
            await stream.block(stream.events.blocks + 1)
            for one in stream.heard():
                if one.type == "metric":
                    found[one.data["data"]["metric"]] = one.data["data"]["value"]
    return found


async def test_whoever_comes_to_listen_hears_all_figures_on_each_door(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    product = (await away(partial(mug, stock=6, price="12.5"))).id
    await buy(customer, product, 2)
    true = {**NOTHING, "orders_today": 1, "revenue_today": 25, "low_stock_count": 1}
    watching = await watch(door, staff)
    await watching.hear(**true)
    assert watching.order == NAMES
    caller = await door.call("?topics=admin", additional_headers=staff.bearer)
    await caller.hear_of("subscribed")
    assert await on_ws(caller, 6) == true
    subscribing = await door.call("?topics=", additional_headers=staff.bearer)
    await subscribing.hear_of("subscribed")
    assert (await subscribing.ask(type="subscribe", topics=["admin"]))["topics"] == ["admin"]
    assert await on_ws(subscribing, 6) == true
    stream = await door.listen("?topics=admin", headers=staff.bearer)
    assert await on_sse(stream, 6) == true
    await watching.client.ask("leave_room", {"room": "admin"})
    watching.known.clear()
    await watching.client.ask("join_room", {"room": "admin-room"})
    await watching.hear(**true)


async def test_customers_and_guests_hear_no_figures(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    watching = await watch(door, staff)
    others = [await ShopClient(door.port).enter(auth) for auth in ({}, {"token": customer.token})]
    await watching.hear(**NOTHING)
    await buy(customer, (await away(mug)).id, 1)
    await watching.hear(orders_today=1)
    for other in others:
        assert (await other.ask("join_room", {"room": "admin"}))["ok"] is False
        assert other.ambient == []


async def buy(customer: Person, product: str, quantity: int) -> str:
    items = [{"productId": product, "quantity": quantity}]
    return str((await rest(customer, "POST", "/api/orders", {"items": items, **WHERE}))["_id"])


async def test_each_figure_is_told_when_it_changes(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    product = (await away(partial(mug, stock=6))).id
    watching = await watch(door, staff)
    await watching.hear(**NOTHING)
    await rest(customer, "POST", "/api/cart/items", {"productId": product, "quantity": 1})
    await watching.hear(active_carts=1)
    order = (await rest(customer, "POST", "/api/orders", WHERE))["_id"]
    await watching.hear(orders_today=1, revenue_today=100, active_carts=0, low_stock_count=1)
    await rest(staff, "POST", f"/api/orders/{order}/cancel")
    await watching.hear(revenue_today=0, low_stock_count=0)
    wish = {"issue": "a stain", "priority": "normal"}
    chat = (await rest(customer, "POST", "/api/support/chats", wish))["_id"]
    await watching.hear(open_support_chats=1)
    for status, still_open in (("claimed", 1), ("closed", 0)):
        await rest(staff, "PUT", f"/api/support/chats/{chat}/status", {"status": status})
        shown = await rest(staff, "GET", "/api/analytics/summary")
        assert shown["openSupportChats"] == still_open
    await watching.hear(open_support_chats=0)
    client = await ShopClient(door.port).enter()
    assert (await client.ask("product_view", {"productId": product, "duration": 5}))["ok"]
    await watching.hear(views_last_hour=1)
    assert watching.known == {**NOTHING, "orders_today": 1, "views_last_hour": 1}
    shown = await rest(staff, "GET", "/api/analytics/summary")
    assert {figure.name: shown[figure.rest_name] for figure in FIGURES} == watching.known


async def test_many_orders_are_told_a_figure_a_second(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    product = (await away(partial(mug, stock=1_000))).id
    watching = await watch(door, staff)
    await watching.hear(**NOTHING)
    watching.order.clear()
    began = time.monotonic()
    for _each in range(20):
        await buy(customer, product, 1)
    await watching.hear(orders_today=20, revenue_today=2_000)
    took = time.monotonic() - began
    assert watching.order.count("orders_today") <= took + 1
    assert watching.order.count("revenue_today") <= took + 1
