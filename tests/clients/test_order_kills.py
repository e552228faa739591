"""A server that is killed between any two steps of an order, of its payment, of a refund.

Whoever got no answer asks again under the same key. There is one order, one charge, one refund, the ledger
agrees, and whoever listened has heard each once.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.backstage import Backstage
from tests.clients.bank import Bank, a_bank
from tests.clients.catalog_listener import CatalogListener
from tests.clients.fatal.steps import COMPLETING, FILE, PAYING, PLACING, REFUNDING
from tests.clients.node_client import PASSING, Node, NodeClient
from tests.clients.order_tracker import OF_GOODS, OF_STOCK, WHERE
from tests.clients.shop import RefusedError, Shop
from tests.realtime.waiting import until
from tests.server_process import ServerProcess

StartOwn = Callable[..., Awaitable[ServerProcess]]

STOCK = 50
#: The refusal that says that somebody may still be at it. Whoever was has died.
_AT_IT = "in_progress"


class Doomed:
    """A server that dies where it is told to, and comes again; a customer and staff who ask until they are
    answered."""

    def __init__(self, server: ServerProcess, file: Path, customer: str, staff: str) -> None:
        self.server = server
        self.customer = customer
        self.staff = staff
        self.deaths = 0
        self._file = file

    async def ask(self, who: str, path: str, body: Any, *, key: str, dies: str) -> dict[str, Any]:
        """POST until there is an answer; the server dies at that step meanwhile, once."""
        self._file.write_text(dies)
        with pytest.raises((OSError, http.client.HTTPException)):
            await asyncio.to_thread(self._post, who, path, body, key)
        assert self.server.process is not None
        await asyncio.to_thread(self.server.process.wait)
        assert self.server.process.returncode == -9
        self.deaths += 1
        await asyncio.to_thread(self.server.start)
        try:
            return await asyncio.to_thread(self._post, who, path, body, key)
        except RefusedError as refused:
            if refused.body["code"] != _AT_IT:
                raise
        self._a_minute_goes_by()
        return await asyncio.to_thread(self._post, who, path, body, key)

    def _post(self, who: str, path: str, body: Any, key: str) -> dict[str, Any]:
        request = urllib.request.Request(
            self.server.base_url + path,
            method="POST",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": who, "Idempotency-Key": key},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read())  # type: ignore[no-any-return]
        except urllib.error.HTTPError as error:
            with error:
                raise RefusedError(error.code, json.loads(error.read())) from None

    def _a_minute_goes_by(self) -> None:
        """Whoever was at it is given up after that."""
        with psycopg.connect(self.server.database_url) as connection:
            connection.execute("UPDATE orders_payment SET held_until = held_until - interval '61 seconds'")
            connection.execute("UPDATE orders_refund SET due_at = due_at - interval '61 seconds'")

    def rows(self) -> dict[str, int]:
        with psycopg.connect(self.server.database_url) as connection:
            return {
                table: connection.execute(f"SELECT count(*) FROM orders_{table}").fetchone()[0]  # type: ignore[index]  # noqa: S608
                for table in ("order", "payment", "refund")
            }


@pytest.fixture
def bank() -> Iterator[Bank]:
    with a_bank() as bank:
        yield bank


@asynccontextmanager
async def listening(
    node: Node, server: ServerProcess, customer: str, staff: str
) -> AsyncIterator[tuple[NodeClient, CatalogListener]]:
    """The customer on Socket.IO, by polling and by WebSocket as it comes; staff on `/ws`."""
    client = await node.client(server.base_url, auth={"token": customer})
    await client.connected()
    listener = CatalogListener(lambda: server.ws_url, topics="admin", token=staff)
    async with listener.listening():
        await until(lambda: bool(listener.cursor))
        yield client, listener


@pytest.mark.timeout(300)
async def test_whatever_it_dies_between_there_is_one_of_each_and_all_of_it_is_heard_once(
    node: Node, start_own: StartOwn, bank: Bank, tmp_path: Path
) -> None:
    file = tmp_path / "dies-at"
    server = await start_own(
        env={"DJANGO_SETTINGS_MODULE": "tests.clients.fatal.settings", FILE: str(file), **bank.env}
    )
    backstage = Backstage(server)
    try:
        customer, staff = await backstage.person("customer"), await backstage.person("admin")
    finally:
        await asyncio.to_thread(backstage.close)
    shop = Shop(lambda: server.base_url, staff.bearer)
    product = await shop.make_product(stock=STOCK)
    doomed = Doomed(server, file, customer.bearer, staff.bearer)
    async with listening(node, server, customer.token, staff.token) as (client, listener):
        orders = await place_all(doomed, product)
        payments = await pay_all(doomed, orders)
        await complete_all(doomed, payments)
        await refund_all(doomed, payments)
        await everything_is_there_once(doomed, bank, orders)
        expected = {"order.placed": len(orders), **ABOUT_MONEY}
        await heard_once(client, listener, expected)
        assert all(connected.recovered for connected in client.connects[1:])
    stock = await Shop(lambda: server.base_url, customer.bearer).ask("GET", f"/api/products/{product}/stock")
    assert stock["stock"] == STOCK - len(orders)
    verified = await asyncio.to_thread(server.manage, "verify_stock")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert doomed.deaths == len(PLACING) + len(PAYING) + len(COMPLETING) + len(REFUNDING)


ABOUT_MONEY = {"payment.completed": len(COMPLETING), "payment.refunded": len(REFUNDING)}


async def place_all(doomed: Doomed, product: str) -> list[str]:
    """An order for each step of placing one."""
    body = {"items": [{"productId": product, "quantity": 1}], **WHERE}
    return [
        (await doomed.ask(doomed.customer, "/api/orders", body, key=f"o{number}", dies=f"placing: {step}"))[
            "_id"
        ]
        for number, step in enumerate(PLACING)
    ]


async def pay_all(doomed: Doomed, orders: list[str]) -> list[dict[str, Any]]:
    return [
        await doomed.ask(
            doomed.customer,
            "/api/payments",
            {"orderId": order, "provider": "razorpay"},
            key=f"p{number}",
            dies=f"paying: {step}",
        )
        for number, (order, step) in enumerate(zip(orders, PAYING, strict=False))
    ]


async def complete_all(doomed: Doomed, payments: list[dict[str, Any]]) -> None:
    for number, (payment, step) in enumerate(zip(payments, COMPLETING, strict=False)):
        answer = await doomed.ask(
            doomed.customer,
            "/api/payments/verify",
            Bank.signed(payment["checkout"]),
            key=f"c{number}",
            dies=f"completing: {step}",
        )
        assert answer["payment"]["status"] == "completed"


async def refund_all(doomed: Doomed, payments: list[dict[str, Any]]) -> None:
    """A part of the first payment that was completed, for each step."""
    path = f"/api/payments/{payments[0]['_id']}/refund"
    for number, step in enumerate(REFUNDING):
        answer = await doomed.ask(
            doomed.staff, path, {"amount": 10}, key=f"r{number}", dies=f"refunding: {step}"
        )
        assert answer["refund"]["status"] == "completed"
    assert answer["payment"]["status"] == "partially_refunded"


async def everything_is_there_once(doomed: Doomed, bank: Bank, orders: list[str]) -> None:
    assert len(set(orders)) == len(PLACING)
    assert doomed.rows() == {"order": len(PLACING), "payment": len(PAYING), "refund": len(REFUNDING)}
    assert len({order["receipt"] for order in bank.orders.values()}) == len(bank.orders) == len(PAYING)
    assert [refund["amount"] for refund in bank.refunds.values()] == [1000] * len(REFUNDING)


async def heard_once(client: NodeClient, listener: CatalogListener, expected: dict[str, int]) -> None:
    notifications = sum(expected.values())
    await client.heard("new_notification", count=notifications, within=20)
    await until(lambda: _types(listener) == expected, within=20)
    names = [name for name in client.names() if name not in OF_STOCK | OF_GOODS | PASSING]
    placed = ["order_update", "customer_notification", "new_notification"] * expected["order.placed"]
    assert names == placed + ["payment_update", "new_notification"] * (
        notifications - expected["order.placed"]
    )


def _types(listener: CatalogListener) -> dict[str, int]:
    types = [event["type"] for event in list(listener.events)]
    return {name: types.count(name) for name in dict.fromkeys(types) if name.startswith(("order", "payment"))}
