"""Fifty who want the last one, and one who clicks too often, all at the same time at a real server."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from tests.clients.backstage import Backstage, Person
from tests.clients.node_client import NodeClient
from tests.clients.order_tracker import WHERE, Connect
from tests.clients.shop import RefusedError, Shop
from tests.server_process import ServerProcess

BUYERS = 50


async def outcome(shop: Shop, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    try:
        return 200, await shop.ask(method, path, body)
    except RefusedError as refused:
        return refused.status, refused.body


async def test_the_last_unit_that_fifty_check_out_at_once_is_sold_to_one_who_alone_hears_of_it(
    node_client: Connect, backstage: Backstage, server: ServerProcess, shop: Shop, staff: Person
) -> None:
    last, plenty = await shop.make_product(stock=1), await shop.make_product(stock=1_000)
    buyers = [await backstage.person() for _each in range(BUYERS)]
    guest, of_staff = await node_client(), await node_client(auth={"token": staff.token})
    sockets = [
        await node_client(auth={"token": buyer.token}, transports=["websocket"]) for buyer in buyers[:10]
    ]
    carts = [Shop(lambda: server.base_url, buyer.bearer) for buyer in buyers]
    for cart in carts:
        for product in (plenty, last):
            await cart.ask("POST", "/api/cart/items", {"productId": product, "quantity": 1})
    answers = await asyncio.gather(*(outcome(cart, "POST", "/api/orders", WHERE) for cart in carts))
    assert Counter(status for status, _body in answers) == {200: 1, 409: BUYERS - 1}
    for status, body in answers:
        if status == 409:
            assert (body["code"], [error["item"]["productId"] for error in body["errors"]]) == (
                "out_of_stock",
                [last],
            )
    (order,) = [body for status, body in answers if status == 200]
    winner = [status for status, _body in answers].index(200)
    assert [len((await cart.ask("GET", "/api/cart"))["items"]) for cart in carts] == [
        0 if number == winner else 2 for number in range(BUYERS)
    ]
    await all_told(shop, last, [guest, of_staff, *sockets])
    for product, left in ((last, 0), (plenty, 999)):
        reduced = [one["stock"] for one in guest.payloads("STOCK_REDUCED") if one["productId"] == product]
        assert reduced == [left]
    assert [one["orderId"] for one in of_staff.payloads("new_order")] == [order["_id"]]
    for number, socket in enumerate(sockets):
        assert len(socket.payloads("order_update")) == (number == winner)


async def all_told(shop: Shop, product: str, clients: list[NodeClient]) -> None:
    """See that all have heard whatever there was."""
    await shop.announce("STOCK_UPDATED", productId=product, stock=777)
    for client in clients:
        while not any(one["stock"] == 777 for one in client.payloads("STOCK_UPDATED")):
            await client.heard("STOCK_UPDATED", count=len(client.payloads("STOCK_UPDATED")) + 1)


async def test_one_cart_that_is_ordered_ten_times_at_once_is_one_order(
    node_client: Connect, backstage: Backstage, server: ServerProcess, shop: Shop
) -> None:
    product, person = await shop.make_product(stock=100), await backstage.person()
    cart = Shop(lambda: server.base_url, person.bearer)
    client = await node_client(auth={"token": person.token})
    await cart.ask("POST", "/api/cart/items", {"productId": product, "quantity": 3})
    answers = await asyncio.gather(*(outcome(cart, "POST", "/api/orders", WHERE) for _each in range(10)))
    assert Counter(status for status, _body in answers) == {200: 1, 400: 9}
    assert {body["code"] for status, body in answers if status == 400} == {"cart_empty"}
    assert len(await cart.ask("GET", "/api/orders")) == 1
    assert (await cart.ask("GET", f"/api/products/{product}/stock"))["stock"] == 97
    await all_told(shop, product, [client])
    assert len(client.payloads("order_update")) == len(client.payloads("new_notification")) == 1
