"""A shop to sell from: Stockwire as it is served in production, a `web` and a `live` process, products, and a
key.

Nothing here measures.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from tests.benchmarks.contestants import Place
from tests.benchmarks.processes import ROOT, SERVER_CORE, on_core
from tests.server_process import ServerProcess, end_all

PRODUCTS = 100
#: No two products come to the same stock, whatever is sold: a stock names its sale.
APART = 1_000_000
SCOPES = ("catalog:write", "stock:write")


@dataclass(frozen=True)
class Shop:
    """One that is open."""

    web: ServerProcess
    live: ServerProcess
    key: str
    products: list[str]

    def seconds_used(self) -> float:
        """Give the processor time that its processes have used so far."""
        total = 0.0
        for server in (self.web, self.live):
            assert server.process is not None
            family = psutil.Process(server.process.pid)
            for process in (family, *family.children(recursive=True)):
                times = process.cpu_times()
                total += times.user + times.system
        return total


@contextmanager
def open_shop(place: Place) -> Iterator[Shop]:
    """Serve it, both processes on the server's core."""
    env = {
        "STOCKWIRE_REDIS_PREFIX": place.env["STOCKWIRE_REDIS_PREFIX"],
        "STOCKWIRE_WEB_PROCESSES": "1",
        "STOCKWIRE_LOG_LEVEL": "WARNING",
    }
    web, live = (
        ServerProcess(
            database_url=place.env["DATABASE_URL"], redis_url=place.env["REDIS_URL"], role=role, env=env
        )
        for role in ("web", "live")
    )
    try:
        with on_core(SERVER_CORE, pinned=place.pinned):
            web.launch()
            live.launch()
        web.wait_until_ready()
        live.wait_until_ready()
        issued = web.manage("issue_api_key", f"shop-{os.urandom(4).hex()}", "--scope", *SCOPES)
        if issued.returncode != 0:
            raise SystemExit(f"there is no key: {issued.stderr}")
        key = issued.stdout.strip()
        yield Shop(web=web, live=live, key=key, products=_make_products(web.base_url, key))
    finally:
        end_all([web, live])


def customer_token(place: Place) -> str:
    """Make a customer, and give a token of theirs."""
    command = [sys.executable, "manage.py", "issue_token", "customer@shop.example", "--create"]
    done = subprocess.run(command, cwd=ROOT, env=dict(place.env), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _make_products(base_url: str, key: str) -> list[str]:
    run = os.urandom(4).hex()
    products = [
        {
            "sku": f"SHOE-{run}-{number}",
            "base_title": f"Shoe {number}",
            "prices": [{"currency": "EUR", "amount": 90}],
            "variants": [
                {
                    "sku": f"SHOE-{run}-{number}-42",
                    "attributes": {"size": "42", "color": "Midnight blue"},
                    "stock": [{"location_id": "main", "quantity": (number + 1) * APART}],
                }
            ],
        }
        for number in range(PRODUCTS)
    ]
    request = urllib.request.Request(
        f"{base_url}/products/batch",
        method="POST",
        data=json.dumps(products).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Api-Key {key}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        results: list[dict[str, Any]] = json.loads(answer.read())
    return [str(result["id"]) for result in results]
