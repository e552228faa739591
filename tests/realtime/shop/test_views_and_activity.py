"""What clients say of themselves: products they look at, and that they are there. What staff hear of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DataError, OperationalError

from catalog.models import Product
from config.identity.models import Role
from config.kernel.clock import now
from realtime import services, tasks
from realtime.models import ProductView
from realtime.presence import floor
from realtime.views_counted import ENOUGH, MOST_WAITING, ViewsCounted
from tests.inventory.shop import make_goods
from tests.realtime.door import Door
from tests.realtime.log import LiveHalf
from tests.realtime.people import a_person, away
from tests.realtime.shop.client import ShopClient
from tests.realtime.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


async def a_product() -> str:
    return await away(lambda: make_goods().id)


def stored() -> list[tuple[str, str, str | None, int]]:
    rows = ProductView.objects.order_by("viewed_at", "id")
    return list(rows.values_list("product_id", "category", "user_id", "duration_ms"))


async def stored_soon(number: int) -> list[tuple[str, str, str | None, int]]:
    async with asyncio.timeout(10):
        while len(rows := await away(stored)) < number:  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.05)
    return rows


# ---------------------------------------------------------------------------------- views


async def test_views_are_counted_and_staff_hear_of_them(door: Door) -> None:
    product = await a_product()
    staff, customer = await a_person(Role.ADMIN), await a_person()
    watching = await ShopClient(door.port).enter({"token": staff.token})
    on_the_wire = await door.call("?topics=admin", additional_headers=staff.bearer)
    await on_the_wire.hear_of("subscribed")
    client = await ShopClient(door.port).enter({"token": customer.token})
    guest = await ShopClient(door.port).enter()
    view = {"productId": product, "category": "mugs", "duration": 1500.4}
    assert await client.ask("product_view", view) == {"ok": True}
    told = await watching.hear_of("product_view_tracked")
    assert told.pop("timestamp").endswith("Z")
    assert told == {"productId": product, "category": "mugs", "duration": 1500, "userId": customer.user.pk}
    heard = await on_the_wire.hear_of("view")
    assert heard["data"] == {
        "product_id": product,
        "category": "mugs",
        "duration": 1500,
        "user_id": customer.user.pk,
        "count": 1,
    }
    assert "cursor" not in heard
    # By now it is known that there is such a product: it is told before it is stored.
    assert await guest.ask("product_view", {"productId": product, "duration": 0}) == {"ok": True}
    told = await watching.hear_of("product_view_tracked")
    del told["timestamp"]
    assert told == {"productId": product, "category": "", "duration": 0}
    assert await stored_soon(2) == [(product, "mugs", customer.user.pk, 1500), (product, "", None, 0)]


async def test_views_of_what_is_no_product_fill_no_table_and_no_ears(door: Door) -> None:
    product = await a_product()
    staff = await a_person(Role.ADMIN)
    watching = await ShopClient(door.port).enter({"token": staff.token})
    client = await ShopClient(door.port).enter()
    for number in range(20):
        assert (await client.ask("product_view", {"productId": f"made-up-{number}", "duration": 1}))["ok"]
    assert (await client.ask("product_view", {"productId": product, "duration": 1}))["ok"]
    assert (await watching.hear_of("product_view_tracked"))["productId"] == product
    assert await away(stored) == [(product, "", None, 1)]


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"productId": "prod_1"},
        {"productId": 5, "duration": 1},
        {"productId": "", "duration": 1},
        {"productId": "x" * 65, "duration": 1},
        {"productId": "prod\x00", "duration": 1},
        {"productId": "prod_1", "duration": "1"},
        {"productId": "prod_1", "duration": True},
        {"productId": "prod_1", "duration": -1},
        {"productId": "prod_1", "duration": 604_800_001},
        {"productId": "prod_1", "duration": 1, "category": 7},
        {"productId": "prod_1", "duration": 1, "category": "x" * 101},
        {"productId": "prod_1", "duration": 1, "category": "a\x00b"},
    ],
)
async def test_a_view_of_the_wrong_shape_is_refused_and_not_counted(said: Any, door: Door) -> None:
    client = await ShopClient(door.port).enter()
    refused = await client.ask("product_view", said)
    assert (refused["ok"], refused["code"]) == (False, "malformed")
    await client.say("product_view", said)
    told = await client.hear_of("error")
    assert (told["code"], told["event"]) == ("malformed", "product_view")
    assert floor.here()._views._waiting == []


async def test_a_process_that_ends_stores_the_views_that_it_has_gathered(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await a_product()
    monkeypatch.setattr(floor.here()._views, "_interval", 60)
    client = await ShopClient(door.port).enter()
    await floor.here()._views.flush()
    for number in range(7):
        await client.ask("product_view", {"productId": product, "duration": number})
    before = await away(stored)
    await floor.here().stop()
    assert len(before) < 7
    assert [row[3] for row in await away(stored)] == list(range(7))


# ---------------------------------------------------------------------------------- the buffer


class Table:
    """Instead of the database."""

    def __init__(self) -> None:
        self.stored: list[list[str]] = []
        self.failure: Exception | None = None

    def store(self, views: Sequence[ProductView]) -> set[str]:
        if self.failure is not None:
            raise self.failure
        self.stored.append([view.product_id for view in views])
        return {view.product_id for view in views if view.product_id.startswith("prod")}


def a_view(product: str = "prod_1") -> ProductView:
    return ProductView(product_id=product, category="", user_id=None, duration_ms=1, viewed_at=now())


async def test_views_are_stored_together_after_a_while_or_when_there_are_enough() -> None:
    table = Table()
    views = ViewsCounted(tell=lambda _view: None, store=table.store, interval=0.3)
    views.start()
    views.add(a_view())
    views.add(a_view("prod_2"))
    await until(lambda: table.stored == [["prod_1", "prod_2"]])
    views._interval = 60
    await asyncio.sleep(0.4)
    for _each in range(ENOUGH - 1):
        views.add(a_view())
    await asyncio.sleep(0.3)
    assert len(table.stored) == 1
    views.add(a_view())
    await until(lambda: len(table.stored) == 2)
    assert len(table.stored[1]) == ENOUGH
    await views.stop()


async def test_views_wait_for_a_database_that_is_away_and_no_more_than_so_many(
    caplog: pytest.LogCaptureFixture,
) -> None:
    table, told = Table(), list[str]()
    views = ViewsCounted(tell=lambda view: told.append(view.product_id), store=table.store, interval=60)
    table.failure = OperationalError("away")
    for number in range(MOST_WAITING + 100):
        views.add(a_view(f"prod_{number}"))
    await views.flush()
    assert (len(views._waiting), views._lost, told) == (MOST_WAITING, 100, [])
    table.failure = None
    await views.flush()
    assert sum(len(batch) for batch in table.stored) == MOST_WAITING
    assert len(told) == MOST_WAITING
    assert views._waiting == []


async def test_views_that_the_database_will_never_take_do_not_hold_up_the_others() -> None:
    table = Table()
    views = ViewsCounted(tell=lambda _view: None, store=table.store, interval=60)
    table.failure = DataError("never")
    views.add(a_view())
    await views.flush()
    assert views._waiting == []
    table.failure = None
    views.add(a_view())
    await views.flush()
    assert table.stored == [["prod_1"]]


async def test_a_view_is_told_once_whether_or_not_its_product_was_known() -> None:
    table, told = Table(), list[str]()
    views = ViewsCounted(tell=lambda view: told.append(view.product_id), store=table.store, interval=60)
    views.add(a_view())
    views.add(a_view("made-up"))
    assert told == []
    await views.flush()
    assert told == ["prod_1"]
    views.add(a_view())
    assert told == ["prod_1", "prod_1"]
    await views.flush()
    assert told == ["prod_1", "prod_1"]


def test_views_go_in_with_one_statement(django_assert_num_queries: Any) -> None:
    products = [make_goods().id for _each in range(3)]
    views = [a_view(product) for product in products * 100] + [a_view("made-up")]
    with django_assert_num_queries(1):
        assert services.count_views(views=views) == set(products)
    assert ProductView.objects.count() == 300


def test_archived_products_are_looked_at_still() -> None:
    product = make_goods().id
    Product.objects.filter(pk=product).update(archived_at=now())
    assert services.count_views(views=[a_view(product)]) == {product}


def test_views_are_kept_for_a_week() -> None:
    product = make_goods().id
    for age in (dt.timedelta(days=7, minutes=1), dt.timedelta(days=6, hours=23)):
        view = a_view(product)
        view.viewed_at -= age
        services.count_views(views=[view])
    tasks.forget_old_views(0)
    assert ProductView.objects.count() == 1
    assert now() - ProductView.objects.get().viewed_at < dt.timedelta(days=7)


# ---------------------------------------------------------------------------------- activity


async def test_staff_hear_that_a_user_is_active_and_a_guest_is_nobody(door: Door) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    watching = await ShopClient(door.port).enter({"token": staff.token})
    on_the_wire = await door.call("?topics=admin", additional_headers=staff.bearer)
    await on_the_wire.hear_of("subscribed")
    guest = await ShopClient(door.port).enter()
    client = await ShopClient(door.port).enter({"token": customer.token})
    assert await guest.ask("user_activity") == {"ok": True}
    for _each in range(3):
        assert await client.ask("user_activity") == {"ok": True}
    told = await watching.hear_of("user_activity_tracked")
    assert told["userId"] == customer.user.pk
    assert set(told) == {"userId", "timestamp"}
    assert (await on_the_wire.hear_of("activity"))["data"] == {"user_id": customer.user.pk}
    assert await on_the_wire.hears_nothing()
    assert (await watching.ask("user_activity"))["ok"]
    assert (await watching.hear_of("user_activity_tracked"))["userId"] == staff.user.pk


# ---------------------------------------------------------------------------------- presence, at the doors


async def test_staff_hear_of_a_user_on_every_door_once(door: Door, live_half: LiveHalf) -> None:
    staff, customer = await a_person(Role.ADMIN), await a_person()
    watching = await ShopClient(door.port).enter({"token": staff.token})
    on_the_wire = await door.call("?topics=admin", additional_headers=staff.bearer)
    await on_the_wire.hear_of("subscribed")
    streaming = await door.listen("?topics=stock", headers=customer.bearer)
    while (told := await watching.hear_around("user_online"))["userId"] != customer.user.pk:
        assert told["userId"] == staff.user.pk
    assert set(told) == {"userId", "timestamp"}
    while (heard := await on_the_wire.hear_around("presence"))["data"]["user_id"] != customer.user.pk:
        pass
    assert heard["data"] == {"user_id": customer.user.pk, "online": True}
    client = await ShopClient(door.port).enter({"token": customer.token})
    caller = await door.call(additional_headers=customer.bearer)
    stats = await watching.hear_around("connection_stats")
    while stats["totalConnections"] != 5:
        stats = await watching.hear_around("connection_stats")
    assert stats.pop("timestamp").endswith("Z")
    assert stats == {"totalConnections": 5, "authenticatedUsers": 2, "adminConnections": 2}
    heard = await on_the_wire.hear_around("stats")
    while heard["data"]["total_connections"] != 5:
        heard = await on_the_wire.hear_around("stats")
    assert heard["data"] == {"total_connections": 5, "authenticated_users": 2, "admin_connections": 2}
    await streaming.hang_up()
    await client.cut()
    left = time.monotonic()
    await caller.hang_up()
    assert (await watching.hear_around("user_offline", within=20))["userId"] == customer.user.pk
    assert time.monotonic() - left > 9.5
    assert [event for event in watching.ambient if event[1].get("userId") == customer.user.pk] == []


async def test_staff_hear_figures_whichever_way_they_come_to_listen(door: Door) -> None:
    staff = await a_person(Role.ADMIN)
    at_once = await ShopClient(door.port).enter({"token": staff.token})
    assert (await at_once.hear_around("connection_stats"))["totalConnections"] == 1
    later = await ShopClient(door.port).enter()
    await later.ask("authenticate", {"token": staff.token})
    assert (await later.hear_around("connection_stats"))["adminConnections"] == 2
    await later.ask("leave_room", {"room": "admin"})
    later.ambient.clear()
    await later.ask("join_room", {"room": "admin-room"})
    assert (await later.hear_around("connection_stats"))["totalConnections"] == 2
    subscribing = await door.call("?topics=", additional_headers=staff.bearer)
    await subscribing.hear_of("subscribed")
    assert (await subscribing.ask(type="subscribe", topics=["admin"]))["topics"] == ["admin"]
    assert (await subscribing.hear_around("stats"))["data"]["total_connections"] == 3
    customer = await a_person()
    nobody = await ShopClient(door.port).enter({"token": customer.token})
    assert (await nobody.ask("user_activity"))["ok"]
    assert nobody.ambient == []
