"""A real worker tells a sale's edges, with none there for a while, and with two at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from config.kernel.clock import iso
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(120)]


class Staff:
    def __init__(self, server: ServerProcess) -> None:
        self._base_url = server.base_url
        issued = server.manage("issue_token", "staff@example.com", "--create", "--role", "admin")
        assert issued.returncode == 0, issued.stderr
        self._token = issued.stdout.strip()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        def send() -> Any:
            request = urllib.request.Request(
                self._base_url + path,
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
            )
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")

        return await asyncio.to_thread(send)

    async def sell_for(self, starts: float, ends: float) -> dict[str, Any]:
        product = await self.ask("POST", "/api/products", {"title": "Mug", "price": 100})
        now = dt.datetime.now(dt.UTC)
        sale: dict[str, Any] = await self.ask(
            "POST",
            "/api/flash-sales",
            {
                "name": "Short",
                "discountPercentage": 20,
                "startTime": iso(now + dt.timedelta(seconds=starts)),
                "endTime": iso(now + dt.timedelta(seconds=ends)),
                "products": [product["_id"]],
            },
        )
        return sale


async def sale_events(socket: ClientConnection, count: int) -> list[tuple[str, str]]:
    """So many messages about sales, each with the sale's id; and that no further one follows for a while."""
    heard: list[tuple[str, str]] = []
    async with asyncio.timeout(30):
        while len(heard) < count:
            message = json.loads(await socket.recv())
            if message.get("type", "").startswith("flash_sale."):
                heard.append((message["type"], message["data"]["sale_id"]))
    try:
        async with asyncio.timeout(2.5):  # two more rounds of every worker
            message = json.loads(await socket.recv())
            while "data" not in message:
                message = json.loads(await socket.recv())
    except TimeoutError:
        return heard
    raise AssertionError(f"one more came: {message}")


async def until_it_ends(staff: Staff, sale_id: str) -> None:
    """By the clock, though nobody tells anybody."""
    async with asyncio.timeout(10):
        sale = await staff.ask("GET", f"/api/flash-sales/{sale_id}")
        while sale["status"] != "ended":
            await asyncio.sleep(0.05)
            sale = await staff.ask("GET", f"/api/flash-sales/{sale_id}")


async def test_what_fell_into_the_time_without_a_worker_is_told_when_two_of_them_come(
    start_server: Callable[..., ServerProcess], fresh_database: Callable[[], str]
) -> None:
    database = fresh_database()
    prefix = {"STOCKWIRE_REDIS_PREFIX": "test-flash-sales"}
    live = start_server(role="live", database_url=database, env=prefix)
    assert live.manage("migrate").returncode == 0
    staff = Staff(live)
    async with connect(f"{live.ws_url}/ws?topics=flash_sales", compression=None) as socket:
        sale = await staff.sell_for(0.4, 0.8)
        assert sale["status"] == "scheduled"
        await until_it_ends(staff, sale["_id"])
        workers = [
            asyncio.to_thread(start_server, role="worker", database_url=database, env=prefix)
            for _ in range(2)
        ]
        await asyncio.gather(*workers)
        assert await sale_events(socket, 3) == [
            ("flash_sale.updated", sale["_id"]),
            ("flash_sale.started", sale["_id"]),
            ("flash_sale.ended", sale["_id"]),
        ]
        # With both there, each edge comes once, and within moments.
        sale = await staff.sell_for(1.5, 3)
        assert await sale_events(socket, 3) == [
            ("flash_sale.updated", sale["_id"]),
            ("flash_sale.started", sale["_id"]),
            ("flash_sale.ended", sale["_id"]),
        ]
