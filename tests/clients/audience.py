"""Who listens to what happens in a shop, and the shapes of what they are told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.clients.node_client import PASSING, READY, NodeClient, without_time
from tests.clients.shop import Shop
from tests.realtime.waiting import until

Told = list[tuple[str, Any]]

_marks = itertools.count(700_000_001)


@dataclass(frozen=True, slots=True)
class Audience:
    """Three who listen: in the storefront, at one product only, and of the staff."""

    shop: Shop
    product: str
    guest: NodeClient
    looker: NodeClient
    staff: NodeClient

    async def told(self) -> tuple[Told, Told, Told]:
        """What each of them was told since one last asked: names and payloads, without their timestamps."""
        mark = next(_marks)
        await self.shop.announce("STOCK_UPDATED", productId=self.product, stock=mark)
        clients = (self.guest, self.looker, self.staff)
        await until(lambda: all(mark in _figures(client) for client in clients))
        return tuple(_plain(client, mark) for client in clients)  # type: ignore[return-value]

    async def told_all(self) -> Told:
        """The same, where everybody is to be told the same."""
        guest, looker, staff = await self.told()
        assert guest == looker == staff
        return guest


def _figures(client: NodeClient) -> list[int]:
    return [payload["stock"] for payload in client.payloads("STOCK_UPDATED")]


def _plain(client: NodeClient, mark: int) -> Told:
    heard = [heard for heard in client.events if heard.name not in PASSING and heard.name != READY]
    client.forget()
    # The mark is the last of it.
    assert heard[-1].payload.get("stock") == mark, [one.name for one in heard]
    return [(one.name, without_time(one.payload)) for one in heard[:-1]]


def variant(color: str = "Red") -> dict[str, str]:
    return {"size": "M", "color": color}


def figure(name: str, product: str, stock: int, color: str = "Red", *, after_order: bool) -> tuple[str, Any]:
    return name, {"productId": product, **variant(color), "stock": stock, "afterOrder": after_order}


def change(product: str, by: int, color: str = "Red") -> tuple[str, Any]:
    return "inventory_update", {"productId": product, "variant": variant(color), "stockChange": by}


def of_product(product: str, stock: int, total: int, color: str = "Red") -> tuple[str, Any]:
    return "product_stock_update", {
        "productId": product,
        "variant": variant(color),
        "stock": stock,
        "totalStock": total,
        "available": stock > 0,
    }


def alert(product: str, stock: int, severity: str, color: str = "Red") -> tuple[str, Any]:
    return "low_stock_alert", {
        "productId": product,
        "productName": "Shirt",
        "variant": variant(color),
        "currentStock": stock,
        "lowStockThreshold": 5,
        "severity": severity,
    }


async def stock(audience: Audience, what: str, items: Sequence[dict[str, Any]], **more: Any) -> Any:
    items = [{"productId": audience.product, **item} for item in items]
    return await audience.shop.ask("POST", f"/api/stock/{what}", {"items": items, **more})
