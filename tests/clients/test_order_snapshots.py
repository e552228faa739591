"""Customers, staff and a tailor all do what they like at the same time, and wires break: what each client has
put together of what it heard is in the end what REST answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from tests.clients.backstage import Backstage, Person
from tests.clients.catalog_listener import CatalogListener
from tests.clients.node_client import Heard, NodeClient
from tests.clients.order_tracker import WHERE, Connect
from tests.clients.shop import PLENTY, RefusedError, Shop
from tests.clients.wire import Wire
from tests.realtime.waiting import until

STEPS = 40
#: Refusals are part of it: whoever asks does not know what others have just done.
_EXPECTED = {400, 404, 409}


class Bustle:
    """What all of them do, each at random. The seed is said where it fails."""

    def __init__(
        self, people: Mapping[str, Person], base_url: str, devices: list[NodeClient], seed: int
    ) -> None:
        self.chance = random.Random(seed)
        self.doing = {name: Shop(lambda: base_url, person.bearer) for name, person in people.items()}
        self.people = people
        self.devices = devices
        self.products: list[str] = []
        self.orders: list[str] = []
        self.payments: list[str] = []
        self.done = 0

    async def prepare(self) -> None:
        staff = self.doing["admin"]
        self.products = [await staff.make_product(stock=stock) for stock in (30, PLENTY)]
        for _each in range(3):
            await self.place()

    async def go_on(self) -> None:
        """Of each role one works, and of the customer two devices."""
        await asyncio.gather(
            self._work(self.place, self.cancel, self.pay, self.pay),
            self._work(self.put_in, self.put_in, self.take_out, self.change_by_rest, self.order_the_cart),
            self._work(self.put_in, self.take_out, self.change_many),
            self._work(self.step, self.step, self.assign, self.refund),
            self._work(self.step, self.assign, self.take_back),
            self._work(self.sew),
        )

    async def _work(self, *kinds: Callable[[], Awaitable[Any]]) -> None:
        for _each in range(STEPS):
            try:
                await self.chance.choice(kinds)()
                self.done += 1
            except RefusedError as refused:
                if refused.status not in _EXPECTED:
                    raise

    # ------------------------------------------------------------------------------------ orders

    def an_order(self) -> str:
        """One of the newest: enough is to happen to each."""
        return f"/api/orders/{self.chance.choice(self.orders[-6:])}"

    def item(self) -> dict[str, Any]:
        return {"productId": self.chance.choice(self.products), "quantity": self.chance.randrange(1, 3)}

    async def place(self, **more: Any) -> None:
        items = [{**self.item(), **more}]
        order = await self.doing["customer"].ask("POST", "/api/orders", {"items": items, **WHERE})
        self.orders.append(order["_id"])

    async def order_the_cart(self) -> None:
        order = await self.doing["customer"].ask("POST", "/api/orders", WHERE)
        self.orders.append(order["_id"])

    async def cancel(self) -> None:
        await self.doing["customer"].ask("POST", f"{self.an_order()}/cancel")

    async def pay(self) -> None:
        order = self.chance.choice(self.orders[-6:])
        payment = await self.doing["customer"].ask(
            "POST", "/api/payments", {"orderId": order, "provider": "fake"}
        )
        self.payments.append(payment["_id"])
        outcome = {"outcome": self.chance.choice(["failed", "completed", "completed"])}
        await self.doing["customer"].ask("POST", f"/api/payments/{payment['_id']}/confirm", outcome)

    async def refund(self) -> None:
        if self.payments:
            path = f"/api/payments/{self.chance.choice(self.payments)}/refund"
            await self.doing["admin"].ask("POST", path, {"amount": 10})

    async def step(self) -> None:
        status = self.chance.choice([*["processing", "shipped"] * 3, "delivered", "cancelled"])
        await self.doing["admin"].ask("PUT", f"{self.an_order()}/status", {"status": status})

    async def assign(self) -> None:
        tailor = self.chance.choice([self.people["tailor"].id, self.people["tailor"].id, None])
        await self.doing["admin"].ask("PUT", f"{self.an_order()}/assign", {"tailor": tailor})

    async def sew(self) -> None:
        status = self.chance.choice(["measuring", "cutting", "stitching", "ready"])
        await self.doing["tailor"].ask("PUT", f"{self.an_order()}/tailor-status", {"status": status})

    async def take_back(self) -> None:
        path = self.an_order()
        order = await self.doing["admin"].ask("GET", path)
        item = {
            "itemId": order["items"][0]["_id"],
            "quantity": 1,
            "disposition": self.chance.choice(["sellable", "damaged"]),
        }
        await self.doing["admin"].ask("POST", f"{path}/return", {"items": [item]})

    # ------------------------------------------------------------------------------------- carts

    async def put_in(self) -> None:
        await self._say("cart_add_item", self.item())

    async def take_out(self) -> None:
        await self._say("cart_remove_item", {"productId": self.chance.choice(self.products)})

    async def change_many(self) -> None:
        await self._say(
            "cart_batch_update", [{"action": "set", **self.item()}, {"action": "add", **self.item()}]
        )

    async def change_by_rest(self) -> None:
        await self.doing["customer"].ask("POST", "/api/cart/items", self.item())

    async def _say(self, name: str, argument: Any) -> None:
        """At the word of a wire that may break: done once, or not at all."""
        self.chance.choice(self.devices).offer(name, argument)
        await asyncio.sleep(0)


# ------------------------------------------------------------------------------------- what a client knows


class Knowledge:
    """What a Socket.IO client has put together: the newest word counts."""

    def __init__(self, events: list[Heard]) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.notifications: list[dict[str, Any]] = []
        self.cart: dict[str, Any] = {}
        for heard in list(events):
            match heard.name:
                case "order_update":
                    self.orders[heard.payload["_id"]] = dict(heard.payload)
                case "payment_update":
                    self.orders[heard.payload["orderId"]]["paymentStatus"] = heard.payload["status"]
                case "cart_updated" | "cart_sync":
                    self.cart = heard.payload["cart"]
                case "new_notification":
                    self.notifications.append(heard.payload)


def apart_from_its_moment(order: Mapping[str, Any]) -> dict[str, Any]:
    """A payment's event shows no moment of its order."""
    customer = order["userId"]
    return {**order, "updatedAt": None, "userId": customer["_id"] if isinstance(customer, dict) else customer}


def by_id(orders: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {order["_id"]: apart_from_its_moment(order) for order in orders}


def apart_from_stock(cart: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a line can be had may change without the cart having changed."""
    return {**cart, "items": [{**line, "available": None} for line in cart["items"]]}


def of_catalog(order: Mapping[str, Any]) -> dict[str, Any]:
    """What REST says of an order, of what `/ws` says of it."""
    return {
        "_id": order["id"],
        "orderNumber": order["order_number"],
        "status": order["status"],
        "statusHistory": order["status_history"],
        "paymentStatus": order["payment_status"],
        "tailor": order["tailor_id"],
        "tailorStatus": order["tailor_status"],
        "totalPrice": order["total_price"],
        "itemCount": order["item_count"],
        "updatedAt": order["updated_at"],
    }


@pytest.fixture
async def people(backstage: Backstage) -> Mapping[str, Person]:
    return {role: await backstage.person(role) for role in ("customer", "admin", "tailor")}


@pytest.fixture
async def by_ws(
    wire: Wire, people: Mapping[str, Person]
) -> AsyncIterator[tuple[CatalogListener, CatalogListener]]:
    """The customer and staff, on `/ws`."""
    url = wire.base_url.replace("http", "ws")
    own = CatalogListener(lambda: url, topics="me", token=people["customer"].token)
    all_ = CatalogListener(lambda: url, topics="admin", token=people["admin"].token)
    async with own.listening(), all_.listening():
        await until(lambda: bool(own.cursor and all_.cursor))
        yield own, all_


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_heard_of_orders_and_carts_comes_to_what_rest_answers(
    node_client: Connect,
    wire: Wire,
    people: Mapping[str, Person],
    by_ws: tuple[CatalogListener, CatalogListener],
    seed: int,
) -> None:
    auth = {"token": people["customer"].token}
    phone = await node_client(url=wire.base_url, auth=auth, transports=["websocket"])
    laptop = await node_client(url=wire.base_url, auth=auth)
    staff = await node_client(
        url=wire.base_url, auth={"token": people["admin"].token}, transports=["polling"]
    )
    tailor = await node_client(url=wire.base_url, auth={"token": people["tailor"].token})
    for device in (phone, laptop):
        assert (await device.emit("join_cart", ack=True))["ok"]
    bustle = Bustle(people, f"http://127.0.0.1:{wire.port}", [phone, laptop], seed)
    await bustle.prepare()
    going_on = asyncio.create_task(bustle.go_on())
    while not going_on.done():
        await asyncio.wait([going_on], timeout=0.7)
        wire.cut()
    await going_on
    for client in (phone, laptop, staff, tailor):
        await client.settled()
    assert all(
        connected.recovered for client in (phone, laptop, staff, tailor) for connected in client.connects[1:]
    )
    await the_cart_is_as_rest_has_it(bustle, phone, laptop)
    # One more order, after which all have heard everything.
    await bustle.place(productId=bustle.products[1])
    last = bustle.orders[-1]
    await until(
        lambda: all(last in Knowledge(one.events).orders for one in (phone, laptop, staff)), within=20
    )
    await until(lambda: all(last in versions(one) for one in by_ws), within=20)

    orders = by_id(await bustle.doing["customer"].ask("GET", "/api/orders?limit=500"))
    assert len(orders) == len(bustle.orders) > 8
    gone_through = {entry["status"] for order in orders.values() for entry in order["statusHistory"]}
    assert gone_through >= {"pending", "processing", "cancelled"}
    for client in (phone, laptop, staff):
        known = Knowledge(client.events).orders
        assert {key: apart_from_its_moment(order) for key, order in known.items()} == orders
    assert (
        by_id(await bustle.doing["admin"].ask("GET", f"/api/orders?limit=500&user={people['customer'].id}"))
        == orders
    )
    # Of those that are the tailor's work it knows what is known.
    theirs = by_id(await bustle.doing["tailor"].ask("GET", "/api/orders?limit=500"))
    sewn = Knowledge([one for one in tailor.events if one.name != "payment_update"]).orders
    for key, order in theirs.items():
        assert {**apart_from_its_moment(sewn[key]), "paymentStatus": ""} == {**order, "paymentStatus": ""}
    assert theirs != {}

    notifications = await bustle.doing["customer"].ask("GET", "/api/notifications?limit=500")
    for client in (phone, laptop):
        assert sorted(Knowledge(client.events).notifications, key=_id) == sorted(notifications, key=_id)
    shown = {
        order["_id"]: order for order in await bustle.doing["customer"].ask("GET", "/api/orders?limit=500")
    }
    for listener in by_ws:
        for key, order in versions(listener).items():
            assert of_catalog(order).items() <= shown[key].items()


def _id(notification: Mapping[str, Any]) -> str:
    return str(notification["_id"])


def versions(listener: CatalogListener) -> dict[str, dict[str, Any]]:
    """Each order by its newest version; on the way none is left out, and none comes twice."""
    newest: dict[str, dict[str, Any]] = {}
    for event in list(listener.events):
        if "order" in event["data"]:
            order, before = event["data"]["order"], newest.get(event["data"]["order_id"])
            assert event["data"]["version"] == order["version"] == (before["version"] if before else 0) + 1
            newest[order["id"]] = order
    return newest


async def the_cart_is_as_rest_has_it(bustle: Bustle, *devices: NodeClient) -> None:
    """Both devices show the same, once what was said over broken wires is done or lost."""
    product = {"productId": bustle.products[1], "quantity": 1}
    cart = await bustle.doing["customer"].ask("POST", "/api/cart/items", product)
    await until(
        lambda: all(Knowledge(one.events).cart.get("updatedAt") == cart["updatedAt"] for one in devices),
        within=20,
    )
    for device in devices:
        assert apart_from_stock(Knowledge(device.events).cart) == apart_from_stock(cart)
