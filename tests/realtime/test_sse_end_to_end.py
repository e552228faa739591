"""`/events` of real servers, followed while sales go through REST: nobody misses one, whatever is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.realtime.event_source import Response
from tests.realtime.seller import Shop
from tests.server_process import ServerProcess

pytestmark = pytest.mark.end_to_end

GONE = (OSError, EOFError, TimeoutError)


class Page:
    """A page whose browser comes back by itself, to the address that it was given, with the last id."""

    def __init__(self, port: int, target: str, *, place: str) -> None:
        self._port = port
        self._target = target
        self._place = place
        self.references: list[str] = []
        self.connections = 0

    async def listen(self, until: int) -> None:
        while len(self.references) < until:
            try:
                response = await Response.of(
                    self._port,
                    self._target,
                    headers={"Accept": "text/event-stream", "Last-Event-ID": self._place},
                )
            except GONE:
                await asyncio.sleep(0.1)
                continue
            self.connections += 1
            try:
                assert response.status == 200, await response.json()
                await self._listen_to(response, until)
            except GONE:
                pass
            finally:
                self._place = response.events.last_event_id or self._place
                await response.hang_up()

    async def _listen_to(self, response: Response, until: int) -> None:
        while len(self.references) < until:
            event = await response.event(within=30)
            assert event.type != "reset", event
            if event.type == "stock.reduced":
                self.references.append(event.data["data"]["reference"])


async def test_a_server_that_is_killed_and_started_again_costs_a_page_no_sale(
    live_server_process: ServerProcess,
) -> None:
    server = live_server_process
    shop = Shop(server)
    product = await shop.make_product()
    _, headers = await shop.ask("GET", "/products")
    place = headers["X-Event-Cursor"]
    targets = ["/events?topics=stock", f"/events?topics=product:{product}"]
    pages = [Page(server.port, targets[number % 2], place=place) for number in range(6)]
    sales = 90
    listening = asyncio.gather(*(page.listen(sales) for page in pages))
    await shop.sell_through_kills(product, sales, killed_after=(20, 55))
    async with asyncio.timeout(90):
        await listening
    for page in pages:
        assert page.references == [f"order-{number}" for number in range(1, sales + 1)]
        assert page.connections >= 3


async def test_a_server_that_ends_ends_its_streams_and_waits_for_none_of_them(
    live_server_process: ServerProcess,
) -> None:
    streams = [
        await Response.of(live_server_process.port, "/events?topics=stock,products") for _each in range(5)
    ]
    for stream in streams:
        await stream.block()
    ended = asyncio.create_task(asyncio.to_thread(live_server_process.end, signal.SIGTERM))
    for stream in streams:
        await stream.ends()
    assert await ended == 0
    assert "timeout graceful shutdown exceeded" not in live_server_process.output()
    for stream in streams:
        await stream.hang_up()


async def test_a_page_gets_a_ticket_from_one_process_and_listens_at_another(
    live_server_process: ServerProcess, start_server: Callable[..., ServerProcess]
) -> None:
    prefix = {"STOCKWIRE_REDIS_PREFIX": live_server_process.env["STOCKWIRE_REDIS_PREFIX"]}
    web = await asyncio.to_thread(
        start_server, role="web", database_url=live_server_process.database_url, env=prefix
    )
    issued = await asyncio.to_thread(
        web.manage, "issue_token", "ada@example.com", "--create", "--role", "admin"
    )
    token = issued.stdout.strip()

    def ask_for_ticket() -> Any:
        request = urllib.request.Request(
            f"{web.base_url}/api/auth/ticket", method="POST", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())["ticket"]

    ticket = await asyncio.to_thread(ask_for_ticket)
    target = f"/events?topics=admin,stock&ticket={ticket}"
    stream = await Response.of(live_server_process.port, target)
    assert stream.status == 200
    await stream.block()
    shop = Shop(live_server_process)
    product = await shop.make_product(6)
    await stream.event_of("stock.updated")
    await shop.sell(product, 1, at=web.base_url)
    # Down to five, which is low: staff alone are told.
    assert {(await stream.event()).type for _each in range(2)} == {"stock.reduced", "stock.low"}
    again = await Response.of(live_server_process.port, target)
    assert (again.status, (await again.json())["code"]) == (401, "invalid_ticket")
    for response in (stream, again):
        await response.hang_up()


async def test_everything_else_is_answered_as_before_beside_the_stream(
    live_server_process: ServerProcess,
) -> None:
    """The streams' path is the only one that was taken from the REST half."""

    def status(path: str) -> int:
        try:
            with urllib.request.urlopen(live_server_process.base_url + path, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    paths = {"/": 200, "/api/health": 200, "/api/products": 200, "/eventsx": 404, "/x/events": 404}
    for path, wanted in {**paths, "//api/health": 404, "/api/%E2%98%83?a=%0A": 404}.items():
        assert await asyncio.to_thread(status, path) == wanted, path
