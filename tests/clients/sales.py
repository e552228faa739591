"""Sales that go on while listeners come and go, and what each of these is to have heard in the end."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.clients.node_client import NodeClient
from tests.clients.shop import PLENTY, RefusedError, Shop
from tests.realtime.waiting import until

#: A name, and the number in it by which one message is told from all others.
Message = tuple[str, int]

_NUMBERS = {"STOCK_REDUCED": "stock", "inventory_update": "stockChange", "product_stock_update": "stock"}


@dataclass(frozen=True, slots=True)
class Sale:
    """One that was committed: how many, and how many are left."""

    quantity: int
    left: int


class Seller:
    """Sells one product, one sale after the other, each once however often it has to be asked for."""

    def __init__(self, shop: Shop, product: str, *, seed: int = 0) -> None:
        self.product = product
        self.sales: list[Sale] = []
        self._shop = shop
        self._chance = random.Random(seed)
        self._name = secrets.token_hex(6)

    async def sell(self) -> None:
        """Sell some. A server that is away is asked again, for the same order."""
        quantity = self._chance.randrange(1, 10)
        order = f"{self._name}-{len(self.sales)}"
        while True:
            try:
                await self._shop.sell_as(order, self.product, quantity)
                break
            except OSError:
                await asyncio.sleep(0.02)
            except RefusedError as refused:
                # While it starts or ends, or the same order is still on its way: not done yet, as it says.
                if refused.status < 500 and refused.status != 409:
                    raise
                await asyncio.sleep(0.02)
        left = (self.sales[-1].left if self.sales else PLENTY) - quantity
        self.sales.append(Sale(quantity, left))

    async def sell_many(self, number: int) -> None:
        """Sell that often."""
        for _each in range(number):
            await self.sell()

    @asynccontextmanager
    async def selling(self, *, pause: float = 0.0) -> AsyncIterator[None]:
        """Go on selling, as long as the block lasts."""
        stop = asyncio.Event()

        async def go_on() -> None:
            while not stop.is_set():
                await self.sell()
                await asyncio.sleep(pause)

        task = asyncio.create_task(go_on())
        try:
            yield
        finally:
            stop.set()
            await task

    def messages(self, *, at_product: bool, since: int = 0) -> list[Message]:
        """What becomes of the sales since that one: for a listener in the storefront, and for one who looks
        at the product as well."""
        told: list[Message] = []
        for sale in self.sales[since:]:
            told += [("STOCK_REDUCED", sale.left), ("inventory_update", -sale.quantity)]
            if at_product:
                told.append(("product_stock_update", sale.left))
        return told


def heard_of(client: NodeClient, product: str) -> list[Message]:
    """What a client has heard of the sales of a product, in the order in which it did."""
    return [
        (heard.name, heard.payload[_NUMBERS[heard.name]])
        for heard in list(client.events)
        if heard.name in _NUMBERS and heard.payload["productId"] == product
    ]


async def all_heard(client: NodeClient, seller: Seller, *, at_product: bool, within: float = 45.0) -> None:
    """Wait for the last sale, and see that the client heard of all: in order, and nothing twice."""
    expected = seller.messages(at_product=at_product)
    try:
        await until(lambda: len(heard_of(client, seller.product)) >= len(expected), within=within)
    except TimeoutError:
        raise AssertionError(_difference(client, heard_of(client, seller.product), expected)) from None
    heard = heard_of(client, seller.product)
    if heard != expected:
        # pytest's own account of two long lists takes minutes.
        raise AssertionError(_difference(client, heard, expected))


def _difference(client: NodeClient, heard: list[Message], expected: list[Message]) -> str:
    """Where the two part, and what the client went through about then."""
    both = zip(heard, expected, strict=False)
    at = next(
        (place for place, (one, other) in enumerate(both) if one != other), min(len(heard), len(expected))
    )
    near = slice(max(0, at - 3), at + 4)
    parting = f"heard {heard[near]}, sold {expected[near]}"
    return f"{len(heard)} of {len(expected)}; at {at}: {parting}\n{client.disconnects}\n{client.story}"
