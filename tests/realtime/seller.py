"""Whoever writes over REST to a real server: products, and sales of them."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Collection
from typing import Any

from tests.server_process import ServerProcess


class Shop:
    """Whoever writes over REST, with a key of its own."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        issued = server.manage(
            "issue_api_key", "shop", "--scope", "catalog:write", "stock:write", "events:read"
        )
        assert issued.returncode == 0, issued.stderr
        self.key = issued.stdout.strip()

    async def ask(
        self, method: str, path: str, body: object = None, *, at: str | None = None
    ) -> tuple[Any, Any]:
        def send() -> tuple[Any, Any]:
            request = urllib.request.Request(
                (at or self.server.base_url) + path,
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json", "Authorization": f"Api-Key {self.key}"},
            )
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null"), answer.headers

        return await asyncio.to_thread(send)

    async def make_product(self, stock: int = 1_000_000) -> str:
        product, _ = await self.ask(
            "POST",
            "/products",
            {
                "sku": "MUG",
                "base_title": "Mug",
                "prices": [{"currency": "EUR", "amount": 9}],
                "stock": [{"location_id": "main", "quantity": stock}],
            },
        )
        return str(product["id"])

    async def sell(self, product: str, number: int, *, at: str | None = None) -> None:
        await self.ask(
            "POST",
            f"/api/stock/reduce?orderId=order-{number}",
            {"items": [{"productId": product, "quantity": 1}]},
            at=at,
        )

    async def sell_through_kills(self, product: str, sales: int, *, killed_after: Collection[int]) -> None:
        """Sell one after the other, each until it is done. After some the server is killed and comes back."""
        for number in range(1, sales + 1):
            while True:
                try:
                    await self.sell(product, number)
                except OSError:
                    await asyncio.sleep(0.1)
                    continue
                break
            if number in killed_after:
                self.server.kill()
                await asyncio.to_thread(self.server.start)
