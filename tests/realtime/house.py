"""A shop of several live processes on one database and one Redis, behind a balancer without affinity."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from tests.realtime.balancer import Balancer, balancing
from tests.realtime.seller import Shop
from tests.server_process import ServerProcess, end_all, fresh_database_url

PROCESSES = 3
START = 1_000_000


@dataclass
class House:
    """Its processes, what is in front of them, and a product that is sold, with a name for its sales."""

    servers: list[ServerProcess]
    balancer: Balancer
    shop: Shop
    product: str
    name: str

    @property
    def url(self) -> str:
        """Where clients go."""
        return self.balancer.url

    async def sell(self, number: int) -> None:
        """Until it is sold: the balancer may pick one that is just killed. Asked twice it sells once."""
        path = f"/api/stock/reduce?orderId={self.name}-{number}"
        body = {"items": [{"productId": self.product, "quantity": 1}]}
        while True:
            try:
                await self.shop.ask("POST", path, body, at=self.url)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return


@contextmanager
def many_servers() -> Iterator[list[ServerProcess]]:
    """Start the processes, on a database of their own; nothing is left of them afterwards."""
    with fresh_database_url() as make:
        env = {"STOCKWIRE_REDIS_PREFIX": f"test-{secrets.token_hex(6)}"}
        url = make()
        servers = [ServerProcess(database_url=url, role="live", env=env) for _each in range(PROCESSES)]
        try:
            migrated = servers[0].manage("migrate", "--verbosity=0")
            assert migrated.returncode == 0, migrated.stderr
            for server in servers:
                server.launch()
            for server in servers:
                server.wait_until_ready()
            yield servers
        finally:
            end_all(servers)


@asynccontextmanager
async def open_house(servers: list[ServerProcess], shop: Shop) -> AsyncIterator[House]:
    """A balancer of the test's own, and a product. Processes that a test has killed are started again."""
    for server in servers:
        if server.process is not None and server.process.poll() is not None:
            await asyncio.to_thread(server.start)
    name = f"sale-{secrets.token_hex(4)}"
    product = {
        "sku": name.upper(),
        "base_title": "Mug",
        "prices": [{"currency": "EUR", "amount": 9}],
        "stock": [{"location_id": "main", "quantity": START}],
    }
    made, _headers = await shop.ask("POST", "/products", product)
    async with balancing([server.port for server in servers]) as balancer:
        yield House(servers, balancer, shop, str(made["id"]), name)
