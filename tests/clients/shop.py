"""Whoever writes over REST: makes products, sells, counts."""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

PLENTY = 1_000_000


class RefusedError(Exception):
    """What the server answered, where it was no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Shop:
    """Speaks to the server at ``base_url()`` with ``authorization``."""

    def __init__(self, base_url: Callable[[], str], authorization: str) -> None:
        self._base_url = base_url
        self._authorization = authorization

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request; its answer. Raises ``RefusedError``."""
        return await asyncio.to_thread(self._send, method, path, body)

    async def make_product(self, *, stock: int = PLENTY, **fields: Any) -> str:
        """A product without variants; its id."""
        product = await self.ask(
            "POST", "/api/products", {"title": "Mug", "price": 100, "stock": stock, **fields}
        )
        return str(product["id"])

    async def make_shirt(self, stock: Mapping[tuple[str, str], int], **fields: Any) -> str:
        """A product with a variant for each size and color; its id."""
        variants = [
            {
                "sku": f"S-{secrets.token_hex(4)}",
                "attributes": {"size": size, "color": color},
                "stock": figure,
            }
            for (size, color), figure in stock.items()
        ]
        product = await self.ask(
            "POST", "/api/products", {"title": "Shirt", "price": 100, "variants": variants, **fields}
        )
        return str(product["id"])

    async def sell(self, product: str, quantity: int = 1, **which: str) -> None:
        """Sell units."""
        await self._stock("reduce?afterOrder=true", product, quantity, which)

    async def sell_as(self, order: str, product: str, quantity: int = 1) -> None:
        """Sell units once, however often that is asked for."""
        await self._stock(f"reduce?afterOrder=true&orderId={order}", product, quantity, {})

    async def announce(self, event: str, **data: Any) -> None:
        """Have something said to every listener."""
        await self.ask("POST", "/api/socket", {"event": event, "data": data})

    async def _stock(self, what: str, product: str, quantity: int, which: Mapping[str, str]) -> None:
        items = [{"productId": product, "quantity": quantity, **which}]
        await self.ask("POST", f"/api/stock/{what}", {"items": items})

    def _send(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self._base_url() + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": self._authorization},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise RefusedError(error.code, json.loads(error.read())) from None
