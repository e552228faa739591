"""Carts that are filled by REST, goods that lie in them, and connections that hear of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.inventory.conftest import caller
from tests.orders.shop import Goods
from tests.realtime.log import caught_up
from tests.realtime.people import Person, away
from tests.realtime.shop.client import ShopClient

RED_M = {"size": "M", "color": "Red"}


async def rest(person: Person | None, method: str, path: str, data: Any = None, **headers: str) -> Any:
    """A request, and its JSON, once everybody has been told of it."""
    who = {"authorization": f"Bearer {person.token}"} if person else {}
    answer = await away(partial(caller(**who), method, path, data, **headers))
    assert answer.status_code < 300, answer.content
    await caught_up()
    return answer.data


async def made(goods: Callable[[], Goods]) -> Goods:
    """Goods, of which everybody has been told by now."""
    found = await away(goods)
    await caught_up()
    return found


async def guests_cart(token: str) -> dict[str, Any]:
    """As REST shows it, but for the moment."""
    cart: dict[str, Any] = await rest(None, "GET", "/api/cart", **{"X-Cart-Token": token})
    return cart


async def fill(token: str, goods: Goods, quantity: int) -> None:
    await rest(None, "POST", "/api/cart/items", goods.item(quantity), **{"X-Cart-Token": token})


async def joined(port: int, person: Person | None = None, *, token: str = "") -> ShopClient:
    """A connection in its cart's room; what it was told of that is forgotten."""
    client = await ShopClient(port).enter({"token": person.token} if person else None)
    answer = await client.ask("join_cart", *([{"cartToken": token}] if token else []))
    assert answer["ok"], answer
    client.events.clear()
    return client
