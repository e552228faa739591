"""A shop of several live processes on one database and one Redis, behind a balancer without affinity."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.realtime.balancer import Balancer, balancing
from tests.realtime.test_end_to_end import Shop
from tests.server_process import ServerProcess, end_all

PROCESSES = 3
START = 1_000_000


@dataclass
class House:
    """Its processes, what is in front of them, and a product that is sold."""

    servers: list[ServerProcess]
    balancer: Balancer
    shop: Shop
    product: str

    @property
    def url(self) -> str:
        """Where clients go."""
        return self.balancer.url

    async def sell(self, number: int) -> None:
        """Until it is sold: the balancer may pick one that is just killed. Asked twice it sells once."""
        while True:
            try:
                await self.shop.sell(self.product, number, at=self.url)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return


@asynccontextmanager
async def open_house(make_database: Callable[[], str]) -> AsyncIterator[House]:
    """Start it; nothing of it is left afterwards."""
    database_url = make_database()
    env = {"STOCKWIRE_REDIS_PREFIX": f"test-{secrets.token_hex(6)}"}
    servers = [ServerProcess(database_url=database_url, role="live", env=env) for _each in range(PROCESSES)]
    try:
        await asyncio.to_thread(_start, servers)
        async with balancing([server.port for server in servers]) as balancer:
            shop = await asyncio.to_thread(Shop, servers[0])
            yield House(servers, balancer, shop, await shop.make_product(START))
    finally:
        await asyncio.to_thread(end_all, servers)


def _start(servers: list[ServerProcess]) -> None:
    migrated = servers[0].manage("migrate", "--verbosity=0")
    assert migrated.returncode == 0, migrated.stderr
    for server in servers:
        server.launch()
    for server in servers:
        server.wait_until_ready()
