"""Two real processes: staff at one hear of the figures what happens at the other, and all figures are right
after it was killed."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.orders.shop import WHERE
from tests.realtime.presence.test_end_to_end import people
from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end


def ask(at: ServerProcess, token: str, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"{at.base_url}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


async def hear(connection: ClientConnection, known: dict[str, Any], **wanted: Any) -> None:
    async with asyncio.timeout(20):
        while any(known.get(name) != value for name, value in wanted.items()):
            message = json.loads(await connection.recv())
            if message["type"] == "metric":
                known[message["data"]["metric"]] = message["data"]["value"]


def listening(at: ServerProcess, token: str) -> Any:
    return connect(
        f"{at.ws_url}/ws?topics=admin",
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
    )


@pytest.mark.timeout(180)
async def test_figures_are_of_the_whole_house_and_outlive_a_process(
    live_server_process: ServerProcess, start_server: Callable[..., ServerProcess]
) -> None:
    first = live_server_process
    prefix = {"STOCKWIRE_REDIS_PREFIX": first.env["STOCKWIRE_REDIS_PREFIX"]}
    second = await asyncio.to_thread(start_server, role="live", database_url=first.database_url, env=prefix)
    (_, staff), (_, customer) = await asyncio.to_thread(people, first)

    async def rest(at: ServerProcess, token: str, method: str, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(ask, at, token, method, path, body)

    mug = {"name": "Mug", "price": 12.5, "stock": 10}
    product = (await rest(first, staff, "POST", "/api/products", mug))["_id"]
    order = {"items": [{"productId": product, "quantity": 3}], **WHERE}
    known: dict[str, Any] = {}
    async with listening(first, staff) as at_first:
        await hear(at_first, known, orders_today=0, revenue_today=0, low_stock_count=0)
        await rest(second, customer, "POST", "/api/orders", order)
        await hear(at_first, known, orders_today=1, revenue_today=37.5, low_stock_count=0)
        second.kill()
        await rest(first, customer, "POST", "/api/orders", order)
        await hear(at_first, known, orders_today=2, revenue_today=75, low_stock_count=1)
    await asyncio.to_thread(second.start)
    again: dict[str, Any] = {}
    async with listening(second, staff) as at_second:
        await hear(at_second, again, **known)
    summary = await rest(second, staff, "GET", "/api/analytics/summary")
    assert (summary["ordersToday"], summary["revenueToday"], summary["lowStockCount"]) == (2, 75, 1)
