"""Everybody who listens to what becomes of an order, and those whom it does not concern, on real clients."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.clients.backstage import Backstage, Person
from tests.clients.node_client import PASSING, READY, Heard, NodeClient, without_time
from tests.clients.shop import Shop
from tests.clients.signing_in import FrontDoor
from tests.realtime.waiting import until

Told = list[tuple[str, Any]]
Connect = Callable[..., Awaitable[NodeClient]]

#: What everybody in the storefront hears of the goods.
OF_STOCK = frozenset(
    {"STOCK_REDUCED", "STOCK_UPDATED", "inventory_update", "product_stock_update", "low_stock_alert"}
)
OF_GOODS = frozenset({"product_created", "product_updated", "product_deleted"})
OF_ROOMS = frozenset({"room_joined", "room_left"})
#: Their payload is a resource, as REST gives it.
RESOURCES = frozenset({"order_update", "new_notification"})
WHERE = {"shippingAddress": "12 Nile St, Cairo", "phone": "0123"}

_marks = itertools.count(800_000_001)


@dataclass
class Tracker:
    """The people by their part, what each does over REST, and their sockets: one each, two of the customer's.

    ``customer`` is in the rooms that it was put into, ``tracker`` (the same person) in the order's besides.
    """

    people: Mapping[str, Person]
    doing: Mapping[str, Shop]
    sockets: dict[str, NodeClient]
    product: str
    order: str = ""

    @property
    def customer(self) -> Shop:
        return self.doing["customer"]

    @property
    def staff(self) -> Shop:
        return self.doing["admin"]

    @property
    def path(self) -> str:
        return f"/api/orders/{self.order}"

    async def told(self) -> dict[str, Told]:
        """What each has been told since one last asked but for goods: those who were told anything."""
        mark = next(_marks)
        await self.staff.announce("STOCK_UPDATED", productId=self.product, stock=mark)
        clients = self.sockets.values()
        await until(lambda: all(_has_heard(client, mark) for client in clients), within=20)
        told = {name: self._plain(client, mark) for name, client in self.sockets.items()}
        return {name: events for name, events in told.items() if events}

    async def notification(self) -> dict[str, Any]:
        """The customer's newest, as REST gives it."""
        newest: dict[str, Any] = (await self.customer.ask("GET", "/api/notifications?limit=1"))[0]
        return newest

    async def shown(self, who: str = "customer") -> dict[str, Any]:
        """The order, as REST gives it."""
        order: dict[str, Any] = await self.doing[who].ask("GET", self.path)
        return order

    def _plain(self, client: NodeClient, mark: int) -> Told:
        heard = [one for one in client.events if one.name not in PASSING | {READY}]
        client.forget()
        # The mark is the last of it.
        assert heard[-1].payload.get("stock") == mark, [one.name for one in heard]
        kept = [one for one in heard if one.name not in OF_STOCK | OF_GOODS | OF_ROOMS]
        _in_their_place(kept)
        return [(one.name, plain(one)) for one in kept]


def plain(heard: Heard) -> Any:
    """A payload without its time, which it must have if it is not a resource."""
    if heard.name in RESOURCES:
        assert "timestamp" not in heard.payload
        return heard.payload
    return without_time(heard.payload)


def _in_their_place(heard: list[Heard]) -> None:
    """Each is durable: it has a place in the log, and none the same."""
    # What lies in a cart that is joined is shown to the joiner alone, and has no place.
    places = [one.cursor for one in heard if one.name != "cart_sync" or one.cursor is not None]
    assert None not in places, heard
    assert len(set(places)) == len(places)


def _has_heard(client: NodeClient, mark: int) -> bool:
    return any(payload["stock"] == mark for payload in client.payloads("STOCK_UPDATED"))


async def a_tracker(connect: Connect, backstage: Backstage, base_url: str, way: Mapping[str, Any]) -> Tracker:
    """A shop with a mug, a customer who has just registered, and everybody else; all of them listen."""
    signed_in = await FrontDoor(base_url).register()
    people = {
        "customer": Person(signed_in.user, "customer", signed_in.token),
        **{
            name: await backstage.person(role)
            for name, role in (
                ("admin", "admin"),
                ("tailor", "tailor"),
                ("delivery", "delivery"),
                ("other customer", "customer"),
                ("other tailor", "tailor"),
            )
        },
    }
    doing = {name: Shop(lambda: base_url, person.bearer) for name, person in people.items()}
    product = await doing["admin"].make_product(stock=100, title=f"Mug {time.monotonic_ns()}")
    sockets = {name: await connect(auth={"token": person.token}, **way) for name, person in people.items()}
    sockets["tracker"] = await connect(auth={"token": people["customer"].token}, **way)
    sockets["guest"] = await connect(**way)
    tracker = Tracker(people, doing, sockets, product)
    assert await tracker.told() == {}
    return tracker


async def request(
    base_url: str, method: str, path: str, body: Any, **headers: str
) -> tuple[Any, Mapping[str, str]]:
    """A request of whoever the headers say; its JSON, and the headers of the answer."""
    asked = urllib.request.Request(
        base_url + path,
        method=method,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )

    def ask() -> tuple[Any, Mapping[str, str]]:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.loads(answer.read()), dict(answer.headers)

    return await asyncio.to_thread(ask)


async def a_cart_token(base_url: str, product: str) -> str:
    """The token of a guest who has put one unit into a cart."""
    item = {"productId": product, "quantity": 1}
    _cart, headers = await request(base_url, "POST", "/api/cart/items", item)
    return {name.lower(): value for name, value in headers.items()}["x-cart-token"]
